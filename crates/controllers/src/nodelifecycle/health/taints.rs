//! The taints that a node's conditions give it.

use api::views::{Node, Status, Taint, TaintEffect};
use meta::time::Time;

use crate::shared::nodes::{NOT_READY, UNREACHABLE};

const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Conditions that keep pods away when they hold.
const PRESSURES: [(&str, &str); 4] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
];

/// The taints that the node should have; `None` if it has them. Taints of others stay as they are.
pub(super) fn wanted(node: &Node, now: Time) -> Option<Vec<Taint>> {
    let keys = keys(node);
    let known = node.spec.taints.iter();
    let mut taints: Vec<Taint> = known.filter_map(|taint| kept(node, &keys, taint)).collect();
    for key in keys {
        let is_there = |taint: &Taint| taint.key == *key && taint.effect == TaintEffect::NoSchedule;
        if !taints.iter().any(is_there) {
            taints.push(Taint {
                key: key.into(),
                effect: TaintEffect::NoSchedule,
                time_added: Some(now.whole_seconds()),
                ..Taint::default()
            });
        }
    }
    (taints != node.spec.taints).then_some(taints)
}

/// Keys of the taints that keep new pods away.
fn keys(node: &Node) -> Vec<&'static str> {
    let by_readiness = match node.ready() {
        Some(Status::False) => Some(NOT_READY),
        Some(Status::Unknown) => Some(UNREACHABLE),
        // Admission taints new nodes, and nobody can know yet that one may have pods.
        None if node.has_taint(NOT_READY, TaintEffect::NoSchedule) => Some(NOT_READY),
        Some(Status::True) | None => None,
    };
    let holds = |kind: &str| node.condition(kind).is_some_and(|it| it.status == Status::True);
    let pressures = PRESSURES.iter().filter(|(kind, _)| holds(kind)).map(|(_, key)| *key);
    let cordon = node.spec.unschedulable.then_some(UNSCHEDULABLE);
    by_readiness.into_iter().chain(pressures).chain(cordon).collect()
}

/// What becomes of a taint that is there.
fn kept(node: &Node, keys: &[&'static str], taint: &Taint) -> Option<Taint> {
    let stays = match taint.effect {
        TaintEffect::NoSchedule => !is_ours(&taint.key) || keys.contains(&&*taint.key),
        TaintEffect::NoExecute => return evicting(node, taint),
        TaintEffect::PreferNoSchedule => true,
    };
    stays.then(|| taint.clone())
}

fn is_ours(key: &str) -> bool {
    let pressures = PRESSURES.iter().map(|(_, key)| *key);
    [NOT_READY, UNREACHABLE, UNSCHEDULABLE].into_iter().chain(pressures).any(|ours| ours == key)
}

/// A taint that makes pods leave goes when the node is ready, and says what is wrong with it now: the
/// time that pods have runs on.
fn evicting(node: &Node, taint: &Taint) -> Option<Taint> {
    let wanted = match node.ready() {
        Some(Status::False) => NOT_READY,
        Some(Status::Unknown) => UNREACHABLE,
        Some(Status::True) | None => "",
    };
    let is_other = taint.key == *NOT_READY || taint.key == *UNREACHABLE;
    if !is_other || taint.key == *wanted || node.ready().is_none() {
        return Some(taint.clone());
    }
    if wanted.is_empty() || node.has_taint(wanted, TaintEffect::NoExecute) {
        return None;
    }
    Some(Taint { key: wanted.into(), ..taint.clone() })
}
