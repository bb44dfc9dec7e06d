//! Deletes what no owner is left for, holds owners back until their blocking dependents are gone, and
//! lets dependents go where an owner asked for that. It watches the metadata of every resource that
//! can be deleted, found by discovery, custom ones included. A graph of owners says whom to look at;
//! what happens to an object is decided by live reads of its owners, and carried out only if the
//! object is still at the version it was decided on. Follows `pkg/controller/garbagecollector`.

mod graph;
mod observe;
mod plan;
#[cfg(test)]
mod tests;
mod why;

use std::{collections::BTreeSet, time::Duration};

use api::views::PartialObject;
use meta::{
    mutants::mutant,
    object::{ObjectKey, Uid},
    resource::Resource,
    time::Time,
};
use parking_lot::Mutex;
use runtime::{
    Action, Answers, Change, ClientError, Controller, Counter, Enqueue, Informers, Metric,
    Observation, Plan, Step, Watches, When,
};

pub use observe::{Observed, View};
pub use why::Why;

/// Resources come and go with custom resource definitions.
const DISCOVER_AFTER: Duration = Duration::from_secs(30);

const SYNC_ERRORS: Counter<0> = Counter::new(
    "garbagecollector_controller_resources_sync_error_total",
    "[ALPHA] Failures to learn which resources there are.",
    &[],
);

/// See the module's documentation.
#[derive(Debug)]
pub struct GarbageCollector;

/// What the collector looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Which resources there are.
    Resources,
    /// One object.
    Object(Uid),
}

/// What was learnt about one object.
#[derive(Debug, Default)]
pub struct Memory {
    /// Patches of this object must be merge patches.
    no_strategic_merge: bool,
    /// Looks at it that had to wait for resources to be listed.
    unsynced_waits: u32,
}

impl Controller for GarbageCollector {
    const NAME: &'static str = "garbage-collector-controller";
    const QUEUE: &'static str = "garbage_collector_attempt_to_delete";
    const EVENT_SOURCE: &'static str = "garbage-collector-controller";
    const METRICS: &'static [Metric] = &[SYNC_ERRORS.metric()];
    type Key = Key;
    type Observed = Observed;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { dynamic: informers.dynamic(), graph: Mutex::default(), kinds: Mutex::default() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.at_start(Key::Resources);
        watches.on_dynamic(object_changed);
    }
    fn observe(view: &View, key: &Key, answers: &Answers) -> Observation<Observed> {
        match key {
            Key::Resources => observe::resources(view, answers),
            Key::Object(uid) => observe::object(view, uid, answers),
        }
    }
    fn plan(memory: &mut Memory, observed: &Observed, _now: Time) -> Plan<Why> {
        match observed {
            Observed::Resources { unread } => {
                let mut plan = Plan::rest();
                plan.measure(When::Always, SYNC_ERRORS.add(*unread, []));
                plan.wake(DISCOVER_AFTER);
                plan
            }
            Observed::Object(situation) => plan::plan(memory, situation),
        }
    }
    fn failed(memory: &mut Memory, step: &Step<Why>, error: &ClientError) {
        let unsupported = error.api().is_some_and(|error| error.code == 415);
        if unsupported && matches!(step.action, Action::Patch { .. }) {
            memory.no_strategic_merge = true;
        }
    }
    fn key_of(_resource: &Resource, _key: &ObjectKey) -> Option<Key> {
        None
    }
}

fn object_changed(
    view: &View,
    resource: &Resource,
    change: &Change<PartialObject>,
    enqueue: &mut Enqueue<Key>,
) {
    let mut dirty = BTreeSet::new();
    let mut graph = view.graph.lock();
    if let Some(old) = &change.old {
        let old = &old.metadata.uid;
        let is_same = |new: &PartialObject| new.metadata.uid == *old || mutant("hb_39");
        let stays = change.new.as_deref().is_some_and(is_same);
        if !stays {
            dirty.extend(graph.remove(old));
            // What is kept of it goes, too.
            dirty.insert(old.clone());
        }
    }
    if let Some(new) = &change.new {
        // At each start all objects are told of once more, and what was begun must be taken up again.
        dirty.extend(graph.insert(resource, new, change.old.is_none()));
    }
    drop(graph);
    for uid in dirty {
        enqueue.add(Key::Object(uid));
    }
}
