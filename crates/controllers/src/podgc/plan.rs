//! [`Pods`] → [`Plan`]: all control flow.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use api::views::{Phase, Pod, Status};
use meta::{object::Uid, text::Text, time::Time};
use runtime::{Action, Counter, Guard, PatchKind, Plan, Stage, Step, Target, When};
use serde_json::{Value, json};

use super::{Pods, Why};

/// From one sweep to the next.
const PERIOD: Duration = Duration::from_secs(20);
/// A node that is missing may come back: it is waited for so long.
const QUARANTINE: Duration = Duration::from_secs(40);
const DISRUPTION_TARGET: &str = "DisruptionTarget";

pub(super) const DELETIONS: Counter<2> = Counter::new(
    "pod_gc_collector_force_delete_pods_total",
    "[ALPHA] Pods that were to be deleted without grace, by why.",
    &["namespace", "reason"],
);
pub(super) const FAILURES: Counter<2> = Counter::new(
    "pod_gc_collector_force_delete_pod_errors_total",
    "[ALPHA] Pods that could not be deleted without grace, by why.",
    &["namespace", "reason"],
);

/// Since when nodes are known to be missing.
#[derive(Debug, Default)]
pub struct Memory {
    missing: BTreeMap<Text, Time>,
}

pub(super) fn plan(memory: &mut Memory, pods: &Pods, now: Time) -> Plan<Why> {
    memory.missing.retain(|name, _| pods.gone.contains(name));
    for name in &pods.gone {
        memory.missing.entry(name.clone()).or_insert(now);
    }
    let orphaned = pods.orphaned.iter().filter(|(name, _)| {
        memory.missing.get(*name).is_some_and(|since| now.since(*since) >= QUARANTINE)
    });
    let surplus = surplus(pods);
    let kinds = [
        (Why::Terminated, &surplus),
        (Why::OutOfService, &pods.out_of_service),
        (Why::Unscheduled, &pods.unscheduled),
    ];
    let others = orphaned.map(|(_, pods)| (Why::Orphaned, pods));
    let mut known = BTreeSet::<&Uid>::new();
    let mut condemned = Vec::new();
    for (why, pods) in kinds.into_iter().chain(others) {
        let new = pods.iter().filter(|pod| !is_done(pod) && known.insert(&pod.metadata.uid));
        condemned.extend(new.map(|pod| (why, pod)));
    }
    let mut plan = Plan::rest();
    let marks: Vec<_> =
        condemned.iter().filter_map(|(why, pod)| mark_failed(pod, *why, now)).collect();
    let deletes: Vec<_> = condemned.iter().map(|(why, pod)| delete(pod, *why)).collect();
    let stages = [marks, deletes].into_iter().filter(|steps| !steps.is_empty());
    plan.stages.extend(stages.map(Stage::Together));
    plan.wake(PERIOD);
    plan
}

/// Those evicted first, then the oldest.
fn surplus(pods: &Pods) -> Vec<Arc<Pod>> {
    let Some(max) = pods.finished_max else { return Vec::new() };
    let count = pods.finished.len().saturating_sub(max);
    if count == 0 {
        return Vec::new();
    }
    let mut finished = pods.finished.clone();
    finished.sort_by_key(|pod| {
        let is_evicted = pod.status.phase == Phase::Failed && pod.status.reason == *"Evicted";
        (!is_evicted, pod.metadata.creation_timestamp, pod.metadata.name.clone())
    });
    finished.truncate(count);
    finished
}

/// Nothing more can be asked of a pod: only a finalizer keeps it.
fn is_done(pod: &Pod) -> bool {
    pod.is_finished()
        && pod.metadata.is_deleting()
        && pod.metadata.deletion_grace_period_seconds == Some(0)
}

fn mark_failed(pod: &Pod, why: Why, now: Time) -> Option<Step<Why>> {
    if pod.is_finished() {
        return None;
    }
    let generation = pod.metadata.generation;
    let mut status = json!({"phase": "Failed"});
    if generation != 0 {
        status["observedGeneration"] = json!(generation);
    }
    if why == Why::Orphaned {
        status["conditions"] = json!([disruption(pod, now)]);
    }
    let action = Action::Patch {
        target: Target::of(pod),
        kind: PatchKind::Strategic,
        patch: json!({"status": status}),
        subresource: "status",
        guard: Guard::Uid,
    };
    Some(Step::new(action, why))
}

/// Says that the pod did not fail by itself.
fn disruption(pod: &Pod, now: Time) -> Value {
    let known = pod.condition(DISRUPTION_TARGET).filter(|known| known.status == Status::True);
    let since = known.and_then(|known| known.last_transition_time).unwrap_or(now.whole_seconds());
    let mut condition = json!({
        "type": DISRUPTION_TARGET, "status": "True", "reason": "DeletionByPodGC",
        "message": "PodGC: node no longer exists", "lastTransitionTime": since,
    });
    if pod.metadata.generation != 0 {
        condition["observedGeneration"] = json!(pod.metadata.generation);
    }
    condition
}

fn delete(pod: &Pod, why: Why) -> Step<Why> {
    let action = Action::Delete {
        target: Target::of(pod),
        propagation: None,
        grace_period_seconds: Some(0),
        guard: Guard::Uid,
    };
    let mut step = Step::new(action, why);
    let labels = [&*pod.metadata.namespace, why.label()];
    step.measure(When::Always, DELETIONS.add(1, labels));
    step.measure(When::Failure, FAILURES.add(1, labels));
    step
}
