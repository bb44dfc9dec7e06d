//! The kubelets' part in a pod's life: containers are started, followed and stopped as the rules say.
//! The pod's own status is the memory, so a restarted process goes on where the last one ended. A pod
//! that is being deleted is removed once its containers have stopped.

mod container;
mod ending;
mod observe;
mod plan;
mod status;
#[cfg(test)]
mod tests;
mod told;
mod why;

use std::sync::Arc;

use api::views::{Node, Pod};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation, Plan, Watches};

pub use observe::{PodOnNode, View};
pub use plan::Memory;
pub use why::Why;

/// All simulated kubelets, seen as one controller with a key per pod.
#[derive(Debug)]
pub struct Kubelet;

impl Controller for Kubelet {
    const NAME: &'static str = "kubelet";
    const QUEUE: &'static str = "kubelet";
    const EVENT_SOURCE: &'static str = "kubelet";
    type Key = ObjectKey;
    type Observed = PodOnNode;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            pods: informers.index::<Pod>(&observe::BY_NODE),
            nodes: informers.cache::<Node>(),
            rules: informers.setting().unwrap_or_default(),
            addresses: crate::address::Addresses::default(),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Pod>(pod_changed);
        watches.on::<Node>(node_changed);
    }
    fn observe(view: &View, key: &ObjectKey, _answers: &Answers) -> Observation<PodOnNode> {
        observe::observe(view, key)
    }
    fn plan(memory: &mut Memory, observed: &PodOnNode, now: Time) -> Plan<Why> {
        plan::plan(memory, observed, now)
    }
    fn describe(observed: &PodOnNode, _now: Time) -> Vec<String> {
        observe::describe(&observed.pod)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == api::resources::PODS).then(|| key.clone())
    }
}

/// A bound pod gets its address as it arrives and gives it back as it goes.
fn pod_changed(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let Some(pod) = change.latest().filter(|pod| !pod.spec.node_name.is_empty()) else {
        return;
    };
    if change.new.is_none() {
        view.addresses.release(&pod.metadata.uid);
    } else if !pod.spec.host_network {
        view.addresses.reserve(&pod.metadata.uid, &pod.spec.node_name, &pod.status.pod_ip);
    }
    enqueue.add(pod.metadata.key());
}

/// A node whose kubelet begins to act looks at the pods it has.
fn node_changed(view: &View, change: &Change<Node>, enqueue: &mut Enqueue<ObjectKey>) {
    let acts = |node: &Option<Arc<Node>>| node.as_ref().is_some_and(|node| observe::acts(node));
    let (false, true, Some(node)) = (acts(&change.old), acts(&change.new), &change.new) else {
        return;
    };
    for pod in view.pods.by_index(&observe::BY_NODE, &node.metadata.name) {
        enqueue.add(pod.metadata.key());
    }
}
