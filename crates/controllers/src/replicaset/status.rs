//! [`Replicas`] → status, and when availability will have changed without anything happening.

use std::time::Duration;

use api::views::{Condition, Pod, ReplicaSetStatus, Status};
use meta::{text::Text, time::Time};
use runtime::{Action, Guard, PatchKind, Step, Target};
use serde_json::json;

use super::{Why, plan::Failure, replicas::Replicas};
use crate::shared::patch::Difference;

const REPLICA_FAILURE: &str = "ReplicaFailure";

/// The status as it should be.
pub(super) fn status(
    replicas: &Replicas,
    failure: Option<&Failure>,
    now: Time,
) -> ReplicaSetStatus {
    let replica_set = &replicas.replica_set;
    let template = replica_set.spec.template.labels();
    let is_labeled =
        |pod: &Pod| template.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value));
    let count = |what: &dyn Fn(&Pod) -> bool| {
        to_i32(replicas.active.iter().filter(|pod| what(pod)).count())
    };
    ReplicaSetStatus {
        replicas: to_i32(replicas.active.len()),
        fully_labeled_replicas: count(&is_labeled),
        ready_replicas: count(&Pod::is_ready),
        available_replicas: count(&|pod| {
            available_in(replicas, pod, now).is_some_and(|rest| rest.is_zero())
        }),
        terminating_replicas: replicas.terminating.map(to_i32),
        observed_generation: replica_set.metadata.generation,
        conditions: conditions(replicas, failure, now),
    }
}

/// Writes the status, if it differs.
pub(super) fn step(replicas: &Replicas, new: &ReplicaSetStatus) -> Option<Step<Why>> {
    let old = &replicas.replica_set.status;
    let mut patch = Difference::default();
    patch.optional("replicas", Some(old.replicas), Some(new.replicas));
    patch.count("fullyLabeledReplicas", old.fully_labeled_replicas, new.fully_labeled_replicas);
    patch.count("readyReplicas", old.ready_replicas, new.ready_replicas);
    patch.count("availableReplicas", old.available_replicas, new.available_replicas);
    patch.optional("terminatingReplicas", old.terminating_replicas, new.terminating_replicas);
    patch.count("observedGeneration", old.observed_generation, new.observed_generation);
    patch.list("conditions", &old.conditions, &new.conditions);
    let action = Action::Patch {
        target: Target::new(replicas.resource.clone(), &replicas.replica_set.metadata),
        kind: PatchKind::Merge,
        patch: json!({"status": patch.into_patch()?}),
        subresource: "status",
        guard: Guard::Version,
    };
    Some(Step::new(action, Why::StatusChanged))
}

/// How long until the next ready pod becomes available.
pub(super) fn wake_after(replicas: &Replicas, now: Time) -> Option<Duration> {
    let waits = replicas.active.iter().filter_map(|pod| available_in(replicas, pod, now));
    waits.filter(|rest| !rest.is_zero()).min()
}

/// How long until a ready pod is available; zero if it is, `None` if it is not ready.
fn available_in(replicas: &Replicas, pod: &Pod, now: Time) -> Option<Duration> {
    if !pod.is_ready() {
        return None;
    }
    let seconds = u64::try_from(replicas.replica_set.spec.min_ready_seconds).unwrap_or(0);
    let needed = Duration::from_secs(seconds);
    if needed.is_zero() {
        return Some(needed);
    }
    let since = pod.condition("Ready").and_then(|ready| ready.last_transition_time);
    Some(since.map_or(needed, |since| needed.saturating_sub(now.since(since))))
}

/// A failure keeps the text and time of its first appearance; without one the condition goes.
fn conditions(replicas: &Replicas, failure: Option<&Failure>, now: Time) -> Vec<Condition> {
    let mut conditions = replicas.replica_set.status.conditions.clone();
    let known = conditions.iter().any(|condition| condition.kind == *REPLICA_FAILURE);
    match failure {
        Some(_) if known => cov_mark::hit!(replica_set_failure_keeps_its_text),
        Some(failure) => conditions.push(Condition {
            kind: REPLICA_FAILURE.into(),
            status: Status::True,
            last_transition_time: Some(now.whole_seconds()),
            reason: failure.reason.into(),
            message: Text::from(failure.message.as_str()),
            last_heartbeat_time: None,
        }),
        None => conditions.retain(|condition| condition.kind != *REPLICA_FAILURE),
    }
    conditions
}

fn to_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
