//! Caches → [`Replicas`]: reads, decides nothing.

use std::{collections::BTreeMap, sync::Arc};

use api::views::{Phase, Pod, ReplicaSet};
use meta::{object::ObjectKey, selector::Selector, text::Text};
use runtime::{Answers, Observation};

use super::{
    Replicated, View,
    replicas::{Replicas, wanted},
};
use crate::shared::claims::{Claims, PODS_BY_OWNER};

pub(super) fn observe<K: Replicated>(
    view: &View<K>,
    key: &ObjectKey,
    answers: &Answers,
) -> Observation<Replicas> {
    let Some(owner) = view.owners.get(key) else { return Observation::Gone };
    let replica_set = Arc::clone(owner.as_replica_set());
    let metadata = &replica_set.metadata;
    let (invalid_selector, mut claims) = match Selector::from_json(&replica_set.spec.selector) {
        Err(reason) => (Some(reason.to_string()), Claims::default()),
        Ok(selector) => {
            let pods = &view.pods;
            (None, Claims::sort(pods, &PODS_BY_OWNER, metadata, &selector, Pod::is_active))
        }
    };
    if let Some(read) = claims.recheck(&K::RESOURCE, metadata, answers) {
        return Observation::Ask(vec![read]);
    }
    let pods = |wanted: fn(&Pod) -> bool| -> Vec<Arc<Pod>> {
        claims.owned.iter().filter(|pod| wanted(pod)).cloned().collect()
    };
    let active = pods(Pod::is_active);
    let terminating = pods(|pod| pod.metadata.is_deleting() && !pod.is_finished()).len();
    let some_must_go = (1..active.len()).contains(&wanted(&replica_set));
    Observation::Ready(Replicas {
        resource: K::RESOURCE,
        terminating: K::COUNTS_TERMINATING.then_some(terminating),
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

/// Counts what the selectors of one controller's owners mean; without a controller nothing counts.
fn related_by_node<K: Replicated>(view: &View<K>, owner: &ReplicaSet) -> BTreeMap<Text, usize> {
    let mut by_node = BTreeMap::new();
    let Some(controller) = owner.metadata.controller() else { return by_node };
    let related = view.owners.by_index(K::BY_OWNER, &controller.uid.0);
    let selectors: Vec<_> = related
        .iter()
        .filter_map(|set| Selector::from_json(&set.as_replica_set().spec.selector).ok())
        .collect();
    for pod in view.pods.in_namespace(&owner.metadata.namespace) {
        let is_meant = selectors.iter().any(|selector| selector.matches(&pod.metadata.labels));
        if pod.is_active() && is_meant {
            *by_node.entry(pod.spec.node_name.clone()).or_default() += 1;
        }
    }
    by_node
}
