//! Gives pods a name and claims of their own: pod `web-2` comes back as `web-2`, with what it stored.
//! Ordered sets move one pod at a time, and nothing behind one that is not available ([`slots`]); parallel
//! ones move all at once. Pods beyond the wanted number go from the top ([`condemned`]), outdated ones
//! within a budget ([`rolling`]). Templates are kept as numbered revisions ([`revisions`]).

mod claims;
mod condemned;
mod members;
mod metrics;
mod observe;
mod plan;
mod pod;
mod revisions;
mod rolling;
mod slots;
mod status;
#[cfg(test)]
mod tests;
mod why;

use std::sync::Arc;

use api::{
    resources::STATEFUL_SETS,
    views::{ControllerRevision, Object, PersistentVolumeClaim, Pod, StatefulSet},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, ClientError, Controller, Enqueue, Informers, Metric, Observation, Plan,
    Step, Watches,
};

use crate::shared::{
    claims::{PODS_BY_OWNER, concerned},
    history::REVISIONS_BY_OWNER,
};

pub use members::Members;
pub use plan::Memory;
pub use why::Why;

/// The `StatefulSet` controller.
#[derive(Debug)]
pub struct StatefulSetController;

/// What it reads.
pub struct View {
    sets: Arc<Cache<StatefulSet>>,
    pods: Arc<Cache<Pod>>,
    revisions: Arc<Cache<ControllerRevision>>,
    claims: Arc<Cache<PersistentVolumeClaim>>,
}

impl Controller for StatefulSetController {
    const NAME: &'static str = "statefulset-controller";
    const QUEUE: &'static str = "statefulset";
    const EVENT_SOURCE: &'static str = "statefulset-controller";
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = ObjectKey;
    type Observed = Members;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            sets: informers.cache(),
            pods: informers.index(&PODS_BY_OWNER),
            revisions: informers.index(&REVISIONS_BY_OWNER),
            claims: informers.cache(),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_set);
        watches.on(on_pod);
        watches.on(on_revision);
        watches.on(on_claim);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Members> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, members: &Members, now: Time) -> Plan<Why> {
        plan::plan(memory, members, now)
    }
    fn failed(memory: &mut Memory, step: &Step<Why>, error: &ClientError) {
        memory.note_failure(step, error);
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == STATEFUL_SETS).then(|| key.clone())
    }
}

fn on_set(_: &View, change: &Change<StatefulSet>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(set) = change.latest() {
        enqueue.add(set.metadata.key());
    }
}

/// A stranger that has the name of one of its pods concerns a set, too: it is in the way.
fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let mut keys = concerned(&view.sets, |set| &set.spec.selector, change);
    let named = change.latest().and_then(|pod| {
        let (set, _) = members::parse(&pod.metadata.name)?;
        view.sets.get(&ObjectKey::new(pod.metadata.namespace.clone(), set))
    });
    keys.extend(named.map(|set| set.metadata.key()));
    for key in keys {
        enqueue.add(key);
    }
}

fn on_revision(view: &View, change: &Change<ControllerRevision>, enqueue: &mut Enqueue<ObjectKey>) {
    for key in concerned(&view.sets, |set| &set.spec.selector, change) {
        enqueue.add(key);
    }
}

/// A claim says by its name whose it is.
fn on_claim(view: &View, change: &Change<PersistentVolumeClaim>, enqueue: &mut Enqueue<ObjectKey>) {
    let Some(claim) = change.latest() else { return };
    for set in view.sets.in_namespace(&claim.metadata().namespace) {
        if claims::is_of(&set, &claim.metadata.name) {
            enqueue.add(set.metadata.key());
        }
    }
}
