//! Caches → a service with its pods, or Endpoints that have lost theirs. Reads, decides nothing.

use std::sync::Arc;

use api::{
    resources::SERVICES,
    views::{Endpoints, Pod, Service},
};
use meta::{mutants::mutant, object::ObjectKey};
use runtime::{Answers, Cache, Observation, Read};

use crate::shared::service_pods;

/// Services, pods, and what is published of them.
pub struct View {
    pub(super) services: Arc<Cache<Service>>,
    pub(super) pods: Arc<Cache<Pod>>,
    pub(super) endpoints: Arc<Cache<Endpoints>>,
}

/// What is under one name.
#[derive(Debug)]
pub enum Observed {
    /// A service that selects pods.
    Selecting(Backed),
    /// A service whose endpoints others look after.
    Foreign,
    /// Endpoints without a service; a live read has confirmed that there is none.
    Leftover(Arc<Endpoints>),
}

/// A service, the pods behind it, and what is published of them.
#[derive(Debug)]
pub struct Backed {
    pub(super) service: Arc<Service>,
    /// Those that have an address and are not finished, in key order.
    pub(super) pods: Vec<Arc<Pod>>,
    pub(super) endpoints: Option<Arc<Endpoints>>,
}

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Observed> {
    let endpoints = view.endpoints.get(key);
    let Some(service) = view.services.get(key) else {
        let Some(endpoints) = endpoints else { return Observation::Gone };
        return leftover(endpoints, key, answers);
    };
    if !service.selects_pods() {
        return Observation::Ready(Observed::Foreign);
    }
    let pods = service_pods::selected(&view.pods, &service);
    Observation::Ready(Observed::Selecting(Backed { service, pods, endpoints }))
}

fn leftover(
    endpoints: Arc<Endpoints>,
    key: &ObjectKey,
    answers: &Answers,
) -> Observation<Observed> {
    let read = Read::Metadata { resource: SERVICES, key: key.clone() };
    match answers.get(&read) {
        None if mutant("hb_28") => Observation::Ready(Observed::Leftover(endpoints)),
        None => Observation::Ask(vec![read]),
        Some(Err(error)) if error.is_not_found() => {
            Observation::Ready(Observed::Leftover(endpoints))
        }
        // It is there after all, and the cache will say so; or nobody knows, and nothing is done.
        Some(Ok(_) | Err(_)) => Observation::Gone,
    }
}
