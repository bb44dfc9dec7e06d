//! Pods that wait for a node to become free for them: preemption has nominated them to it.

use std::{collections::BTreeMap, sync::Arc};

use api::views::Pod;
use meta::{object::Uid, text::Text};

/// Which pods are nominated to which node.
#[derive(Debug, Default)]
pub(crate) struct Nominator {
    nodes: BTreeMap<Text, BTreeMap<Uid, Arc<Pod>>>,
    by_pod: BTreeMap<Uid, Text>,
}

impl Nominator {
    /// The pods that are nominated to a node.
    pub(crate) fn on(&self, node: &str) -> impl Iterator<Item = &Arc<Pod>> {
        self.nodes.get(node).into_iter().flat_map(BTreeMap::values)
    }
    /// The node of a pod.
    pub(crate) fn node(&self, pod: &Uid) -> Option<&Text> {
        self.by_pod.get(pod)
    }
    /// Nominates a pod; it leaves the node it was nominated to before.
    pub(crate) fn set(&mut self, pod: &Arc<Pod>, node: &Text) {
        let uid = &pod.metadata.uid;
        self.remove(uid);
        self.by_pod.insert(uid.clone(), node.clone());
        self.nodes.entry(node.clone()).or_default().insert(uid.clone(), Arc::clone(pod));
    }
    /// Takes a nomination back.
    pub(crate) fn remove(&mut self, pod: &Uid) {
        let Some(node) = self.by_pod.remove(pod) else { return };
        if let Some(pods) = self.nodes.get_mut(&node) {
            pods.remove(pod);
            if pods.is_empty() {
                self.nodes.remove(&node);
            }
        }
    }
    /// Takes in a waiting pod as it is now. One that names no node keeps what was decided and is not yet
    /// written.
    pub(crate) fn saw(&mut self, pod: &Arc<Pod>) {
        let told = &pod.status.nominated_node_name;
        let known = self.by_pod.get(&pod.metadata.uid).cloned();
        let node = if told.is_empty() { known } else { Some(told.clone()) };
        if let Some(node) = node {
            self.set(pod, &node);
        }
    }
}
