//! What is read of a `ReplicationController`: it is a `ReplicaSet` with a plainer selector.

use std::sync::Arc;

use meta::object::ObjectMeta;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::ReplicaSet;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplicationController {
    /// The same object as a `ReplicaSet` would say it.
    pub replica_set: Arc<ReplicaSet>,
}

impl<'de> Deserialize<'de> for ReplicationController {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut replica_set = ReplicaSet::deserialize(deserializer)?;
        let labels = replica_set.spec.selector.take();
        let is_empty = labels.as_object().is_none_or(serde_json::Map::is_empty);
        // A map without labels selects nothing, where a selector without requirements selects all.
        replica_set.spec.selector =
            if is_empty { Value::Null } else { json!({ "matchLabels": labels }) };
        Ok(Self { replica_set: Arc::new(replica_set) })
    }
}

impl super::Object for ReplicationController {
    fn metadata(&self) -> &ObjectMeta {
        &self.replica_set.metadata
    }
}
impl super::Kind for ReplicationController {
    const RESOURCE: meta::resource::Resource = crate::resources::REPLICATION_CONTROLLERS;
}
