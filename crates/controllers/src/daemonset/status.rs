//! [`Daemons`] → status: on how many nodes pods are, and are as they should be.

use std::{sync::Arc, time::Duration};

use api::views::{DaemonSet, DaemonSetStatus};
use meta::time::Time;
use runtime::{Action, Guard, PatchKind, Step, Target};
use serde_json::{Value, json};

use super::{
    Why,
    daemons::{Daemons, Stations},
    eligibility::Fate,
    revisions::Revisions,
};
use crate::shared::{availability, patch::Difference};

/// The status as it should be: the first pod of a node speaks for it.
pub(super) fn status(
    daemons: &Daemons,
    revisions: &Revisions,
    stations: &Stations,
    now: Time,
) -> DaemonSetStatus {
    let set = &daemons.set;
    let min_ready_seconds = set.spec.min_ready_seconds;
    let mut status = DaemonSetStatus {
        observed_generation: set.metadata.generation,
        collision_count: set.status.collision_count,
        ..DaemonSetStatus::default()
    };
    for station in stations.values() {
        match (station.fate, station.pods.first()) {
            (None, _) | (Some(Fate::Keep | Fate::Leave), None) => {}
            (Some(Fate::Keep | Fate::Leave), Some(_)) => status.number_misscheduled += 1,
            (Some(Fate::Run), None) => status.desired_number_scheduled += 1,
            (Some(Fate::Run), Some(pod)) => {
                let is_available = availability::is_available(pod, min_ready_seconds, now);
                status.desired_number_scheduled += 1;
                status.current_number_scheduled += 1;
                status.number_ready += i32::from(pod.is_ready());
                status.number_available += i32::from(is_available);
                status.updated_number_scheduled += i32::from(revisions.is_current(set, pod));
            }
        }
    }
    status.number_unavailable = status.desired_number_scheduled - status.number_available;
    status
}

/// Writes the status, if it differs.
pub(super) fn step(daemons: &Daemons, new: &DaemonSetStatus) -> Option<Step<Why>> {
    let old = &daemons.set.status;
    let mut patch = Difference::default();
    for (field, old, new) in [
        ("currentNumberScheduled", old.current_number_scheduled, new.current_number_scheduled),
        ("numberMisscheduled", old.number_misscheduled, new.number_misscheduled),
        ("desiredNumberScheduled", old.desired_number_scheduled, new.desired_number_scheduled),
        ("numberReady", old.number_ready, new.number_ready),
    ] {
        patch.optional(field, Some(old), Some(new));
    }
    for (field, old, new) in [
        ("updatedNumberScheduled", old.updated_number_scheduled, new.updated_number_scheduled),
        ("numberAvailable", old.number_available, new.number_available),
        ("numberUnavailable", old.number_unavailable, new.number_unavailable),
    ] {
        patch.count(field, old, new);
    }
    patch.count("observedGeneration", old.observed_generation, new.observed_generation);
    Some(Step::new(write(&daemons.set, patch.into_patch()?), Why::StatusChanged))
}

/// Writes only how often a revision's name was taken.
pub(super) fn collisions(set: &Arc<DaemonSet>, count: i32) -> Action {
    write(set, json!({ "collisionCount": count }))
}

/// How long until the next ready pod becomes available.
pub(super) fn wake_after(daemons: &Daemons, now: Time) -> Option<Duration> {
    let pods = daemons.pods.owned.iter().map(|pod| &**pod);
    availability::next_available(pods, daemons.set.spec.min_ready_seconds, now)
}

fn write(set: &Arc<DaemonSet>, status: Value) -> Action {
    Action::Patch {
        target: Target::of(&**set),
        kind: PatchKind::Merge,
        patch: json!({ "status": status }),
        subresource: "status",
        guard: Guard::Version,
    }
}
