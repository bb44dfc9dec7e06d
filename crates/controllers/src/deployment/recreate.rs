//! Recreate: all old pods are gone before the first new one comes.

use std::sync::Arc;

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

/// Whether an old pod is still there: terminating ones count, finished ones do not.
pub(super) fn old_pods_remain(rollout: &Rollout, fleet: &Fleet) -> bool {
    if fleet.old.iter().any(|old| old.status.replicas > 0) {
        return true;
    }
    let left = |uid| rollout.pods_left.get(uid).is_some_and(|pods| *pods > 0);
    fleet.old.iter().any(|old| left(&old.metadata.uid))
}
