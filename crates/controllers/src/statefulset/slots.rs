//! The pods that should be there: made where they are missing, replaced where they have ended, put right
//! where they are not as they should be.

use std::collections::BTreeSet;

use api::views::{ControllerRevision, Phase, Pod, PodManagement, StatefulSetStrategyType};
use meta::{text::Text, time::Time};
use runtime::{Event, Stage, Step};

use super::{
    Why, claims,
    claims::Place,
    members::{Members, Slot, is_healthy},
    pod::{self, Verb},
    revisions::Revisions,
};

/// What is to be done about the places.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Names of the pods that are deleted.
    pub(super) deleted: BTreeSet<Text>,
    /// What is in the way.
    pub(super) complaints: Vec<Event>,
    /// Whether nothing behind may move.
    pub(super) is_blocked: bool,
    deletes: Vec<Step<Why>>,
    creates: Vec<Step<Why>>,
    claims: Vec<Step<Why>>,
    repairs: Vec<Step<Why>>,
}

/// Whether the next place may be looked at.
#[derive(Debug, PartialEq, Eq)]
enum Pace {
    Next,
    Wait,
}

/// Looks at the places in order; at an ordered set, up to the first that is not available.
pub(super) fn look(members: &Members, revisions: &Revisions, now: Time) -> Places {
    let mut places = Places::default();
    let is_ordered = members.set.spec.pod_management_policy == PodManagement::OrderedReady;
    for slot in members.slots() {
        let pace = match slot.pod.clone() {
            None => places.fill(members, &slot, revision_of(members, revisions, &slot)),
            Some(pod) => places.keep(members, &slot, &pod, now),
        };
        if is_ordered && pace == Pace::Wait {
            places.is_blocked = true;
            break;
        }
    }
    places
}

impl Places {
    /// What may be refused for good comes last: it should not keep the rest from being done.
    pub(super) fn into_stages(self) -> impl Iterator<Item = Stage<Why>> {
        let stages = [
            Stage::Together(self.deletes),
            Stage::SlowStart(self.creates),
            Stage::Together(self.claims),
            Stage::Together(self.repairs),
        ];
        stages.into_iter().filter(|stage| match stage {
            Stage::One(_) => true,
            Stage::Together(steps) | Stage::SlowStart(steps) => !steps.is_empty(),
        })
    }

    /// Makes the pod of an empty place, its claims first.
    fn fill(&mut self, members: &Members, slot: &Slot, revision: &ControllerRevision) -> Pace {
        if claims::are_stale(members, slot) {
            cov_mark::hit!(stateful_set_waits_for_the_claims_of_the_pod_before);
            return Pace::Wait;
        }
        if let Some(claim) = claims::terminating(members, slot) {
            self.complain(members, slot, &format!("pvc {claim} is being deleted"));
            return Pace::Wait;
        }
        let claims = claims::creates(members, slot);
        if !claims.is_empty() {
            self.claims.extend(claims);
            return Pace::Wait;
        }
        if members.taken.contains(&slot.name) {
            self.complain(members, slot, &format!("pods \"{}\" already exists", slot.name));
            return Pace::Wait;
        }
        self.creates.push(pod::create(members, slot, revision));
        Pace::Wait
    }

    /// Looks after the pod of a place.
    fn keep(&mut self, members: &Members, slot: &Slot, pod: &Pod, now: Time) -> Pace {
        if pod.is_finished() {
            if !pod.metadata.is_deleting() {
                let why = Why::Finished { phase: pod.status.phase };
                self.deletes.push(pod::delete(members, pod, why));
                self.deleted.insert(slot.name.clone());
            }
            return Pace::Wait;
        }
        if pod.status.phase == Phase::Pending {
            // A running pod never gets missing claims back.
            self.claims.extend(claims::creates(members, slot));
        }
        let owners = claims::owners(members, pod, slot.ordinal, Place::Kept);
        let is_settled = is_healthy(pod) && members.is_available(pod, now);
        let is_ordered = members.set.spec.pod_management_policy == PodManagement::OrderedReady;
        let waits = is_ordered && !is_settled;
        if !waits || pod.status.phase == Phase::Pending {
            self.complaints.extend(owners.complaints);
            self.repairs.extend(owners.writes);
        }
        if waits {
            return Pace::Wait;
        }
        self.repairs.extend(pod::repair(members, slot, pod));
        Pace::Next
    }

    fn complain(&mut self, members: &Members, slot: &Slot, error: &str) {
        self.complaints.push(pod::failure(&members.set, Verb::Create, &slot.name, error));
    }
}

/// The revision that a new pod gets: below the partition the one that was current.
fn revision_of<'a>(
    members: &Members,
    revisions: &'a Revisions,
    slot: &Slot,
) -> &'a ControllerRevision {
    let (spec, status) = (&members.set.spec, &members.set.status);
    if spec.update_strategy.kind != StatefulSetStrategyType::RollingUpdate {
        return &revisions.update;
    }
    let kept = match &spec.update_strategy.rolling_update {
        Some(rolling) => rolling.partition,
        None => status.current_replicas,
    };
    let index = slot.ordinal - spec.ordinals.start;
    if index < kept { &revisions.current } else { &revisions.update }
}
