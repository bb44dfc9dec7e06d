//! Recreate: all old pods are gone before the first new one comes.

use std::sync::Arc;

use api::views::ReplicaSet;

use super::{
    Why,
    rollout::{Fleet, Resize, Rollout, size},
};

/// Old ReplicaSets to be emptied.
pub(super) fn scale_old(fleet: &Fleet) -> Vec<Resize> {
    let to_zero =
        |old: &Arc<_>| Resize { replica_set: Arc::clone(old), size: 0, why: Why::OldMakesRoom };
    fleet.active_old().map(to_zero).collect()
}

/// Whether an old pod is still there, or may yet come: terminating ones count, finished ones do not.
pub(super) fn old_pods_remain(rollout: &Rollout, fleet: &Fleet) -> bool {
    fleet.old.iter().any(|old| pods_remain(rollout, old))
}

/// Whether a size may be had now: one that starts from nothing waits for the pods of all others, be it in
/// the middle of a rollout that is paused.
pub(super) fn has_room(rollout: &Rollout, fleet: &Fleet, resize: &Resize) -> bool {
    let mut others = fleet.all().filter(|other| !Arc::ptr_eq(other, &resize.replica_set));
    size(&resize.replica_set) > 0 || !others.any(|other| pods_remain(rollout, other))
}

fn pods_remain(rollout: &Rollout, replica_set: &ReplicaSet) -> bool {
    // One that has not seen its newest size may be making pods for the last one, which no cache shows.
    let is_behind = replica_set.status.observed_generation < replica_set.metadata.generation;
    let left = rollout.pods_left.get(&replica_set.metadata.uid).is_some_and(|pods| *pods > 0);
    replica_set.status.replicas > 0 || is_behind || left
}
