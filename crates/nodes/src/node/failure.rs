//! Nodes that were told to fail: an annotation says how, another until when.

use api::views::Node;
use meta::time::Time;
use runtime::{Action, Guard, PatchKind, Plan, Step, Target};
use serde_json::json;

use super::Why;

/// Annotation of a node that is to fail, with how.
pub const FAILURE_ANNOTATION: &str = "io.pilothouse/failure";
/// Annotation of such a node with the time at which it recovers; without it, it fails until the other
/// annotation is taken away.
pub const FAILURE_ENDS_ANNOTATION: &str = "io.pilothouse/failure-ends";

/// How a node fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing is heard of it; what runs on it runs on.
    Unreachable,
    /// It says that it is not ready.
    NotReady,
}

impl Failure {
    /// Every way, with its name.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::Unreachable, "unreachable"), (Self::NotReady, "not-ready")];
}

/// How the node is to fail, if it is.
pub(crate) fn of(node: &Node) -> Option<Failure> {
    let said = node.metadata.annotations.get(FAILURE_ANNOTATION)?;
    Failure::ALL.iter().find(|(_, name)| said == *name).map(|(failure, _)| *failure)
}

/// Until when.
pub(super) fn ends(node: &Node) -> Option<Time> {
    node.metadata.annotations.get(FAILURE_ENDS_ANNOTATION)?.parse().ok()
}

/// The node fails no more.
pub(super) fn end(node: &Node) -> Plan<Why> {
    let mut plan = Plan::rest();
    let annotations = json!({FAILURE_ANNOTATION: null, FAILURE_ENDS_ANNOTATION: null});
    let action = Action::Patch {
        target: Target::of(node),
        kind: PatchKind::Merge,
        patch: json!({"metadata": {"annotations": annotations}}),
        subresource: "",
        guard: Guard::Uid,
    };
    plan.step(Step::new(action, Why::FailureOver));
    plan
}
