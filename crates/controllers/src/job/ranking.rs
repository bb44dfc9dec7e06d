//! Which pods go first when there are too many: those that have come least far.

use std::{
    cmp::{Ordering, Reverse},
    collections::BTreeMap,
    sync::Arc,
};

use api::views::Pod;
use meta::time::Time;

use super::indexes::valid_index_of;
use crate::shared::pods::{progress, ready_since, restarts};

/// Less means that it goes first.
pub(super) fn compare(left: &Pod, right: &Pod) -> Ordering {
    let assigned = |pod: &Pod| !pod.spec.node_name.is_empty();
    let since = |pod: &Pod| youth(ready_since(pod).filter(|_| pod.is_ready()));
    let age = |pod: &Pod| youth(pod.metadata.creation_timestamp);
    assigned(left)
        .cmp(&assigned(right))
        .then_with(|| progress(left).cmp(&progress(right)))
        .then_with(|| left.is_ready().cmp(&right.is_ready()))
        .then_with(|| since(left).cmp(&since(right)))
        .then_with(|| restarts(right).cmp(&restarts(left)))
        .then_with(|| age(left).cmp(&age(right)))
}

/// The younger first; what has no time is the youngest.
fn youth(since: Option<Time>) -> (bool, Reverse<Time>) {
    (since.is_some(), Reverse(since.unwrap_or_default()))
}

/// Pods whose index is none, too large, or that of a better pod: nobody needs them.
pub(super) fn superfluous(active: &[Arc<Pod>], completions: i32) -> Vec<Arc<Pod>> {
    let mut best = BTreeMap::<i32, &Arc<Pod>>::new();
    let mut superfluous = Vec::new();
    for pod in active {
        let Some(index) = valid_index_of(pod, completions) else {
            superfluous.push(Arc::clone(pod));
            continue;
        };
        let Some(known) = best.insert(index, pod) else { continue };
        let (worse, better) = if compare(known, pod).is_le() { (known, pod) } else { (pod, known) };
        superfluous.push(Arc::clone(worse));
        best.insert(index, better);
    }
    superfluous
}
