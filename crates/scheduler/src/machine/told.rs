//! What the scheduler writes of pods other than their binding: conditions, nominations, evictions, and
//! the events that tell of them.

use std::sync::Arc;

use api::views::{Pod, Status};
use meta::{object::Uid, text::Text, time::Time};
use runtime::{Action, Event, EventType, Guard, PatchKind, Step, Target};
use serde_json::{Value, json};

use super::Why;

/// Longer messages of events are cut to this, and four bytes more say so.
const NOTE_BYTES_MAX: usize = 1020;

/// Says why the pod waits: an event each time, the condition when it changes. `nominated` is the node
/// that the pod is promised from now on, empty for none, `None` if that does not change.
pub(super) fn waits(
    pod: &Arc<Pod>,
    (message, reason): (&str, &'static str),
    nominated: Option<&str>,
    now: Time,
) -> Step<Why> {
    let known = pod.condition("PodScheduled").filter(|known| known.status == Status::False);
    let unchanged = known.is_some_and(|known| known.reason == *reason && known.message == message);
    let nominated = nominated.filter(|node| pod.status.nominated_node_name != **node);
    let mut status = json!({});
    if !unchanged {
        let since = known.and_then(|known| known.last_transition_time).unwrap_or(now);
        status["conditions"] = json!([{
            "type": "PodScheduled", "status": "False", "reason": reason, "message": message,
            "lastProbeTime": null, "lastTransitionTime": since.to_string(),
            "observedGeneration": pod.metadata.generation,
        }]);
    }
    if let Some(node) = nominated {
        status["nominatedNodeName"] = if node.is_empty() { Value::Null } else { node.into() };
    }
    let action = match status.as_object() {
        Some(status) if status.is_empty() => Action::Announce,
        // Over a state that knows the condition already, its time would change and its status not.
        _ => patch(pod, &status, Guard::Version),
    };
    let mut step = Step::new(action, Why::NoNode(message.to_owned()));
    step.reporter = Some(pod.spec.scheduler_name.clone());
    step.on_success = Some(event(pod, EventType::Warning, "FailedScheduling", cut(message)));
    step
}

/// Says which node the pod is going to have.
pub(super) fn takes(pod: &Pod, node: &Text) -> Step<Why> {
    let status = json!({"nominatedNodeName": node});
    Step::new(patch(pod, &status, Guard::Uid), Why::BestNode(node.clone()))
}

/// A pod loses its nomination to a more important one.
pub(super) fn gives_up(pod: &Pod) -> Step<Why> {
    let status = json!({"nominatedNodeName": null});
    Step::new(patch(pod, &status, Guard::Uid), Why::Outranked)
}

/// Says to a victim why it goes.
pub(super) fn condemns(preemptor: &Pod, victim: &Pod) -> Step<Why> {
    let scheduler = &preemptor.spec.scheduler_name;
    let condition = json!({
        "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
        "message": format!("{scheduler}: preempting to accommodate a higher priority pod"),
        "observedGeneration": victim.metadata.generation,
    });
    let status = json!({"conditions": [condition]});
    let why = Why::MakesRoom(preemptor.metadata.key());
    Step::new(patch(victim, &status, Guard::Uid), why)
}

/// Deletes a victim with its own grace.
pub(super) fn evicts(preemptor: &Uid, victim: &Pod, node: &Text) -> Step<Why> {
    let action = Action::Delete {
        target: Target::of(victim),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    let mut step = Step::new(action, Why::Evicts);
    step.reporter = Some(victim.spec.scheduler_name.clone());
    let message = format!("Preempted by pod {preemptor} on node {node}");
    step.on_success = Some(event(victim, EventType::Normal, "Preempted", message));
    step
}

fn patch(pod: &Pod, status: &Value, guard: Guard) -> Action {
    Action::Patch {
        target: Target::of(pod),
        kind: PatchKind::Strategic,
        patch: json!({ "status": status }),
        subresource: "status",
        guard,
    }
}

fn event(pod: &Pod, kind: EventType, reason: &'static str, message: String) -> Event {
    let regarding = Target::of(pod);
    Event { regarding, kind, reason, message }
}

/// At a limit that clients of events can take.
fn cut(message: &str) -> String {
    if message.len() <= NOTE_BYTES_MAX + 4 {
        return message.to_owned();
    }
    let end = (0..=NOTE_BYTES_MAX).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
    format!("{} ...", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_letters() {
        assert_eq!(cut(&"x".repeat(1024)).len(), 1024);
        assert_eq!(cut(&"x".repeat(1025)).len(), 1024);
        assert_eq!(cut(&"ä".repeat(600)).len(), 1024);
        assert_eq!(cut(&format!("x{}", "ä".repeat(600))).len(), 1023);
    }
}
