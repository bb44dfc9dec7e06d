//! How many pods of interest are in each topology domain.

use std::collections::BTreeMap;

use api::views::Pod;
use meta::text::Text;

use super::terms::{Term, Terms};
use crate::NodeInfo;

/// A label of nodes with its value.
type Domain = (Text, Text);

/// Numbers by domain; none is zero.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts(BTreeMap<Domain, i64>);

impl Counts {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Counts `by` more in the node's domain of the term.
    pub(super) fn change(&mut self, term: &Term, node: &NodeInfo, by: i64) {
        let Some(value) = node.labels().get(&term.topology_key) else { return };
        let domain = (term.topology_key.clone(), value.clone());
        let count = self.0.entry(domain.clone()).or_default();
        *count += by;
        if *count == 0 {
            self.0.remove(&domain);
        }
    }
    /// The number in the node's domain of the term; `None` if the node is in none.
    pub(super) fn at(&self, term: &Term, node: &NodeInfo) -> Option<i64> {
        let value = node.labels().get(&term.topology_key)?;
        let domain = (term.topology_key.clone(), value.clone());
        Some(self.0.get(&domain).copied().unwrap_or(0))
    }
    /// The sum over all domains that the node is in.
    pub(super) fn sum(&self, node: &NodeInfo) -> i64 {
        let here = |(key, value): &Domain| node.labels().get(key) == Some(value);
        self.0.iter().filter(|(domain, _)| here(domain)).map(|(_, count)| count).sum()
    }
}

/// Whether the pod wants company, and where the others are that decide it.
#[derive(Debug, Clone, Default)]
pub(super) struct Company {
    pub(super) terms: Terms,
    /// The pod is one of those that it wants to be near.
    pub(super) means_itself: bool,
    /// Pods to be near.
    pub(super) near: Counts,
    /// Pods to be far from.
    pub(super) far: Counts,
    /// Pods that want to be far from this one.
    pub(super) unwelcome: Counts,
}

impl Company {
    /// Counts a pod that is on `node`, or no more (`by` is -1); `others` is what that pod asks for.
    pub(super) fn change(&mut self, pod: &Pod, other: (&Pod, &Terms), node: &NodeInfo, by: i64) {
        let (other, others) = other;
        if self.terms.all_near_mean(other) {
            for term in &self.terms.near {
                self.near.change(term, node, by);
            }
        }
        for term in self.terms.far.iter().filter(|term| term.means(other)) {
            self.far.change(term, node, by);
        }
        self.unwelcomed(pod, others, node, by);
    }
    /// Counts only whether the other pod wants to be far from this one.
    pub(super) fn unwelcomed(&mut self, pod: &Pod, others: &Terms, node: &NodeInfo, by: i64) {
        for term in others.far.iter().filter(|term| term.means(pod)) {
            self.unwelcome.change(term, node, by);
        }
    }
}
