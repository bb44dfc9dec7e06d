//! Runs one pod on each node that may have one ([`eligibility`]). Each pod names its node by affinity, and
//! the scheduler binds it. Failed pods are replaced ever more slowly ([`backoff`]); outdated ones within a
//! budget, or beside their successors ([`rolling`]). Templates are kept as numbered revisions
//! ([`revisions`]).

mod backoff;
mod daemons;
mod eligibility;
mod manage;
mod observe;
mod plan;
mod pod;
mod revisions;
mod rolling;
mod status;
#[cfg(test)]
mod tests;
mod why;

use std::sync::Arc;

use api::{
    resources::DAEMON_SETS,
    views::{ControllerRevision, DaemonSet, Node, Pod},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, ClientError, Controller, Enqueue, Informers, Observation, Plan, Step,
    Watches,
};

use self::eligibility::{Fate, Wishes};
use crate::shared::{
    claims::{PODS_BY_OWNER, concerned},
    history::REVISIONS_BY_OWNER,
};

pub use daemons::Daemons;
pub use plan::Memory;
pub use why::Why;

/// The `DaemonSet` controller.
#[derive(Debug)]
pub struct DaemonSetController;

/// What it reads.
pub struct View {
    sets: Arc<Cache<DaemonSet>>,
    pods: Arc<Cache<Pod>>,
    revisions: Arc<Cache<ControllerRevision>>,
    nodes: Arc<Cache<Node>>,
}

impl Controller for DaemonSetController {
    const NAME: &'static str = "daemonset-controller";
    const QUEUE: &'static str = "daemonset";
    const EVENT_SOURCE: &'static str = "daemonset-controller";
    type Key = ObjectKey;
    type Observed = Daemons;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            sets: informers.cache(),
            pods: informers.index(&PODS_BY_OWNER),
            revisions: informers.index(&REVISIONS_BY_OWNER),
            nodes: informers.cache(),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_set);
        watches.on(on_pod);
        watches.on(on_revision);
        watches.on(on_node);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Daemons> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, daemons: &Daemons, now: Time) -> Plan<Why> {
        plan::plan(memory, daemons, now)
    }
    fn failed(memory: &mut Memory, _: &Step<Why>, _: &ClientError) {
        memory.note_failure();
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == DAEMON_SETS).then(|| key.clone())
    }
}

fn on_set(_: &View, change: &Change<DaemonSet>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(set) = change.latest() {
        enqueue.add(set.metadata.key());
    }
}

fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    for key in concerned(&view.sets, |set| &set.spec.selector, change) {
        enqueue.add(key);
    }
}

fn on_revision(view: &View, change: &Change<ControllerRevision>, enqueue: &mut Enqueue<ObjectKey>) {
    for key in concerned(&view.sets, |set| &set.spec.selector, change) {
        enqueue.add(key);
    }
}

/// Nodes beat all the time; what matters is whether a set's pods may run there.
fn on_node(view: &View, change: &Change<Node>, enqueue: &mut Enqueue<ObjectKey>) {
    let both = change.old.as_ref().zip(change.new.as_ref());
    if both.is_some_and(|(old, new)| {
        old.metadata.labels == new.metadata.labels && old.spec.taints == new.spec.taints
    }) {
        return;
    }
    for set in view.sets.list() {
        let is_concerned = both.is_none_or(|(old, new)| {
            let wishes = Wishes::of(&set);
            let fate = |node: &Node| -> Fate { wishes.fate(node) };
            fate(old) != fate(new)
        });
        if is_concerned {
            enqueue.add(set.metadata.key());
        }
    }
}
