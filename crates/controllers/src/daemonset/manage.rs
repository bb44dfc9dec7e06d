//! One pod on each node that should have one: missing ones are made, superfluous and ended ones go.

use std::{sync::Arc, time::Duration};

use api::views::{Phase, Pod};
use meta::{text::Text, time::Time};
use runtime::{EventType, Stage, Step};

use super::{
    Why,
    backoff::Backoff,
    daemons::{Daemons, Station, Stations, age, desired},
    eligibility::Fate,
    pod,
    revisions::{REVISION, Revisions},
};
use crate::shared::{
    availability::is_available,
    history::labelled,
    tell::{announce, event},
};

/// One plan may not starve the others.
const BURST: usize = 250;

/// What is to be done about pods.
#[derive(Debug, Default)]
pub(super) struct Moves {
    pub(super) told: Vec<Step<Why>>,
    pub(super) creates: Vec<Step<Why>>,
    pub(super) deletes: Vec<Step<Why>>,
    /// When a failed pod may go.
    pub(super) wake_after: Option<Duration>,
}

impl Moves {
    pub(super) const fn is_empty(&self) -> bool {
        self.creates.is_empty() && self.deletes.is_empty()
    }
    /// What is made comes first.
    pub(super) fn into_stages(self) -> Vec<Stage<Why>> {
        let Self { told, mut creates, mut deletes, wake_after: _ } = self;
        creates.truncate(BURST);
        deletes.truncate(BURST);
        let mut stages: Vec<_> = told.into_iter().map(Stage::One).collect();
        if !creates.is_empty() {
            stages.push(Stage::SlowStart(creates));
        }
        if !deletes.is_empty() {
            stages.push(Stage::Together(deletes));
        }
        stages
    }
}

/// Looks at one station after the other.
pub(super) fn moves(
    daemons: &Daemons,
    revisions: &Revisions,
    stations: &Stations,
    backoff: &mut Backoff,
    now: Time,
) -> Moves {
    let bounds = daemons.bounds(desired(stations));
    let is_surging = bounds.is_some_and(|bounds| bounds.max_surge > 0);
    let mut manager =
        Manager { daemons, revisions, backoff, is_surging, now, moves: Moves::default() };
    for (node, station) in stations {
        manager.look(node, station);
    }
    manager.moves
}

struct Manager<'a> {
    daemons: &'a Daemons,
    revisions: &'a Revisions,
    backoff: &'a mut Backoff,
    is_surging: bool,
    now: Time,
    moves: Moves,
}

impl Manager<'_> {
    fn look(&mut self, node: &Text, station: &Station) {
        let staying = station.pods.iter().filter(|pod| !pod.metadata.is_deleting());
        match station.fate {
            Some(Fate::Run) if station.pods.is_empty() => self.create(node),
            Some(fate @ (Fate::Run | Fate::Keep)) => self.keep(node, fate, staying.collect()),
            Some(Fate::Leave) => {
                staying.for_each(|pod| self.delete(pod, Why::NotEligible { node: node.clone() }));
            }
            // A pod that was bound goes with its node.
            None => staying
                .filter(|pod| pod.spec.node_name.is_empty())
                .for_each(|pod| self.delete(pod, Why::NoSuchNode { node: node.clone() })),
        }
    }

    fn keep(&mut self, node: &Text, fate: Fate, pods: Vec<&Arc<Pod>>) {
        let mut running = Vec::new();
        let mut waits = false;
        for pod in pods {
            match pod.status.phase {
                Phase::Failed => waits |= self.replace_failed(node, pod),
                Phase::Succeeded => self.replace_succeeded(node, pod),
                Phase::Pending | Phase::Running | Phase::Unknown => running.push(pod),
            }
        }
        if self.is_surging {
            if running.is_empty() && fate == Fate::Run && !waits {
                self.create(node);
            }
            return self.keep_two(&running);
        }
        for pod in running.into_iter().skip(1) {
            self.delete(pod, Why::Superfluous);
        }
    }

    /// The oldest of the current revision and the oldest before stay, until the current one serves.
    fn keep_two(&mut self, running: &[&Arc<Pod>]) {
        if running.len() < 2 {
            return;
        }
        let mut by_age = running.to_vec();
        by_age.sort_by_cached_key(|pod| age(pod));
        let is_new = |pod: &&Arc<Pod>| self.has_current_hash(pod);
        let (new, old): (Vec<&Arc<Pod>>, Vec<&Arc<Pod>>) = by_age.into_iter().partition(is_new);
        for pod in new.iter().chain(&old) {
            if ![new.first(), old.first()].contains(&Some(pod)) {
                self.delete(pod, Why::Superfluous);
            }
        }
        let (Some(new), Some(old)) = (new.first(), old.first()) else { return };
        let min_ready_seconds = self.daemons.set.spec.min_ready_seconds;
        if !old.is_ready() {
            self.delete(old, Why::OldIsUnavailable);
        } else if is_available(new, min_ready_seconds, self.now) {
            self.delete(old, Why::NewIsAvailable);
        }
    }

    /// Answers whether its successor must wait, too.
    fn replace_failed(&mut self, node: &Text, pod: &Arc<Pod>) -> bool {
        if let Some(rest) = self.backoff.wait(node, self.now) {
            cov_mark::hit!(daemon_set_keeps_a_failed_pod_for_a_while);
            let known = self.moves.wake_after.unwrap_or(rest);
            self.moves.wake_after = Some(known.min(rest));
            return self.has_current_hash(pod);
        }
        self.backoff.note(node, self.now);
        let message = format!(
            "Found failed daemon pod {} on node {node}, will try to kill it",
            pod.metadata.key()
        );
        self.tell(EventType::Warning, "FailedDaemonPod", message);
        self.delete(pod, Why::Finished { phase: Phase::Failed });
        false
    }

    fn replace_succeeded(&mut self, node: &Text, pod: &Arc<Pod>) {
        let message = format!(
            "Found succeeded daemon pod {} on node {node}, will try to delete it",
            pod.metadata.key()
        );
        self.tell(EventType::Normal, "SucceededDaemonPod", message);
        self.delete(pod, Why::Finished { phase: Phase::Succeeded });
    }

    fn has_current_hash(&self, pod: &Pod) -> bool {
        labelled(&pod.metadata, REVISION) == self.revisions.hash.as_str()
    }
    fn create(&mut self, node: &Text) {
        let why = Why::Missing { node: node.clone() };
        self.moves.creates.push(pod::create(&self.daemons.set, self.revisions, node, why));
    }
    fn delete(&mut self, pod: &Pod, why: Why) {
        self.moves.deletes.push(pod::delete(&self.daemons.set, pod, why));
    }
    fn tell(&mut self, kind: EventType, reason: &'static str, message: String) {
        let event = event(&*self.daemons.set, kind, reason, message);
        self.moves.told.push(announce(event, Why::Tell));
    }
}
