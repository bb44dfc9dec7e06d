//! What would be if other pods came or went: the question that preemption asks.

use std::sync::Arc;

use api::views::Pod;
use meta::text::Text;

use super::{CycleState, Plugin, Rejection, Verdict};
use crate::{NodeInfo, Snapshot, nominator::Nominator};

/// A cycle that found no node, with the means to ask what would change that.
#[derive(Debug)]
pub struct Trial<'a> {
    /// The pod that fits nowhere.
    pub pod: &'a Arc<Pod>,
    /// What plugins kept; change copies only.
    pub state: &'a CycleState,
    /// All nodes.
    pub snapshot: &'a Snapshot,
    /// Each node with the first reason against it.
    pub rejected: &'a [(Text, Rejection)],
    pub(crate) filters: &'a Filters<'a>,
    pub(crate) nominator: &'a Nominator,
}

/// The plugins whose `filter` has something to say about a pod.
#[derive(Debug, Default)]
pub(crate) struct Filters<'a>(pub(crate) Vec<&'a Arc<dyn Plugin>>);

impl Trial<'_> {
    /// The node that the pod was nominated to before.
    pub fn nominated_node(&self) -> Option<&Text> {
        self.nominator.node(&self.pod.metadata.uid)
    }
    /// Whether the pod would fit `node` as it is shown here, also beside those that are nominated to it
    /// with the same priority or a higher one.
    ///
    /// # Errors
    /// It would not.
    pub fn fits(&self, state: &CycleState, node: &NodeInfo) -> Verdict {
        self.filters.with_nominated(state, self.pod, node, self.nominator)
    }
    /// Takes a pod out of `node` and of what plugins keep.
    pub fn take_out(&self, state: &mut CycleState, node: &mut NodeInfo, pod: &Pod) {
        node.remove_pod(&pod.metadata.uid);
        for plugin in &self.filters.0 {
            plugin.remove_pod(state, self.pod, pod, node);
        }
    }
    /// Puts a pod back.
    pub fn put_back(&self, state: &mut CycleState, node: &mut NodeInfo, pod: &Arc<Pod>) {
        self.filters.add(state, self.pod, pod, node);
    }
}

impl Filters<'_> {
    /// Puts `added` on the node and into what plugins keep for `pod`.
    fn add(&self, state: &mut CycleState, pod: &Pod, added: &Arc<Pod>, node: &mut NodeInfo) {
        node.add_pod(added);
        for plugin in &self.0 {
            plugin.add_pod(state, pod, added, node);
        }
    }

    /// Whether the pod fits the node as it is.
    pub(crate) fn plain(&self, state: &CycleState, pod: &Pod, node: &NodeInfo) -> Verdict {
        self.0.iter().try_for_each(|plugin| plugin.filter(state, pod, node))
    }

    /// Whether the pod fits the node with those that are nominated to it and not less important, and
    /// without them: nobody knows whether they will come.
    pub(crate) fn with_nominated(
        &self,
        state: &CycleState,
        pod: &Pod,
        node: &NodeInfo,
        nominator: &Nominator,
    ) -> Verdict {
        let name = node.name();
        let nominated = nominator.on(name).filter(|other| {
            other.metadata.uid != pod.metadata.uid
                && other.priority() >= pod.priority()
                && !node.pods.contains_key(&other.metadata.uid)
        });
        let nominated: Vec<&Arc<Pod>> = nominated.collect();
        if !nominated.is_empty() {
            let (mut state, mut node) = (state.clone(), node.clone());
            for other in nominated {
                self.add(&mut state, pod, other, &mut node);
            }
            self.plain(&state, pod, &node)?;
        }
        self.plain(state, pod, node)
    }
}
