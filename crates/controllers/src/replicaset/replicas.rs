//! What a decision about a ReplicaSet may depend on.

use std::{collections::BTreeMap, fmt, sync::Arc};

use api::views::{Pod, ReplicaSet};
use meta::{resource::Resource, text::Text};

use crate::shared::claims::Claims;

/// A ReplicaSet with its pods, as seen at one moment.
pub struct Replicas {
    /// Whose pods they are.
    pub(super) resource: Resource,
    /// The owner; one of another kind is read as a ReplicaSet.
    pub(super) replica_set: Arc<ReplicaSet>,
    /// What is wrong with the selector, if anything.
    pub(super) invalid_selector: Option<String>,
    pub(super) claims: Claims<Pod>,
    /// Owned pods that are neither finished nor on their way out.
    pub(super) active: Vec<Arc<Pod>>,
    /// Owned pods on their way out; `None` where the kind does not report them.
    pub(super) terminating: Option<usize>,
    /// Owned pods that have failed.
    pub(super) failed: Vec<Arc<Pod>>,
    /// Active pods on each node over all ReplicaSets of the same controller; looked at only where some
    /// pods must go and others stay.
    pub(super) related_by_node: BTreeMap<Text, usize>,
}

impl Replicas {
    /// Pods that are wanted.
    pub(super) fn wanted(&self) -> usize {
        wanted(&self.replica_set)
    }
}

pub(super) fn wanted(replica_set: &ReplicaSet) -> usize {
    usize::try_from(replica_set.spec.replicas.unwrap_or(1)).unwrap_or(0)
}

/// One line: wanted, then how many pods are in which state.
impl fmt::Debug for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.active.iter().filter(|pod| pod.is_ready()).count();
        write!(f, "{} wanted | {} active, {ready} ready", self.wanted(), self.active.len())?;
        write!(f, ", {} terminating, {} failed", self.terminating.unwrap_or(0), self.failed.len())?;
        let (adopt, release) = (self.claims.adopt.len(), self.claims.release.len());
        write!(f, " | {adopt} to adopt, {release} to release")
    }
}
