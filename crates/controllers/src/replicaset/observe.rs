//! Caches → [`Replicas`]: reads, decides nothing.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    resources::REPLICA_SETS,
    views::{Phase, Pod, ReplicaSet},
};
use meta::{object::ObjectKey, selector::Selector, text::Text};
use runtime::{Answers, Observation};

use super::{
    View,
    replicas::{Replicas, wanted},
};
use crate::shared::claims::{Claims, PODS_BY_OWNER, REPLICA_SETS_BY_OWNER};

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Replicas> {
    let Some(replica_set) = view.replica_sets.get(key) else { return Observation::Gone };
    let (invalid_selector, mut claims) = match Selector::from_json(&replica_set.spec.selector) {
        Err(reason) => (Some(reason.to_string()), Claims::default()),
        Ok(selector) => (None, claim(view, &replica_set, &selector)),
    };
    if let Some(read) = claims.recheck(&REPLICA_SETS, &replica_set.metadata, answers) {
        return Observation::Ask(vec![read]);
    }
    let pods = |wanted: fn(&Pod) -> bool| -> Vec<Arc<Pod>> {
        claims.owned.iter().filter(|pod| wanted(pod)).cloned().collect()
    };
    let active = pods(Pod::is_active);
    let some_must_go = (1..active.len()).contains(&wanted(&replica_set));
    Observation::Ready(Replicas {
        terminating: pods(|pod| pod.metadata.is_deleting() && !pod.is_finished()).len(),
        failed: pods(|pod| pod.status.phase == Phase::Failed),
        related_by_node: if some_must_go {
            related_by_node(view, &replica_set)
        } else {
            BTreeMap::new()
        },
        active,
        replica_set,
        invalid_selector,
        claims,
    })
}

fn claim(view: &View, replica_set: &ReplicaSet, selector: &Selector) -> Claims<Pod> {
    Claims::sort(&view.pods, &PODS_BY_OWNER, &replica_set.metadata, selector, Pod::is_active)
}

/// Counts what the selectors of a controller's ReplicaSets mean; without a controller nothing counts.
fn related_by_node(view: &View, replica_set: &ReplicaSet) -> BTreeMap<Text, usize> {
    let mut by_node = BTreeMap::new();
    let Some(owner) = replica_set.metadata.controller() else { return by_node };
    let related = view.replica_sets.by_index(&REPLICA_SETS_BY_OWNER, &owner.uid.0);
    let selectors: Vec<_> =
        related.iter().filter_map(|set| Selector::from_json(&set.spec.selector).ok()).collect();
    for pod in view.pods.in_namespace(&replica_set.metadata.namespace) {
        let is_meant = selectors.iter().any(|selector| selector.matches(&pod.metadata.labels));
        if pod.is_active() && is_meant {
            *by_node.entry(pod.spec.node_name.clone()).or_default() += 1;
        }
    }
    by_node
}
