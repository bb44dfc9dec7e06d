//! Keeps an Endpoints object beside each Service that selects pods: their addresses, ready or not, by
//! the ports they offer. It takes the service's labels and goes with it. At most a thousand addresses
//! are listed. Services without a selector are left to others. Follows `pkg/controller/endpoint`.

mod capacity;
mod describe;
mod observe;
mod plan;
mod subsets;
#[cfg(test)]
mod tests;
mod why;

use api::views::{Endpoints, Pod, Service};
use meta::{mutants::mutant, object::ObjectKey, resource::Resource, time::Time};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation, Plan, Watches};

use crate::shared::service_pods;

pub use observe::{Observed, View};
pub use plan::Memory;
pub use why::Why;

/// See the module's documentation.
#[derive(Debug)]
pub struct EndpointsController;

impl Controller for EndpointsController {
    const NAME: &'static str = "endpoints-controller";
    const QUEUE: &'static str = "endpoint";
    const EVENT_SOURCE: &'static str = "endpoint-controller";
    type Key = ObjectKey;
    type Observed = Observed;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { services: informers.cache(), pods: informers.cache(), endpoints: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Service>(|_, change, enqueue| {
            enqueue_latest(change.latest().map(|service| service.metadata.key()), enqueue);
        });
        // Not only when they are gone: what others write into them does not stay until the next pod.
        watches.on::<Endpoints>(|_, change, enqueue| {
            let latest = change.latest().filter(|_| !mutant("hb_26"));
            enqueue_latest(latest.map(|endpoints| endpoints.metadata.key()), enqueue);
        });
        watches.on::<Pod>(on_pod);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Observed> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, observed: &Observed, _now: Time) -> Plan<Why> {
        plan::plan(memory, observed)
    }
    fn describe(observed: &Observed, _now: Time) -> Vec<String> {
        describe::lines(observed)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        let known = [api::resources::SERVICES, api::resources::ENDPOINTS];
        known.contains(resource).then(|| key.clone())
    }
}

fn enqueue_latest(key: Option<ObjectKey>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(key) = key {
        enqueue.add(key);
    }
}

fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    for key in service_pods::concerned(&view.services, change) {
        enqueue.add(key);
    }
}
