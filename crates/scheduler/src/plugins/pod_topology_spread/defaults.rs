//! What is asked of pods that ask for nothing themselves: those of one owner or service are spread.

use std::sync::Arc;

use api::views::{
    Kind, Pod, ReplicaSet, ReplicationController, Service, StatefulSet, TopologySpreadConstraint,
};
use meta::{
    object::{Labels, ObjectKey},
    selector::Selector,
};
use runtime::Cache;
use serde_json::Value;

use super::constraint::HOSTNAME;
use crate::framework::Setup;

/// Where owners and services are found.
#[derive(Default)]
pub(super) struct Owners {
    services: Arc<Cache<Service>>,
    replica_sets: Arc<Cache<ReplicaSet>>,
    replication_controllers: Arc<Cache<ReplicationController>>,
    stateful_sets: Arc<Cache<StatefulSet>>,
}

/// The system's defaults: soft, over nodes and, more loosely, over zones.
pub(super) fn system() -> Vec<TopologySpreadConstraint> {
    let soft = |key: &str, max_skew| TopologySpreadConstraint {
        topology_key: key.into(),
        max_skew,
        when_unsatisfiable: "ScheduleAnyway".into(),
        ..TopologySpreadConstraint::default()
    };
    vec![soft(HOSTNAME, 3), soft("topology.kubernetes.io/zone", 5)]
}

impl Owners {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        Self {
            services: setup.cache(),
            replica_sets: setup.cache(),
            replication_controllers: setup.cache(),
            stateful_sets: setup.cache(),
        }
    }

    /// The pods that belong with this one: what all its services select and its owner too.
    pub(super) fn selector(&self, pod: &Pod) -> Option<Selector> {
        let mut labels = Labels::new();
        for service in self.services.in_namespace(&pod.metadata.namespace) {
            if service.selects(&pod.metadata.labels) {
                labels.extend(service.spec.selector.clone());
            }
        }
        let mut selector = self.owners(pod).unwrap_or(Value::Null);
        if !labels.is_empty() && selector.is_null() {
            selector = Value::Object(serde_json::Map::new());
        }
        for (key, value) in &labels {
            selector["matchLabels"][key.as_str()] = value.as_str().into();
        }
        let selector = Selector::from_json(&selector).ok()?;
        (selector != Selector::Nothing && !selector.is_empty()).then_some(selector)
    }

    fn owners(&self, pod: &Pod) -> Option<Value> {
        let owner = pod.metadata.controller()?;
        let key = ObjectKey::new(pod.metadata.namespace.clone(), owner.name.clone());
        let is = |kind: &str| *owner.kind == *kind;
        if is(&ReplicaSet::RESOURCE.kind) {
            return Some(self.replica_sets.get(&key)?.spec.selector.clone());
        }
        if is(&StatefulSet::RESOURCE.kind) {
            return Some(self.stateful_sets.get(&key)?.spec.selector.clone());
        }
        if is(&ReplicationController::RESOURCE.kind) {
            return Some(self.replication_controllers.get(&key)?.replica_set.spec.selector.clone());
        }
        None
    }
}
