//! Evicts pods from nodes with taints that they do not tolerate, or no longer do. How long a pod may stay
//! follows from its tolerations and from when each taint came, and is worked out anew at each change: no
//! timer outlives its reason. Right before an eviction pod and node are read live. The pod is first marked
//! as disrupted, so that its owner can tell, and then deleted with its own grace. Follows
//! `pkg/controller/tainteviction`.

mod doom;
mod observe;
mod plan;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use api::{
    resources::PODS,
    views::{Node, Pod, Taint, TaintEffect},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, Controller, Enqueue, Informers, Metric, Observation, Plan, Watches,
};

use crate::shared::nodes::PODS_BY_NODE;
pub use observe::TaintedPod;
pub use plan::Memory;

/// See the module's documentation.
#[derive(Debug)]
pub struct TaintEvictionController;

/// What it reads.
pub struct View {
    pods: Arc<Cache<Pod>>,
    nodes: Arc<Cache<Node>>,
}

/// Why a pod goes, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It does not tolerate a taint of its node.
    Intolerant,
    /// It has tolerated a taint of its node as long as it would.
    TimeIsUp,
    /// It was to go, and now it is not.
    Spared,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intolerant => "it does not tolerate a taint of its node",
            Self::TimeIsUp => "it has tolerated a taint of its node as long as it would",
            Self::Spared => "nothing drives it from its node any more",
        })
    }
}

impl Controller for TaintEvictionController {
    const NAME: &'static str = "taint-eviction-controller";
    const QUEUE: &'static str = "noexec_taint_pod";
    const EVENT_SOURCE: &'static str = "taint-eviction-controller";
    const METRICS: &'static [Metric] = &[plan::DELETIONS.metric(), plan::DELETION_SECONDS.metric()];
    type Key = ObjectKey;
    type Observed = TaintedPod;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { pods: informers.index(&PODS_BY_NODE), nodes: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(pod_changed);
        watches.on(node_changed);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<TaintedPod> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, observed: &TaintedPod, now: Time) -> Plan<Why> {
        plan::plan(memory, observed, now)
    }
    fn describe(observed: &TaintedPod, now: Time) -> Vec<String> {
        observe::describe(observed, now)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == PODS).then(|| key.clone())
    }
}

/// Only pods on nodes with such taints have anything to fear.
fn pod_changed(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let Some(pod) = change.latest().filter(|pod| !pod.spec.node_name.is_empty()) else { return };
    let node = view.nodes.get(&ObjectKey::new("", pod.spec.node_name.clone()));
    if node.is_none_or(|node| evicting(&node).next().is_none()) {
        return;
    }
    let said = |pod: &Arc<Pod>| {
        let spec = &pod.spec;
        (spec.node_name.clone(), spec.tolerations.clone(), pod.is_active())
    };
    if change.old.as_ref().map(said) != change.new.as_ref().map(said) {
        enqueue.add(pod.metadata.key());
    }
}

fn node_changed(view: &View, change: &Change<Node>, enqueue: &mut Enqueue<ObjectKey>) {
    let taints = |node: Option<&Arc<Node>>| -> Vec<Taint> {
        node.into_iter().flat_map(|node| evicting(node)).cloned().collect()
    };
    let Some(node) = change.latest() else { return };
    if taints(change.old.as_ref()) == taints(change.new.as_ref()) {
        return;
    }
    for pod in view.pods.by_index(&PODS_BY_NODE, &node.metadata.name) {
        enqueue.add(pod.metadata.key());
    }
}

/// The taints that drive pods away.
fn evicting(node: &Node) -> impl Iterator<Item = &Taint> {
    node.spec.taints.iter().filter(|taint| taint.effect == TaintEffect::NoExecute)
}
