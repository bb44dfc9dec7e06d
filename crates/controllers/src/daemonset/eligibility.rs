//! Which nodes may have a pod of a set, and which may keep one.

use api::views::{DaemonSet, Node, PodSpec, TaintEffect, Template};
use serde::Deserialize;
use serde_json::{Value, json};

/// Taints that a daemon lives with, by key and effect.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
/// A daemon on the host's network may be what brings the network up.
const TOLERATED_ON_HOST_NETWORK: (&str, &str) =
    ("node.kubernetes.io/network-unavailable", "NoSchedule");

/// What becomes of a set's pods on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// There should be one.
    Run,
    /// None should come; one that is there may stay.
    Keep,
    /// There should be none.
    Leave,
}

/// What a set's pods want of a node.
#[derive(Debug)]
pub(super) struct Wishes(PodSpec);

impl Wishes {
    pub(super) fn of(set: &DaemonSet) -> Self {
        let mut spec = set.spec.template.json().get("spec").cloned().unwrap_or_default();
        spec["tolerations"] = tolerations(&set.spec.template);
        // The server took the template, so that it can be read; one that cannot asks for nothing.
        Self(PodSpec::deserialize(&spec).unwrap_or_default())
    }

    pub(super) fn fate(&self, node: &Node) -> Fate {
        let Self(spec) = self;
        let is_elsewhere = !spec.node_name.is_empty() && spec.node_name != node.metadata.name;
        if is_elsewhere || !spec.selects(node) {
            return Fate::Leave;
        }
        let taints = node.spec.taints.iter();
        let mut untolerated =
            taints.filter(|taint| !taint.is_soft() && !taint.is_tolerated(&spec.tolerations));
        match untolerated.clone().next() {
            None => Fate::Run,
            Some(_) if untolerated.any(|taint| taint.effect == TaintEffect::NoExecute) => {
                Fate::Leave
            }
            Some(_) => Fate::Keep,
        }
    }
}

/// The tolerations of a template's pods, with those that every daemon has.
pub(super) fn tolerations(template: &Template) -> Value {
    let spec = template.json().get("spec");
    let field = |name: &str| spec.and_then(|spec| spec.get(name));
    let mut tolerations =
        field("tolerations").and_then(Value::as_array).cloned().unwrap_or_default();
    let on_host = field("hostNetwork").and_then(Value::as_bool).unwrap_or(false);
    let more = on_host.then_some(TOLERATED_ON_HOST_NETWORK);
    for (key, effect) in TOLERATED.into_iter().chain(more) {
        let wanted = json!({"key": key, "operator": "Exists", "effect": effect});
        let is_same = |known: &Value| {
            ["key", "operator", "value", "effect"]
                .iter()
                .all(|field| text(known, field) == text(&wanted, field))
        };
        match tolerations.iter().position(is_same) {
            Some(at) => tolerations[at] = wanted,
            None => tolerations.push(wanted),
        }
    }
    Value::Array(tolerations)
}

fn text<'a>(toleration: &'a Value, field: &str) -> &'a str {
    toleration.get(field).and_then(Value::as_str).unwrap_or_default()
}
