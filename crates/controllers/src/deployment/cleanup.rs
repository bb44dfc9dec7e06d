//! How much history is kept.

use std::sync::Arc;

use api::views::ReplicaSet;

use super::{
    history,
    rollout::{Fleet, Rollout, age, size},
};

/// Old ReplicaSets beyond the limit: lowest revisions first. What still has pods is left alone.
pub(super) fn superfluous(rollout: &Rollout, fleet: &Fleet) -> Vec<Arc<ReplicaSet>> {
    let Some(limit) = rollout.history_limit() else { return Vec::new() };
    let mut candidates: Vec<_> =
        fleet.old.iter().filter(|old| !old.metadata.is_deleting()).cloned().collect();
    candidates.sort_by_cached_key(|old| {
        (history::revision(&old.metadata).unwrap_or(0), age(&old.metadata))
    });
    candidates.truncate(candidates.len().saturating_sub(limit));
    candidates.retain(|old| is_at_rest(old));
    candidates
}

fn is_at_rest(replica_set: &ReplicaSet) -> bool {
    let (metadata, status) = (&replica_set.metadata, &replica_set.status);
    status.replicas == 0
        && size(replica_set) == 0
        && metadata.generation <= status.observed_generation
}
