//! [`TaintedPod`] → [`Plan`]: all control flow.

use std::time::Duration;

use api::views::{Pod, Status};
use meta::{mutants::mutant, time::Time};
use runtime::{Action, Counter, EventType, Guard, Histogram, PatchKind, Plan, Step, Target, When};
use serde_json::{Value, json};

use super::{
    TaintedPod, Why,
    doom::{Doom, Known, doom},
    observe::{Live, reads},
};
use crate::shared::tell::{announce, event};

const DISRUPTION_TARGET: &str = "DisruptionTarget";
const REASON: &str = "DeletionByTaintManager";
pub(super) const DELETIONS: Counter<0> = Counter::new(
    "taint_eviction_controller_pod_deletions_total",
    "[ALPHA] Pods that were driven from their nodes.",
    &[],
);
pub(super) const DELETION_SECONDS: Histogram<0> = Histogram::new(
    "taint_eviction_controller_pod_deletion_duration_seconds",
    "[ALPHA] Seconds from when a pod was to go to its deletion.",
    &[],
    &[0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0, 120.0, 180.0, 240.0],
);
/// A server that does not say how things are is asked again after this long.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What is known of a pod that is in danger.
#[derive(Debug, Default)]
pub struct Memory {
    known: Known,
    /// It is to go at some time.
    pending: bool,
    /// It was told that it goes.
    told: bool,
}

pub(super) fn plan(memory: &mut Memory, observed: &TaintedPod, now: Time) -> Plan<Why> {
    let (pod, taints) = (&*observed.pod, &observed.taints);
    memory.known.see(taints, now);
    let Some(doom) = doom(&memory.known, pod, taints, now) else {
        return spare(memory, observed);
    };
    if now < doom.at {
        memory.pending = true;
        let mut plan = Plan::rest();
        plan.wake(doom.at.since(now));
        return plan;
    }
    match &observed.live {
        Live::NotRead if mutant("hb_35") => evict(memory, pod, doom, now),
        Live::NotRead => Plan::ask(reads(pod).into()),
        Live::Unanswered => {
            let mut plan = Plan::rest();
            plan.wake(ASK_AGAIN);
            plan
        }
        // The caches are behind: they will say so.
        Live::Gone => Plan::rest(),
        Live::There { pod: live, taints } => evict_if_so(memory, live, taints, now),
    }
}

/// What was decided on the caches must be true of what there is.
fn evict_if_so(
    memory: &mut Memory,
    pod: &Pod,
    taints: &[api::views::Taint],
    now: Time,
) -> Plan<Why> {
    memory.known.see(taints, now);
    match doom(&memory.known, pod, taints, now) {
        Some(doom) if doom.at <= now && pod.is_active() => evict(memory, pod, doom, now),
        Some(doom) => {
            let mut plan = Plan::rest();
            plan.wake(doom.at.since(now).max(ASK_AGAIN));
            plan
        }
        None => Plan::rest(),
    }
}

fn spare(memory: &mut Memory, observed: &TaintedPod) -> Plan<Why> {
    let pod = &*observed.pod;
    let mut plan = Plan::rest();
    if std::mem::take(&mut memory.pending) {
        let message = format!("Cancelling deletion of Pod {}", pod.metadata.key());
        let told = event(pod, EventType::Normal, "TaintManagerEviction", message);
        plan.step(announce(told, Why::Spared));
    }
    plan.ends = observed.taints.is_empty();
    plan
}

fn evict(memory: &mut Memory, pod: &Pod, doom: Doom, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    if !std::mem::replace(&mut memory.told, true) {
        let message = format!("Marking for deletion Pod {}", pod.metadata.key());
        let told = event(pod, EventType::Normal, "TaintManagerEviction", message);
        plan.step(announce(told, doom.why));
    }
    if !is_marked(pod) {
        let action = Action::Patch {
            target: Target::of(pod),
            kind: PatchKind::Strategic,
            patch: json!({"status": {"conditions": [disruption(pod, now)]}}),
            subresource: "status",
            guard: Guard::Uid,
        };
        plan.step(Step::new(action, doom.why));
    }
    let action = Action::Delete {
        target: Target::of(pod),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    let mut step = Step::new(action, doom.why);
    step.measure(When::Success, DELETIONS.add(1, []));
    step.measure(When::Success, DELETION_SECONDS.since(doom.at, []));
    plan.step(step);
    plan
}

fn is_marked(pod: &Pod) -> bool {
    let known = pod.condition(DISRUPTION_TARGET);
    known.is_some_and(|known| known.status == Status::True && known.reason == *REASON)
}

/// Says that the pod did not fail by itself.
fn disruption(pod: &Pod, now: Time) -> Value {
    let known = pod.condition(DISRUPTION_TARGET).filter(|known| known.status == Status::True);
    let since = known.and_then(|known| known.last_transition_time).unwrap_or(now.whole_seconds());
    let mut condition = json!({
        "type": DISRUPTION_TARGET, "status": "True", "reason": REASON,
        "message": "Taint manager: deleting due to NoExecute taint", "lastTransitionTime": since,
    });
    if pod.metadata.generation != 0 {
        condition["observedGeneration"] = json!(pod.metadata.generation);
    }
    condition
}
