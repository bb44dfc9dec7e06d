//! What the nodes have and what is taken, kept up to date change by change.

mod node_info;

use std::{collections::BTreeMap, sync::Arc};

use api::views::{Node, Pod};
use meta::{
    object::{ObjectKey, Uid},
    text::Text,
};

pub use node_info::{NodeInfo, Placed};

/// All nodes, neighbours in different zones as far as possible.
#[derive(Debug, Default)]
pub struct Snapshot {
    nodes: BTreeMap<Text, NodeInfo>,
    /// The names of those that pods can be bound to, zone after zone in turn.
    order: Vec<Text>,
    /// Where each pod is.
    placed: BTreeMap<Uid, Text>,
}

const REGION: &str = "topology.kubernetes.io/region";
const ZONE: &str = "topology.kubernetes.io/zone";

impl Snapshot {
    /// Nodes that pods can be bound to.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeInfo> {
        self.order.iter().filter_map(|name| self.nodes.get(name))
    }
    /// How many nodes pods can be bound to.
    pub const fn len(&self) -> usize {
        self.order.len()
    }
    /// Whether there is no node that pods can be bound to.
    pub const fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
    /// How many pods have a place.
    pub fn pods(&self) -> usize {
        self.placed.len()
    }
    /// One node, if pods can be bound to it.
    pub fn node(&self, name: &str) -> Option<&NodeInfo> {
        self.nodes.get(name).filter(|info| info.node.is_some())
    }
    /// Whether the pod has a place, bound or assumed.
    pub fn has(&self, pod: &Uid) -> bool {
        self.placed.contains_key(pod)
    }
    /// Whether a pod is only assumed to be where it is.
    pub(crate) fn assumes(&self, pod: &Uid) -> bool {
        let placed = self.placed.get(pod).and_then(|node| self.nodes.get(node)?.pods.get(pod));
        placed.is_some_and(|placed| placed.assumed)
    }
    /// Takes in a node.
    pub fn set_node(&mut self, node: &Arc<Node>) {
        let info = self.entry(&node.metadata.name);
        let moved = info.node.as_ref().is_none_or(|known| zone(known) != zone(node));
        info.set_node(node);
        if moved {
            self.arrange();
        }
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
        self.arrange();
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
        if self.assumes(pod) {
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
        info.remove_pod(pod);
        if info.node.is_none() && info.pods.is_empty() {
            self.nodes.remove(&name);
        }
    }

    fn put(&mut self, pod: &Arc<Pod>, node: &Text, assumed: bool) {
        self.remove(&pod.metadata.uid);
        self.entry(node).put(pod, assumed);
        self.placed.insert(pod.metadata.uid.clone(), node.clone());
    }

    fn entry(&mut self, name: &Text) -> &mut NodeInfo {
        self.nodes.entry(name.clone()).or_insert_with(|| NodeInfo::new(name.clone()))
    }

    /// One node of each zone, then the next of each.
    fn arrange(&mut self) {
        let mut zones: BTreeMap<(&str, &str), Vec<&Text>> = BTreeMap::new();
        for (name, info) in &self.nodes {
            if let Some(node) = &info.node {
                zones.entry(zone(node)).or_default().push(name);
            }
        }
        let rounds = zones.values().map(Vec::len).max().unwrap_or(0);
        let names = (0..rounds).flat_map(|round| {
            zones.values().filter_map(move |names| names.get(round)).map(|name| (*name).clone())
        });
        self.order = names.collect();
    }
}

/// Region and zone.
fn zone(node: &Node) -> (&str, &str) {
    let label = |key: &str| node.metadata.labels.get(key).map_or("", Text::as_str);
    (label(REGION), label(ZONE))
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
    fn neighbours_are_in_different_zones() {
        let mut snapshot = Snapshot::default();
        for (name, zone) in [("a", "x"), ("b", "x"), ("c", "x"), ("d", "y"), ("e", "z")] {
            let node = json!({"metadata": {"name": name, "labels": {ZONE: zone}}});
            snapshot.set_node(&Arc::new(serde_json::from_value(node).expect("a node")));
        }
        let names: Vec<&str> = snapshot.nodes().map(|info| info.name().as_str()).collect();
        assert_eq!(names, ["a", "d", "e", "b", "c"]);
    }

    #[test]
    fn a_refused_binding_is_forgotten() {
        let mut snapshot = Snapshot::default();
        snapshot.assume(&pod("a", ""), &"n".into());
        snapshot.forget(&"a".into());
        assert!(!snapshot.has(&"a".into()));
    }
}
