//! Copies Endpoints that somebody keeps by hand, for a Service without a selector, into
//! `EndpointSlice`s, which is what readers look at. One slice per address type and set of ports; they
//! carry the labels and annotations of the Endpoints and go with them. Follows
//! `pkg/controller/endpointslicemirroring`.

mod describe;
mod desired;
mod metrics;
mod observe;
mod plan;
#[cfg(test)]
mod tests;
mod why;

use api::views::{EndpointSlice, Endpoints, Service};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Change, Controller, Enqueue, Informers, Metric, Observation, Plan, Watches,
};

use crate::shared::slices::{self, SLICES_BY_SERVICE};

pub use observe::{Mirror, View};
pub use plan::Memory;
pub use why::Why;

/// The value of the label by which this controller knows its slices.
const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";

/// See the module's documentation.
#[derive(Debug)]
pub struct EndpointSliceMirroringController;

impl Controller for EndpointSliceMirroringController {
    const NAME: &'static str = "endpointslice-mirroring-controller";
    const QUEUE: &'static str = "endpoint_slice_mirroring";
    const EVENT_SOURCE: &'static str = "endpoint-slice-mirroring-controller";
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = ObjectKey;
    type Observed = Mirror;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            services: informers.cache(),
            endpoints: informers.cache(),
            slices: informers.index(&SLICES_BY_SERVICE),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Endpoints>(|_, change, enqueue| {
            let mut states = change.old.iter().chain(&change.new);
            if let Some(endpoints) = states.find(|state| observe::is_mirrorable(state)) {
                enqueue.add(endpoints.metadata.key());
            }
        });
        watches.on::<Service>(on_service);
        watches.on::<EndpointSlice>(|_, change, enqueue| {
            for service in slices::concerned(change, MANAGER) {
                enqueue.add(service);
            }
        });
    }
    fn observe(view: &View, key: &ObjectKey, _answers: &Answers) -> Observation<Mirror> {
        observe::observe(view, key)
    }
    fn plan(memory: &mut Memory, mirror: &Mirror, _now: Time) -> Plan<Why> {
        plan::plan(memory, mirror)
    }
    fn describe(observed: &Mirror, _now: Time) -> Vec<String> {
        describe::lines(observed)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == api::resources::ENDPOINTS).then(|| key.clone())
    }
}

/// Only whether there is a selector matters of a service.
fn on_service(_: &View, change: &Change<Service>, enqueue: &mut Enqueue<ObjectKey>) {
    let selects = |service: &std::sync::Arc<Service>| !service.spec.selector.is_empty();
    let concerns = match (&change.old, &change.new) {
        (Some(old), Some(new)) => selects(old) != selects(new),
        (old, new) => old.iter().chain(new).any(|service| !selects(service)),
    };
    if let (true, Some(service)) = (concerns, change.latest()) {
        enqueue.add(service.metadata.key());
    }
}
