//! What the nodes have and what is taken, kept up to date change by change.

use std::{collections::BTreeMap, sync::Arc};

use api::views::{Node, Pod};
use meta::{
    object::{ObjectKey, Uid},
    text::Text,
};

use crate::requests::{self, Requests};

/// A node with the pods that are on it or assumed to be.
#[derive(Debug, Clone, Default)]
pub struct NodeInfo {
    /// The node itself; `None` while only its pods are known.
    pub node: Option<Arc<Node>>,
    /// Allocatable amounts.
    pub allocatable: Requests,
    /// Requested by the pods here.
    pub requested: Requests,
    /// The same with assumed amounts for containers that ask for nothing.
    pub scored: Requests,
    /// The pods here.
    pub pods: BTreeMap<Uid, Placed>,
}

/// A pod on a node.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The pod as last seen.
    pub pod: Arc<Pod>,
    requested: Requests,
    scored: Requests,
    /// Bound by us, not yet seen bound.
    assumed: bool,
}

/// All nodes in name order.
#[derive(Debug, Default)]
pub struct Snapshot {
    nodes: BTreeMap<Text, NodeInfo>,
    /// Where each pod is.
    placed: BTreeMap<Uid, Text>,
}

impl Snapshot {
    /// Nodes that pods can be bound to.
    pub fn nodes(&self) -> impl Iterator<Item = (&Text, &NodeInfo)> {
        self.nodes.iter().filter(|(_, info)| info.node.is_some())
    }
    /// One node, if pods can be bound to it.
    pub fn node(&self, name: &str) -> Option<&NodeInfo> {
        self.nodes.get(name).filter(|info| info.node.is_some())
    }
    /// Whether the pod has a place, bound or assumed.
    pub fn has(&self, pod: &Uid) -> bool {
        self.placed.contains_key(pod)
    }
    /// Takes in a node.
    pub fn set_node(&mut self, node: &Arc<Node>) {
        let info = self.nodes.entry(node.metadata.name.clone()).or_default();
        info.allocatable = requests::numbers(&node.status.allocatable);
        info.node = Some(Arc::clone(node));
    }
    /// Takes a node out; its pods stay known until they are gone.
    pub fn remove_node(&mut self, key: &ObjectKey) {
        let Some(info) = self.nodes.get_mut(&key.name) else {
            return;
        };
        info.node = None;
        if info.pods.is_empty() {
            self.nodes.remove(&key.name);
        }
    }
    /// Puts a pod on its node, or on another than before.
    pub fn place(&mut self, pod: &Arc<Pod>) {
        self.put(pod, &pod.spec.node_name, false);
    }
    /// Puts a pod on a node before the server has bound it.
    pub fn assume(&mut self, pod: &Arc<Pod>, node: &Text) {
        self.put(pod, node, true);
    }
    /// Takes back what was assumed; a pod seen bound stays.
    pub fn forget(&mut self, pod: &Uid) {
        let placed = self.placed.get(pod).and_then(|node| self.nodes.get(node)?.pods.get(pod));
        if placed.is_some_and(|placed| placed.assumed) {
            self.remove(pod);
        }
    }
    /// Takes a pod out.
    pub fn remove(&mut self, pod: &Uid) {
        let Some(name) = self.placed.remove(pod) else {
            return;
        };
        let Some(info) = self.nodes.get_mut(&name) else {
            return;
        };
        if let Some(placed) = info.pods.remove(pod) {
            requests::subtract(&mut info.requested, &placed.requested);
            requests::subtract(&mut info.scored, &placed.scored);
        }
        if info.node.is_none() && info.pods.is_empty() {
            self.nodes.remove(&name);
        }
    }

    fn put(&mut self, pod: &Arc<Pod>, node: &Text, assumed: bool) {
        self.remove(&pod.metadata.uid);
        let placed = Placed {
            pod: Arc::clone(pod),
            requested: requests::of(pod),
            scored: requests::for_scoring(pod),
            assumed,
        };
        let info = self.nodes.entry(node.clone()).or_default();
        requests::add(&mut info.requested, &placed.requested);
        requests::add(&mut info.scored, &placed.scored);
        info.pods.insert(pod.metadata.uid.clone(), placed);
        self.placed.insert(pod.metadata.uid.clone(), node.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(uid: &str, node: &str) -> Arc<Pod> {
        let resources = json!({"requests": {"cpu": "1"}});
        let spec = json!({"nodeName": node, "containers": [{"resources": resources}]});
        let pod = json!({"metadata": {"uid": uid, "name": uid}, "spec": spec});
        Arc::new(serde_json::from_value(pod).expect("a pod"))
    }
    fn requested(snapshot: &Snapshot, node: &str) -> i64 {
        let info = snapshot.nodes.get(node);
        info.and_then(|info| info.requested.get("cpu").copied()).unwrap_or(0)
    }

    #[test]
    fn an_assumed_pod_counts_once_when_it_is_seen_bound() {
        let mut snapshot = Snapshot::default();
        snapshot.assume(&pod("a", ""), &"n".into());
        assert_eq!(requested(&snapshot, "n"), 1000);
        snapshot.place(&pod("a", "n"));
        assert_eq!(requested(&snapshot, "n"), 1000);
        snapshot.forget(&"a".into());
        assert_eq!(requested(&snapshot, "n"), 1000, "a bound pod is not forgotten");
        snapshot.remove(&"a".into());
        assert_eq!(requested(&snapshot, "n"), 0);
    }

    #[test]
    fn a_refused_binding_is_forgotten() {
        let mut snapshot = Snapshot::default();
        snapshot.assume(&pod("a", ""), &"n".into());
        snapshot.forget(&"a".into());
        assert!(!snapshot.has(&"a".into()));
    }
}
