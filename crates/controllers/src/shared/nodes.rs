//! What controllers know of nodes: where their pods are, and how taints are written.

use api::views::{Node, Pod, Taint};
use runtime::{Action, Guard, Index, PatchKind, Target};
use serde_json::{Value, json};

pub(crate) const NOT_READY: &str = "node.kubernetes.io/not-ready";
pub(crate) const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Pods by the node they are bound to.
pub(crate) static PODS_BY_NODE: Index<Pod> = Index {
    name: "spec.nodeName",
    values: |pod| {
        let name = &pod.spec.node_name;
        if name.is_empty() { Vec::new() } else { vec![name.clone()] }
    },
};

/// Gives a node exactly these taints, if nobody has written it since it was seen: the list has no keys
/// to merge by.
pub(crate) fn set_taints(node: &Node, taints: &[Taint]) -> Action {
    let taints = if taints.is_empty() { Value::Null } else { json!(taints) };
    Action::Patch {
        target: Target::of(node),
        kind: PatchKind::Strategic,
        patch: json!({"spec": {"taints": taints}}),
        subresource: "",
        guard: Guard::Version,
    }
}
