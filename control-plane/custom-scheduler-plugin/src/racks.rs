//! How many replicas of an owner are on each rack.

use std::collections::BTreeMap;

use api::views::Pod;
use meta::{object::Uid, text::Text};
use scheduler::Snapshot;

/// Replicas of one owner by rack: what the plugin keeps for the length of a cycle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Racks {
    owner: Uid,
    replicas: BTreeMap<Text, usize>,
}

/// Whose replica a pod is; `None` for a pod of its own.
pub(crate) fn owner(pod: &Pod) -> Option<&Uid> {
    pod.metadata.controller().map(|owner| &owner.uid)
}

impl Racks {
    /// Counts the replicas of an owner on all nodes. Those that are being deleted count: they still run.
    pub(crate) fn of(owner: &Uid, rack_label: &str, snapshot: &Snapshot) -> Self {
        let mut racks = Self { owner: owner.clone(), replicas: BTreeMap::new() };
        for node in snapshot.nodes() {
            if let Some(rack) = node.labels().get(rack_label) {
                node.pods().for_each(|pod| racks.add(pod, rack));
            }
        }
        racks
    }
    /// How many are on a rack.
    pub(crate) fn on(&self, rack: &Text) -> usize {
        self.replicas.get(rack).copied().unwrap_or(0)
    }
    /// A pod is on a rack as well, if it is of the owner.
    pub(crate) fn add(&mut self, pod: &Pod, rack: &Text) {
        if owner(pod) == Some(&self.owner) {
            *self.replicas.entry(rack.clone()).or_default() += 1;
        }
    }
    /// A pod is gone from a rack.
    pub(crate) fn remove(&mut self, pod: &Pod, rack: &Text) {
        if owner(pod) == Some(&self.owner)
            && let Some(replicas) = self.replicas.get_mut(rack)
        {
            *replicas = replicas.saturating_sub(1);
        }
    }
}
