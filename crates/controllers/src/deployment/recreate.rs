//! Recreate: all old pods are gone before the first new one comes.

use std::sync::Arc;

use api::views::ReplicaSet;

use super::{
    Why,
    rollout::{Fleet, Resize, Rollout},
};

/// Old ReplicaSets to be emptied.
pub(super) fn scale_old(fleet: &Fleet) -> Vec<Resize> {
    let to_zero =
        |old: &Arc<_>| Resize { replica_set: Arc::clone(old), size: 0, why: Why::OldMakesRoom };
    fleet.active_old().map(to_zero).collect()
}

/// Whether an old pod is still there, or may yet come: terminating ones count, finished ones do not.
pub(super) fn old_pods_remain(rollout: &Rollout, fleet: &Fleet) -> bool {
    // One that has not seen its newest size may be making pods for the last one, which no cache shows.
    let is_behind = |old: &ReplicaSet| old.status.observed_generation < old.metadata.generation;
    if fleet.old.iter().any(|old| old.status.replicas > 0 || is_behind(old)) {
        return true;
    }
    let left = |uid| rollout.pods_left.get(uid).is_some_and(|pods| *pods > 0);
    fleet.old.iter().any(|old| left(&old.metadata.uid))
}
