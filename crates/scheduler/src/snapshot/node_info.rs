//! A node with the pods on it, and what they leave free.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::views::{Affinity, Node, Pod, Taint};
use meta::{
    object::{Labels, Uid},
    text::Text,
};

use crate::requests::{self, Requests};

/// A node with the pods that are on it or assumed to be.
#[derive(Debug, Clone, Default)]
pub struct NodeInfo {
    name: Text,
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
    /// Those of them that ask for or against the company of others.
    with_affinity: BTreeSet<Uid>,
}

/// A pod on a node.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The pod as last seen.
    pub pod: Arc<Pod>,
    requested: Requests,
    scored: Requests,
    /// Bound by us, not yet seen bound.
    pub(super) assumed: bool,
}

impl NodeInfo {
    /// A node of which nothing is known yet.
    pub fn new(name: Text) -> Self {
        Self { name, ..Self::default() }
    }
    /// Its name.
    pub const fn name(&self) -> &Text {
        &self.name
    }
    /// Its labels; none while only its pods are known.
    pub fn labels(&self) -> &Labels {
        static NONE: Labels = Labels::new();
        self.node.as_ref().map_or(&NONE, |node| &*node.metadata.labels)
    }
    /// Its taints; none while only its pods are known.
    pub fn taints(&self) -> &[Taint] {
        self.node.as_ref().map_or(&[], |node| &node.spec.taints)
    }
    /// The pods here.
    pub fn pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.values().map(|placed| &placed.pod)
    }
    /// The pods here that have pod affinity or anti-affinity.
    pub fn pods_with_affinity(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.with_affinity.iter().filter_map(|uid| self.pods.get(uid)).map(|placed| &placed.pod)
    }
    /// Takes in the node.
    pub fn set_node(&mut self, node: &Arc<Node>) {
        self.allocatable = requests::numbers(&node.status.allocatable);
        self.node = Some(Arc::clone(node));
    }
    /// Puts a pod here.
    pub fn add_pod(&mut self, pod: &Arc<Pod>) {
        self.put(pod, false);
    }
    /// Takes a pod away, if it is here.
    pub fn remove_pod(&mut self, pod: &Uid) {
        if let Some(placed) = self.pods.remove(pod) {
            requests::subtract(&mut self.requested, &placed.requested);
            requests::subtract(&mut self.scored, &placed.scored);
            self.with_affinity.remove(pod);
        }
    }

    pub(super) fn put(&mut self, pod: &Arc<Pod>, assumed: bool) {
        let uid = pod.metadata.uid.clone();
        self.remove_pod(&uid);
        let placed = Placed {
            pod: Arc::clone(pod),
            requested: requests::of(pod),
            scored: requests::for_scoring(pod),
            assumed,
        };
        requests::add(&mut self.requested, &placed.requested);
        requests::add(&mut self.scored, &placed.scored);
        if wants_company(&pod.spec.affinity) {
            self.with_affinity.insert(uid.clone());
        }
        self.pods.insert(uid, placed);
    }
}

const fn wants_company(affinity: &Affinity) -> bool {
    affinity.pod_affinity.is_some() || affinity.pod_anti_affinity.is_some()
}
