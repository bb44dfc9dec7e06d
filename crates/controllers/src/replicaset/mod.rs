//! Keeps as many pods as a ReplicaSet wants: adopts and releases by labels, creates what is missing,
//! deletes what is too many in the order that hurts least ([`ranking`]), and reports counts. Finished
//! pods are replaced; where they fail at once, ever more slowly ([`backoff`]).

mod backoff;
mod metrics;
mod observe;
mod plan;
mod pods;
mod ranking;
mod replicas;
mod status;
#[cfg(test)]
mod tests;
mod why;

use std::{marker::PhantomData, sync::Arc};

use api::views::{Kind, Pod, ReplicaSet, ReplicationController};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, ClientError, Controller, Enqueue, Index, Informers, Metric,
    Observation, Plan, Step, Watches,
};
use serde_json::Value;

use crate::shared::claims::{
    self, PODS_BY_OWNER, REPLICA_SETS_BY_OWNER, REPLICATION_CONTROLLERS_BY_OWNER,
};

pub use plan::Memory;
pub use replicas::Replicas;
pub use why::Why;

/// Looks after the pods of a kind that wants a number of them.
#[derive(Debug)]
pub struct PodReplicator<K>(PhantomData<K>);
/// The ReplicaSet controller.
pub type ReplicaSetController = PodReplicator<ReplicaSet>;
/// The `ReplicationController` controller.
pub type ReplicationControllerController = PodReplicator<ReplicationController>;

/// A kind that wants a number of pods.
pub trait Replicated: Kind {
    /// As [`Controller::NAME`].
    const NAME: &'static str;
    /// As [`Controller::QUEUE`].
    const QUEUE: &'static str;
    /// As [`Controller::EVENT_SOURCE`].
    const EVENT_SOURCE: &'static str;
    /// Whether its status has `terminatingReplicas`.
    const COUNTS_TERMINATING: bool;
    /// Its index by controlling owner.
    const BY_OWNER: &'static Index<Self>;
    /// The object as a ReplicaSet.
    fn as_replica_set(self: &Arc<Self>) -> &Arc<ReplicaSet>;
}

impl Replicated for ReplicaSet {
    const NAME: &'static str = "replicaset-controller";
    const QUEUE: &'static str = "replicaset";
    const EVENT_SOURCE: &'static str = "replicaset-controller";
    const COUNTS_TERMINATING: bool = true;
    const BY_OWNER: &'static Index<Self> = &REPLICA_SETS_BY_OWNER;
    fn as_replica_set(self: &Arc<Self>) -> &Arc<ReplicaSet> {
        self
    }
}
impl Replicated for ReplicationController {
    const NAME: &'static str = "replicationcontroller-controller";
    const QUEUE: &'static str = "replicationmanager";
    const EVENT_SOURCE: &'static str = "replication-controller";
    const COUNTS_TERMINATING: bool = false;
    const BY_OWNER: &'static Index<Self> = &REPLICATION_CONTROLLERS_BY_OWNER;
    fn as_replica_set(self: &Arc<Self>) -> &Arc<ReplicaSet> {
        &self.replica_set
    }
}

/// What it reads.
pub struct View<K: 'static> {
    owners: Arc<Cache<K>>,
    pods: Arc<Cache<Pod>>,
}

impl<K: Replicated> Controller for PodReplicator<K> {
    const NAME: &'static str = K::NAME;
    const QUEUE: &'static str = K::QUEUE;
    const EVENT_SOURCE: &'static str = K::EVENT_SOURCE;
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = ObjectKey;
    type Observed = Replicas;
    type Memory = Memory;
    type Why = Why;
    type View = View<K>;

    fn view(informers: &mut Informers) -> View<K> {
        View { owners: informers.index(K::BY_OWNER), pods: informers.index(&PODS_BY_OWNER) }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_owner);
        watches.on(on_pod);
    }
    fn observe(view: &View<K>, key: &ObjectKey, answers: &Answers) -> Observation<Replicas> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, replicas: &Replicas, now: Time) -> Plan<Why> {
        plan::plan(memory, replicas, now)
    }
    fn failed(memory: &mut Memory, step: &Step<Why>, error: &ClientError) {
        memory.note_failure(step, error);
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == K::RESOURCE).then(|| key.clone())
    }
}

fn on_owner<K: Replicated>(_: &View<K>, change: &Change<K>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(owner) = change.latest() {
        enqueue.add(owner.metadata().key());
    }
}

fn on_pod<K: Replicated>(view: &View<K>, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    for key in claims::concerned(&view.owners, selector, change) {
        enqueue.add(key);
    }
}

fn selector<K: Replicated>(owner: &Arc<K>) -> &Value {
    &owner.as_replica_set().spec.selector
}
