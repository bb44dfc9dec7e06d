//! [`Members`] → status: what pods there are, and between which revisions.

use std::{sync::Arc, time::Duration};

use api::views::{Pod, StatefulSet, StatefulSetStatus};
use meta::time::Time;
use runtime::{Action, Guard, PatchKind, Step, Target};
use serde_json::{Value, json};

use super::{
    Why,
    members::{Members, is_healthy},
    revisions::{REVISION, Revisions},
    rolling::Outdated,
};
use crate::shared::{availability, history::labelled, patch::Difference};

/// The status as it should be; outdated pods are about to be deleted.
pub(super) fn status(
    members: &Members,
    revisions: &Revisions,
    outdated: &[Outdated],
    now: Time,
) -> StatefulSetStatus {
    let set = &members.set;
    let pods = &members.pods.owned;
    let min_ready_seconds = set.spec.min_ready_seconds;
    let is_available =
        |pod: &Pod| is_healthy(pod) && availability::is_available(pod, min_ready_seconds, now);
    let is_going = |pod: &Pod| {
        pod.metadata.is_deleting()
            || outdated.iter().any(|outdated| outdated.pod.metadata.uid == pod.metadata.uid)
    };
    let (current, update) = (revisions.current_name(), revisions.update_name());
    let mut status = StatefulSetStatus {
        observed_generation: set.metadata.generation,
        replicas: count(pods, |_| true),
        ready_replicas: count(pods, is_healthy),
        available_replicas: count(pods, is_available),
        current_replicas: count(pods, |pod| {
            !is_going(pod) && labelled(&pod.metadata, REVISION) == current.as_str()
        }),
        updated_replicas: count(pods, |pod| {
            !pod.metadata.is_deleting() && labelled(&pod.metadata, REVISION) == update.as_str()
        }),
        current_revision: current.clone(),
        update_revision: update.clone(),
        collision_count: Some(set.status.collision_count.unwrap_or(0)),
    };
    let all = [status.updated_replicas, status.ready_replicas, status.replicas];
    if all == [set.spec.replicas.unwrap_or(1); 3] {
        status.current_revision = status.update_revision.clone();
        status.current_replicas = status.updated_replicas;
    }
    status
}

/// Writes the status, if it differs.
pub(super) fn step(members: &Members, new: &StatefulSetStatus) -> Option<Step<Why>> {
    let old = &members.set.status;
    let mut patch = Difference::default();
    patch.count("observedGeneration", old.observed_generation, new.observed_generation);
    patch.optional("replicas", Some(old.replicas), Some(new.replicas));
    patch.count("readyReplicas", old.ready_replicas, new.ready_replicas);
    patch.optional("availableReplicas", Some(old.available_replicas), Some(new.available_replicas));
    patch.count("currentReplicas", old.current_replicas, new.current_replicas);
    patch.count("updatedReplicas", old.updated_replicas, new.updated_replicas);
    let text = |name: &str| Some(name.to_owned());
    patch.optional("currentRevision", text(&old.current_revision), text(&new.current_revision));
    patch.optional("updateRevision", text(&old.update_revision), text(&new.update_revision));
    let mut patch = patch.into_patch()?;
    if old.collision_count != new.collision_count {
        patch["collisionCount"] = json!(new.collision_count);
    }
    Some(Step::new(write(&members.set, patch), Why::StatusChanged))
}

/// Writes only how often a revision's name was taken.
pub(super) fn collisions(set: &Arc<StatefulSet>, count: i32) -> Action {
    write(set, json!({ "collisionCount": count }))
}

/// How long until the next ready pod becomes available.
pub(super) fn wake_after(members: &Members, now: Time) -> Option<Duration> {
    let pods = members.pods.owned.iter().map(|pod| &**pod);
    availability::next_available(pods, members.set.spec.min_ready_seconds, now)
}

fn write(set: &Arc<StatefulSet>, status: Value) -> Action {
    Action::Patch {
        target: Target::of(&**set),
        kind: PatchKind::Merge,
        patch: json!({ "status": status }),
        subresource: "status",
        guard: Guard::Version,
    }
}

fn count(pods: &[Arc<Pod>], what: impl Fn(&Pod) -> bool) -> i32 {
    i32::try_from(pods.iter().filter(|pod| what(pod)).count()).unwrap_or(i32::MAX)
}
