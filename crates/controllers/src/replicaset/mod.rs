//! Keeps as many pods as a ReplicaSet wants: adopts and releases by labels, creates what is missing,
//! deletes what is too many in the order that hurts least ([`ranking`]), and reports counts. Finished
//! pods are replaced; where they fail at once, ever more slowly ([`backoff`]).

mod backoff;
mod observe;
mod plan;
mod pods;
mod ranking;
mod replicas;
mod status;
#[cfg(test)]
mod tests;
mod why;

use std::sync::Arc;

use api::views::{Pod, ReplicaSet};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, ClientError, Controller, Enqueue, Informers, Observation, Plan, Step,
    Watches,
};

use crate::shared::claims::{self, PODS_BY_OWNER, REPLICA_SETS_BY_OWNER};

pub use plan::Memory;
pub use replicas::Replicas;
pub use why::Why;

/// The ReplicaSet controller.
#[derive(Debug)]
pub struct ReplicaSetController;

/// What it reads.
pub struct View {
    replica_sets: Arc<Cache<ReplicaSet>>,
    pods: Arc<Cache<Pod>>,
}

impl Controller for ReplicaSetController {
    const NAME: &'static str = "replicaset-controller";
    const QUEUE: &'static str = "replicaset";
    const EVENT_SOURCE: &'static str = "replicaset-controller";
    type Key = ObjectKey;
    type Observed = Replicas;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            replica_sets: informers.index(&REPLICA_SETS_BY_OWNER),
            pods: informers.index(&PODS_BY_OWNER),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_replica_set);
        watches.on(on_pod);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Replicas> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, replicas: &Replicas, now: Time) -> Plan<Why> {
        plan::plan(memory, replicas, now)
    }
    fn failed(memory: &mut Memory, step: &Step<Why>, error: &ClientError) {
        memory.note_failure(step, error);
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == api::resources::REPLICA_SETS).then(|| key.clone())
    }
}

fn on_replica_set(_: &View, change: &Change<ReplicaSet>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(replica_set) = change.latest() {
        enqueue.add(replica_set.metadata.key());
    }
}

fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    for key in claims::concerned(&view.replica_sets, |owner| &owner.spec.selector, change) {
        enqueue.add(key);
    }
}
