//! Caches → Endpoints to mirror, and the copies there are. Reads, decides nothing.

use std::sync::Arc;

use api::views::{EndpointSlice, Endpoints, Service};
use meta::object::ObjectKey;
use runtime::{Cache, Observation};

use super::MANAGER;
use crate::shared::slices;

/// Asks not to mirror.
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
/// Endpoints with it are a lock of a leader election.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";

/// Services, Endpoints and slices.
pub struct View {
    pub(super) services: Arc<Cache<Service>>,
    pub(super) endpoints: Arc<Cache<Endpoints>>,
    pub(super) slices: Arc<Cache<EndpointSlice>>,
}

/// What is to be copied, and what there is of it.
#[derive(Debug)]
pub struct Mirror {
    /// `None` if nothing is to be copied.
    pub(super) endpoints: Option<Arc<Endpoints>>,
    /// Our copies that are not going.
    pub(super) slices: Vec<Arc<EndpointSlice>>,
}

pub(super) fn observe(view: &View, key: &ObjectKey) -> Observation<Mirror> {
    let slices = slices::managed(&view.slices, key, MANAGER);
    let service = view.services.get(key).filter(|service| service.spec.selector.is_empty());
    let endpoints = view.endpoints.get(key).filter(|endpoints| is_mirrorable(endpoints));
    let endpoints = endpoints.filter(|_| service.is_some());
    if endpoints.is_none() && slices.is_empty() {
        return Observation::Gone;
    }
    Observation::Ready(Mirror { endpoints, slices })
}

pub(super) fn is_mirrorable(endpoints: &Endpoints) -> bool {
    let metadata = &endpoints.metadata;
    metadata.labels.get(SKIP).is_none_or(|skip| *skip != *"true")
        && !metadata.annotations.contains_key(LEADER)
}
