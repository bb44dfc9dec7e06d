//! The pods of a node that is silent are not ready, whatever they last said: traffic goes elsewhere. They
//! are looked at when the node falls silent, when they come to it, and when this starts, so nothing is
//! missed if it stops halfway. A node that says itself that it is not ready still speaks for its pods,
//! and so does one that is heard of them before it is heard of itself.

use std::{fmt, sync::Arc};

use api::views::{Node, Pod, Status};
use meta::{mutants::mutant, object::ObjectKey, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, EventType, Guard, Informers, Observation,
    PatchKind, Plan, Step, Target, Watches,
};
use serde_json::json;

use super::{EVENT_SOURCE, NAME};
use crate::shared::{nodes::PODS_BY_NODE, tell::event};

/// See the module's documentation.
#[derive(Debug)]
pub struct PodMarking;

/// What it reads.
pub struct View {
    pods: Arc<Cache<Pod>>,
    nodes: Arc<Cache<Node>>,
}

/// A pod that says it is ready, on a node that is silent.
pub struct Stranded(Arc<Pod>);

impl fmt::Debug for Stranded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ready on {}, which is silent", self.0.spec.node_name)
    }
}

/// The one reason there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeSilent;

impl fmt::Display for NodeSilent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its node is silent, so nobody knows whether it serves")
    }
}

impl Controller for PodMarking {
    const NAME: &'static str = NAME;
    const QUEUE: &'static str = "node_lifecycle_controller_pods";
    const EVENT_SOURCE: &'static str = EVENT_SOURCE;
    type Key = ObjectKey;
    type Observed = Stranded;
    type Memory = ();
    type Why = NodeSilent;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { pods: informers.index(&PODS_BY_NODE), nodes: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(pod_changed);
        watches.on(node_changed);
    }
    fn observe(view: &View, key: &ObjectKey, _answers: &Answers) -> Observation<Stranded> {
        let stranded = view.pods.get(key).filter(|pod| is_stranded(view, pod));
        stranded.map_or(Observation::Gone, |pod| Observation::Ready(Stranded(pod)))
    }
    fn plan(_memory: &mut (), Stranded(pod): &Stranded, now: Time) -> Plan<NodeSilent> {
        let mut plan = Plan::rest();
        let condition =
            json!({"type": "Ready", "status": "False", "lastTransitionTime": now.whole_seconds()});
        let action = Action::Patch {
            target: Target::of(&**pod),
            kind: PatchKind::Strategic,
            patch: json!({"status": {"conditions": [condition]}}),
            subresource: "status",
            guard: Guard::Version,
        };
        let mut step = Step::new(action, NodeSilent);
        let told = event(&**pod, EventType::Warning, "NodeNotReady", "Node is not ready");
        step.on_success = Some(told);
        plan.step(step);
        plan
    }
}

pub(super) fn pod_changed(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let stranded = change.new.as_ref().filter(|pod| is_stranded(view, pod) && !mutant("hb_34"));
    // Whoever says later that the pod is ready is its node: that is not silent any more.
    let comes = |pod: &&Arc<Pod>| {
        change.old.as_ref().is_none_or(|old| old.spec.node_name != pod.spec.node_name)
    };
    if let Some(pod) = stranded.filter(comes) {
        enqueue.add(pod.metadata.key());
    }
}

pub(super) fn node_changed(view: &View, change: &Change<Node>, enqueue: &mut Enqueue<ObjectKey>) {
    let Some(node) = change.new.as_ref().filter(|node| node.ready() == Some(Status::Unknown))
    else {
        return;
    };
    let is_news = |old: &Arc<Node>| old.ready() != node.ready();
    if !change.old.as_ref().map_or(!mutant("hb_34"), is_news) {
        return;
    }
    for pod in view.pods.by_index(&PODS_BY_NODE, &node.metadata.name) {
        enqueue.add(pod.metadata.key());
    }
}

fn is_stranded(view: &View, pod: &Pod) -> bool {
    let says_ready = pod.condition("Ready").is_some_and(|ready| ready.status != Status::False);
    let node = || view.nodes.get(&ObjectKey::new("", pod.spec.node_name.clone()));
    says_ready
        && !pod.spec.node_name.is_empty()
        && node().is_some_and(|node| node.ready() == Some(Status::Unknown))
}
