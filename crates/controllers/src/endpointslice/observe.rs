//! Caches → a service with its pods, their zones and its slices. Reads, decides nothing.

use std::{collections::BTreeMap, sync::Arc};

use api::views::{EndpointSlice, Node, Pod, Service};
use meta::{object::ObjectKey, text::Text};
use runtime::{Cache, Observation};

use super::{MANAGER, SliceSettings, ZONE, hints, topology::Capacity};
use crate::shared::{service_pods, slices};

/// Services, pods, nodes, and what is published of them.
pub struct View {
    pub(super) services: Arc<Cache<Service>>,
    pub(super) pods: Arc<Cache<Pod>>,
    pub(super) nodes: Arc<Cache<Node>>,
    pub(super) slices: Arc<Cache<EndpointSlice>>,
    pub(super) settings: SliceSettings,
}

/// A service that selects pods, and what there is of it.
#[derive(Debug)]
pub struct Backed {
    pub(super) service: Arc<Service>,
    /// Those that have an address and are not finished, in key order.
    pub(super) pods: Vec<Arc<Pod>>,
    /// The zone of each node of the pods; empty if it is in none. Nodes that are not there are missing.
    pub(super) zones: BTreeMap<Text, Text>,
    /// Those we look after and that are not going.
    pub(super) slices: Vec<Arc<EndpointSlice>>,
    pub(super) settings: SliceSettings,
    /// Of the zones there are; `None` if the service does not go by it.
    pub(super) capacity: Option<Capacity>,
}

pub(super) fn observe(view: &View, key: &ObjectKey) -> Observation<Backed> {
    // Slices of a service that is gone go with it: it owns them.
    let service = view.services.get(key).filter(|service| service.selects_pods());
    let Some(service) = service else { return Observation::Gone };
    let pods = service_pods::selected(&view.pods, &service);
    let mut zones = BTreeMap::new();
    for pod in &pods {
        let name = &pod.spec.node_name;
        if !zones.contains_key(name)
            && let Some(node) = view.nodes.get(&ObjectKey::new("", name.clone()))
        {
            let zone = node.metadata.labels.get(ZONE).cloned();
            zones.insert(name.clone(), zone.unwrap_or_default());
        }
    }
    let slices = slices::managed(&view.slices, key, MANAGER);
    let settings = view.settings;
    let capacity = hints::by_capacity(&service).then(|| {
        let nodes = view.nodes.list();
        Capacity::of(nodes.iter().map(|node| &**node))
    });
    Observation::Ready(Backed { service, pods, zones, slices, settings, capacity })
}
