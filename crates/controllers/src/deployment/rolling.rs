//! `RollingUpdate`: the new ReplicaSet grows as far as the surge allows, old ones shrink as far as
//! availability allows.

use std::{cmp, sync::Arc};

use api::views::{ReplicaSet, StrategyType};

use super::{
    Why,
    rollout::{Fleet, Resize, Rollout, available, size},
};

/// The size that the new ReplicaSet may have when all together have `total` and it has `current`.
pub(super) fn new_size(rollout: &Rollout, total: i32, current: i32) -> i32 {
    let desired = rollout.desired();
    if rollout.deployment.spec.strategy.kind == StrategyType::Recreate {
        return desired;
    }
    let spare = rollout.max_total() - total;
    if spare <= 0 {
        return current;
    }
    current + cmp::min(spare, desired - current)
}

/// How the new ReplicaSet's size must change.
pub(super) fn scale_new(rollout: &Rollout, fleet: &Fleet) -> Option<Resize> {
    let new = fleet.new.as_ref()?;
    let (current, desired, total) = (size(new), rollout.desired(), fleet.total());
    if current == desired {
        return None;
    }
    if current > desired {
        let why = Why::NewIsTooLarge { desired };
        return Some(Resize { replica_set: Arc::clone(new), size: desired, why });
    }
    let size = new_size(rollout, total, current);
    let why = Why::NewMayGrow { total, max_total: rollout.max_total() };
    (size != current).then(|| Resize { replica_set: Arc::clone(new), size, why })
}

/// How the old ReplicaSets' sizes must change: first by pods that serve nobody, then by spare ones.
pub(super) fn scale_old(rollout: &Rollout, fleet: &Fleet) -> Vec<Resize> {
    let new_unavailable = fleet.new.as_ref().map_or(0, |new| size(new) - available(new));
    let budget = fleet.total() - rollout.min_available() - new_unavailable;
    if budget <= 0 {
        return Vec::new();
    }
    let mut sizes: Vec<_> = fleet.active_old().map(Shrinking::new).collect();
    let mut rest = budget;
    for old in &mut sizes {
        // They go first at the ReplicaSet too: not ready before ready. No availability is lost.
        let unhealthy = old.size - available(&old.replica_set);
        old.shrink(unhealthy, &mut rest, &Why::OldIsUnavailable);
    }
    let available: i32 = fleet.all().map(|replica_set| available(replica_set)).sum();
    let minimum = rollout.min_available();
    let mut rest = cmp::max(0, available - minimum);
    for old in &mut sizes {
        old.shrink(old.size, &mut rest, &Why::OldIsSpare { available, minimum });
    }
    sizes.into_iter().filter_map(Shrinking::finish).collect()
}

struct Shrinking {
    replica_set: Arc<ReplicaSet>,
    size: i32,
    why: Option<Why>,
}

impl Shrinking {
    fn new(replica_set: &Arc<ReplicaSet>) -> Self {
        Self { replica_set: Arc::clone(replica_set), size: size(replica_set), why: None }
    }
    fn shrink(&mut self, by: i32, rest: &mut i32, why: &Why) {
        let by = cmp::min(by, *rest);
        if by > 0 {
            self.size -= by;
            *rest -= by;
            self.why = Some(why.clone());
        }
    }
    fn finish(self) -> Option<Resize> {
        let Self { replica_set, size, why } = self;
        why.map(|why| Resize { replica_set, size, why })
    }
}
