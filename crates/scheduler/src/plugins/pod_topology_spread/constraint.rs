//! What is asked of the spread of pods, read.

use api::views::{Pod, TopologySpreadConstraint};
use meta::{selector::Selector, text::Text};

use crate::NodeInfo;

/// A constraint, read.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    pub(super) key: Text,
    pub(super) max_skew: i64,
    pub(super) min_domains: usize,
    selector: Selector,
    /// Only nodes that the pod's affinity selects count.
    honors_affinity: bool,
    /// Only nodes whose taints the pod tolerates count.
    honors_taints: bool,
}

/// The label by which each node is a domain of its own.
pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";

impl Constraint {
    /// Reads a constraint of a pod. The labels of `matchLabelKeys` join the selector, as the server does
    /// for pods of today.
    pub(super) fn of(pod: &Pod, constraint: &TopologySpreadConstraint) -> Option<Self> {
        let mut selector = constraint.label_selector.clone();
        if selector.is_object() {
            let labels = &pod.metadata.labels;
            let keys = constraint.match_label_keys.iter();
            for (key, value) in keys.filter_map(|key| labels.get_key_value(key)) {
                selector["matchLabels"][key.as_str()] = value.as_str().into();
            }
        }
        Some(Self::new(constraint, Selector::from_json(&selector).ok()?))
    }
    /// A constraint with that selector.
    pub(super) fn new(constraint: &TopologySpreadConstraint, selector: Selector) -> Self {
        Self {
            key: constraint.topology_key.clone(),
            max_skew: i64::from(constraint.max_skew),
            min_domains: constraint
                .min_domains
                .and_then(|least| usize::try_from(least).ok())
                .unwrap_or(1),
            selector,
            honors_affinity: constraint.node_affinity_policy != "Ignore",
            honors_taints: constraint.node_taints_policy == "Honor",
        }
    }
    /// Whether a pod counts for one in that namespace.
    pub(super) fn counts(&self, namespace: &str, other: &Pod) -> bool {
        other.metadata.namespace == *namespace
            && !other.metadata.is_deleting()
            && !self.selector.is_empty()
            && self.selector.matches(&other.metadata.labels)
    }
    /// Whether the pod itself will count.
    pub(super) fn counts_itself(&self, pod: &Pod) -> bool {
        self.selector.matches(&pod.metadata.labels)
    }
    /// The domain of a node whose pods count.
    pub(super) fn counted_domain<'n>(&self, pod: &Pod, node: &'n NodeInfo) -> Option<&'n Text> {
        self.domain(node).filter(|_| self.includes(pod, node))
    }
    /// How many pods on a node count.
    pub(super) fn count(&self, pod: &Pod, node: &NodeInfo) -> i64 {
        let namespace = &pod.metadata.namespace;
        let counted = node.pods().filter(|other| self.counts(namespace, other)).count();
        i64::try_from(counted).unwrap_or(i64::MAX)
    }
    /// Whether a node's pods count.
    pub(super) fn includes(&self, pod: &Pod, node: &NodeInfo) -> bool {
        let selected = || node.node.as_ref().is_some_and(|node| pod.spec.selects(node));
        let tolerated = || {
            let mut hard = node.taints().iter().filter(|taint| !taint.is_soft());
            hard.all(|taint| taint.is_tolerated(&pod.spec.tolerations))
        };
        (!self.honors_affinity || selected()) && (!self.honors_taints || tolerated())
    }
    /// The domain of a node.
    pub(super) fn domain<'n>(&self, node: &'n NodeInfo) -> Option<&'n Text> {
        node.labels().get(&self.key)
    }
    pub(super) fn honors_taints(&self) -> bool {
        self.honors_taints
    }
}
