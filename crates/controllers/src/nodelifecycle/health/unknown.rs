//! What is written of a node that is silent.

use std::sync::Arc;

use api::views::{Condition, Node, Status};
use meta::time::Time;
use runtime::{Action, EventType, Guard, PatchKind, Step, Target};
use serde_json::{Value, json};

use super::Why;
use crate::shared::tell::event;

/// Reason of conditions that the node has never posted.
pub(super) const NEVER_POSTED: &str = "NodeStatusNeverUpdated";
const STOPPED_POSTING: &str = "NodeStatusUnknown";
/// What a kubelet tells of its node.
const KINDS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// Says that nothing is known of the node any more.
pub(super) fn mark(node: &Arc<Node>, now: Time) -> Step<Why> {
    let open = KINDS.iter().filter(|kind| {
        node.condition(kind).is_none_or(|condition| condition.status != Status::Unknown)
    });
    let conditions: Vec<Value> =
        open.map(|kind| condition(node, kind, node.condition(kind), now)).collect();
    let action = Action::Patch {
        target: Target::of(&**node),
        kind: PatchKind::Strategic,
        patch: json!({"status": {"conditions": conditions}}),
        subresource: "status",
        guard: Guard::Version,
    };
    let mut step = Step::new(action, Why::Silent);
    if node.ready() == Some(Status::True) {
        let message = format!("Node {} status is now: NodeNotReady", node.metadata.name);
        step.on_success = Some(event(&**node, EventType::Normal, "NodeNotReady", message));
    }
    step
}

fn condition(node: &Node, kind: &str, known: Option<&Condition>, now: Time) -> Value {
    let (reason, message) = match known {
        Some(_) => (STOPPED_POSTING, "Kubelet stopped posting node status."),
        None => (NEVER_POSTED, "Kubelet never posted node status."),
    };
    let heard = match known {
        Some(known) => known.last_heartbeat_time,
        None => node.metadata.creation_timestamp,
    };
    json!({
        "type": kind, "status": "Unknown", "reason": reason, "message": message,
        "lastHeartbeatTime": heard, "lastTransitionTime": now.whole_seconds(),
    })
}
