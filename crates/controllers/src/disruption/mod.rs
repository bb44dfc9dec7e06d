//! Keeps the status of every `PodDisruptionBudget`: how many pods there should be, how many of them serve,
//! and how many may be disturbed now. Evictions charge the same status in the API server; the controller
//! writes only over the state it counted from, so no charge is lost. A second queue takes back the word
//! that a pod is about to be disturbed, if the pod lives on ([`stale`]). Follows
//! `pkg/controller/disruption`.

mod expected;
mod observe;
mod plan;
mod scales;
mod stale;
mod status;
#[cfg(test)]
mod tests;
mod why;

use api::{
    resources::POD_DISRUPTION_BUDGETS,
    views::{
        Deployment, Kind, Object, Pod, PodDisruptionBudget, ReplicaSet, ReplicationController,
        StatefulSet,
    },
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation, Plan, Watches};

pub use observe::{Guarded, View};
pub use plan::Memory;
pub use stale::StaleDisruptions;
pub use why::Why;

/// See the module's documentation.
#[derive(Debug)]
pub struct DisruptionController;

impl Controller for DisruptionController {
    const NAME: &'static str = "disruption-controller";
    const QUEUE: &'static str = "disruption";
    const EVENT_SOURCE: &'static str = "controllermanager";
    type Key = ObjectKey;
    type Observed = Guarded;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View::new(informers)
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_budget);
        watches.on(on_pod);
        watches.on::<Deployment>(|view, change, enqueue| {
            on_owner(view, change, enqueue, |owner| owner.spec.replicas);
        });
        watches.on::<ReplicaSet>(|view, change, enqueue| {
            on_owner(view, change, enqueue, |owner| owner.spec.replicas);
        });
        watches.on::<ReplicationController>(|view, change, enqueue| {
            on_owner(view, change, enqueue, |owner| owner.replica_set.spec.replicas);
        });
        watches.on::<StatefulSet>(|view, change, enqueue| {
            on_owner(view, change, enqueue, |owner| owner.spec.replicas);
        });
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Guarded> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, guarded: &Guarded, now: Time) -> Plan<Why> {
        plan::plan(memory, guarded, now)
    }
    fn describe(guarded: &Guarded, now: Time) -> Vec<String> {
        plan::describe(guarded, now)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == POD_DISRUPTION_BUDGETS).then(|| key.clone())
    }
}

fn on_budget(_: &View, change: &Change<PodDisruptionBudget>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(budget) = change.latest() {
        enqueue.add(budget.metadata.key());
    }
}

/// All budgets that mean the pod, or meant it before.
fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let states = [&change.old, &change.new].into_iter().flatten();
    let Some(namespace) = change.latest().map(|pod| &pod.metadata.namespace) else { return };
    let is_same = match (&change.old, &change.new) {
        (Some(old), Some(new)) => guarded_facts(old) == guarded_facts(new),
        _ => false,
    };
    if is_same {
        return;
    }
    for budget in view.budgets(namespace) {
        if states.clone().any(|pod| budget.selector.matches(&pod.metadata.labels)) {
            enqueue.add(budget.key);
        }
    }
}

/// What a budget looks at in a pod.
fn guarded_facts(pod: &Pod) -> impl PartialEq + '_ {
    let metadata = &pod.metadata;
    (&metadata.uid, &metadata.labels, metadata.is_deleting(), metadata.controller(), pod.is_ready())
}

/// The pods there should be are counted by what their owners want.
fn on_owner<K: Kind>(
    view: &View,
    change: &Change<K>,
    enqueue: &mut Enqueue<ObjectKey>,
    replicas: fn(&K) -> Option<i32>,
) {
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return };
    if replicas(old) == replicas(new) {
        return;
    }
    for budget in view.budgets(&Object::metadata(&**new).namespace) {
        if budget.counts_owners {
            enqueue.add(budget.key);
        }
    }
}
