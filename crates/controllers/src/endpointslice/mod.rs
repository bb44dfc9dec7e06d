//! Lists the pods of each Service that selects some in `EndpointSlice`s of at most a hundred: whether
//! they are ready, serve and are on their way out, in which zone they are, and from where they should
//! be used. A change of one pod rewrites one slice; slices are filled up before new ones are made, and
//! those that become superfluous are used again. Follows `staging/src/k8s.io/endpointslice`.

mod describe;
mod desired;
mod filling;
mod hints;
mod metrics;
mod observe;
mod plan;
mod reconcile;
#[cfg(test)]
mod tests;
mod topology;
mod why;

use std::time::Duration;

use api::views::{EndpointSlice, Node, Pod, Service};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Change, Controller, Enqueue, Informers, Metric, Observation, Plan, Watches,
};

use crate::shared::{
    service_pods::{self, PODS_BY_NODE},
    slices::{self, SLICES_BY_SERVICE},
};

pub use observe::{Backed, View};
pub use plan::Memory;
pub use why::Why;

/// The value of the label by which this controller knows its slices.
pub(crate) const MANAGER: &str = "endpointslice-controller.k8s.io";
/// The label of a node that says where it is.
const ZONE: &str = "topology.kubernetes.io/zone";
/// Changes of slices, mostly our own, are looked at together.
const SLICES_DELAY: Duration = Duration::from_secs(1);

/// How slices are filled and when; the reference's defaults unless [provided](Informers::provide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceSettings {
    /// Readers get one slice per change: it may not be too large.
    pub endpoints_max: usize,
    /// Changes of pods are looked at together after this long; zero looks at once.
    pub batch_period: Duration,
}

impl Default for SliceSettings {
    fn default() -> Self {
        Self { endpoints_max: 100, batch_period: Duration::ZERO }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct EndpointSliceController;

impl Controller for EndpointSliceController {
    const NAME: &'static str = "endpointslice-controller";
    const QUEUE: &'static str = "endpoint_slice";
    const EVENT_SOURCE: &'static str = "endpoint-slice-controller";
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = ObjectKey;
    type Observed = Backed;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        let settings = informers.setting::<SliceSettings>();
        View {
            settings: settings.map_or_else(SliceSettings::default, |set| *set),
            services: informers.cache(),
            pods: informers.index(&PODS_BY_NODE),
            nodes: informers.cache(),
            slices: informers.index(&SLICES_BY_SERVICE),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Service>(|_, change, enqueue| {
            if let Some(service) = change.latest() {
                enqueue.add(service.metadata.key());
            }
        });
        watches.on::<Pod>(|view, change, enqueue| {
            for service in service_pods::concerned(&view.services, change) {
                enqueue.add_after(service, view.settings.batch_period);
            }
        });
        watches.on::<EndpointSlice>(|_, change, enqueue| {
            for service in slices::concerned(change, MANAGER) {
                enqueue.add_after(service, SLICES_DELAY);
            }
        });
        watches.on::<Node>(on_node);
    }
    fn observe(view: &View, key: &ObjectKey, _answers: &Answers) -> Observation<Backed> {
        observe::observe(view, key)
    }
    fn plan(memory: &mut Memory, backed: &Backed, _now: Time) -> Plan<Why> {
        plan::plan(memory, backed)
    }
    fn describe(observed: &Backed, _now: Time) -> Vec<String> {
        describe::lines(observed)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == api::resources::SERVICES).then(|| key.clone())
    }
}

/// A node that comes, goes or moves concerns the services of its pods; its capacity, all that go by it.
fn on_node(view: &View, change: &Change<Node>, enqueue: &mut Enqueue<ObjectKey>) {
    let part = |node: &Option<std::sync::Arc<Node>>| node.as_deref().map(topology::part);
    if part(&change.old) != part(&change.new) {
        for service in view.services.list().iter().filter(|service| hints::by_capacity(service)) {
            enqueue.add(service.metadata.key());
        }
    }
    let zone = |node: &std::sync::Arc<Node>| node.metadata.labels.get(ZONE).cloned();
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && zone(old) == zone(new)
    {
        return;
    }
    let Some(node) = change.latest() else { return };
    for pod in view.pods.by_index(&PODS_BY_NODE, &node.metadata.name) {
        for service in service_pods::selecting(&view.services, &pod) {
            enqueue.add(service);
        }
    }
}
