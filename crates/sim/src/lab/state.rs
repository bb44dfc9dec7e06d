//! The objects of a cluster at one revision, as they are stored.

use std::collections::BTreeMap;

use api::{catalog, views::Kind};
use serde::de::DeserializeOwned;
use store::{Event, EventBatch, KeyValue};

/// The objects at one revision.
#[derive(Debug, Clone, Default)]
pub struct State {
    objects: BTreeMap<String, KeyValue>,
    pub(super) revision: u64,
}

/// Below these keys something is written for ever: leases, events, reports of nodes.
const HEARTBEATS: [&str; 5] = [
    "/registry/leases/",
    "/registry/events/",
    "/registry/minions/",
    "/registry/masterleases/",
    "/registry/ranges/",
];

impl State {
    /// All objects of a kind, in the order of namespaces and names. An object that the view cannot
    /// show is left out.
    pub fn all<K: Kind + DeserializeOwned>(&self) -> Vec<K> {
        let resource = K::RESOURCE;
        let facts =
            catalog::builtin().resource(&resource.group, &resource.version, &resource.plural);
        let Some(prefix) = facts.map(|facts| facts.storage_prefix.as_str()) else {
            return Vec::new();
        };
        let found = self.objects.range(prefix.to_owned()..);
        found
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter_map(|(_, stored)| serde_json::from_slice(&stored.value).ok())
            .collect()
    }

    /// The revision.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes a revision in; answers the key of a write that is no heartbeat, if there is one.
    pub(super) fn take(&mut self, batch: EventBatch) -> Option<String> {
        self.revision = batch.revision.0;
        let mut written = None;
        for event in batch.events {
            let key = match event {
                Event::Put { now, .. } => {
                    let key = String::from_utf8_lossy(&now.key).into_owned();
                    self.objects.insert(key.clone(), now);
                    key
                }
                Event::Delete { before, .. } => {
                    let key = String::from_utf8_lossy(&before.key).into_owned();
                    self.objects.remove(&key);
                    key
                }
            };
            if !HEARTBEATS.iter().any(|prefix| key.starts_with(prefix)) {
                written = Some(key);
            }
        }
        written
    }
}
