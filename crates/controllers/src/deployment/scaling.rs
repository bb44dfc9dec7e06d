//! A change of size outside a rollout's rules: spread over the ReplicaSets in proportion.

use std::{cmp, sync::Arc};

use api::views::{ReplicaSet, StrategyType};

use super::{
    Why,
    history::{DESIRED_REPLICAS, MAX_REPLICAS},
    rollout::{Fleet, Resize, Rollout, age, size},
};

/// Whether some ReplicaSet with pods was sized for another number of desired replicas.
pub(super) fn is_due(rollout: &Rollout, fleet: &Fleet) -> bool {
    let desired = rollout.desired();
    fleet
        .active()
        .any(|active| sized_for(active, DESIRED_REPLICAS).is_some_and(|for_| for_ != desired))
}

/// The sizes to be had; a size that stays still has its annotations refreshed.
pub(super) fn scale(rollout: &Rollout, fleet: &Fleet) -> Vec<Resize> {
    if let Some(replica_set) = the_only_one(fleet) {
        let size = rollout.desired();
        return vec![Resize { replica_set, size, why: Why::OnlyOneHasPods { desired: size } }];
    }
    if fleet.new.as_ref().is_some_and(|new| is_saturated(rollout, new)) {
        let to_zero = |old: &Arc<_>| Resize {
            replica_set: Arc::clone(old),
            size: 0,
            why: Why::NewIsSaturated,
        };
        return fleet.active_old().map(to_zero).collect();
    }
    if rollout.deployment.spec.strategy.kind != StrategyType::RollingUpdate {
        return Vec::new();
    }
    in_proportion(rollout, fleet)
}

/// The one ReplicaSet that has or should get all pods, unless several have some.
fn the_only_one(fleet: &Fleet) -> Option<Arc<ReplicaSet>> {
    let mut active = fleet.active();
    match (active.next(), active.next()) {
        (Some(_), Some(_)) => None,
        (Some(only), None) => Some(Arc::clone(only)),
        (None, _) => fleet.new.as_ref().or(fleet.old.last()).cloned(),
    }
}

/// Whether the new ReplicaSet is all that is wanted.
fn is_saturated(rollout: &Rollout, new: &ReplicaSet) -> bool {
    let desired = rollout.desired();
    size(new) == desired
        && sized_for(new, DESIRED_REPLICAS) == Some(desired)
        && new.status.available_replicas == desired
}

/// Each gets the share of the difference that its part of the former total is; what rounding leaves
/// goes to the largest.
fn in_proportion(rollout: &Rollout, fleet: &Fleet) -> Vec<Resize> {
    let allowed = if rollout.desired() > 0 { rollout.max_total() } else { 0 };
    let difference = allowed - fleet.total();
    let mut active: Vec<_> = fleet.active().cloned().collect();
    active.sort_by_cached_key(|replica_set| age(&replica_set.metadata));
    if difference > 0 {
        active.reverse();
    }
    active.sort_by_key(|replica_set| cmp::Reverse(size(replica_set)));
    let mut added = 0;
    let mut sizes = Vec::with_capacity(active.len());
    for replica_set in &active {
        let share = share(rollout, replica_set, difference, added);
        added += share;
        sizes.push(size(replica_set) + share);
    }
    if let Some(largest) = sizes.first_mut() {
        *largest = cmp::max(0, *largest + difference - added);
    }
    let why = Why::InProportion { allowed };
    let resized = active.into_iter().zip(sizes);
    resized.map(|(replica_set, size)| Resize { replica_set, size, why: why.clone() }).collect()
}

/// A ReplicaSet's part of `difference`, of which `added` is given out already.
fn share(rollout: &Rollout, replica_set: &ReplicaSet, difference: i32, added: i32) -> i32 {
    let rest = difference - added;
    if rest == 0 {
        return 0;
    }
    let share = fraction(rollout, replica_set);
    if difference > 0 { share.min(rest) } else { share.max(rest) }
}

fn fraction(rollout: &Rollout, replica_set: &ReplicaSet) -> i32 {
    let size = size(replica_set);
    if rollout.desired() == 0 {
        return -size;
    }
    let former = match sized_for(replica_set, MAX_REPLICAS) {
        Some(former) if former > 0 => former,
        Some(_) | None => rollout.deployment.status.replicas,
    };
    if former <= 0 {
        return 0;
    }
    let scaled = i64::from(size) * i64::from(rollout.max_total());
    let former = i64::from(former);
    // Half away from zero; all numbers are positive.
    let rounded = (2 * scaled + former) / (2 * former);
    i32::try_from(rounded).unwrap_or(i32::MAX) - size
}

/// The number in an annotation, if it is one.
fn sized_for(replica_set: &ReplicaSet, annotation: &str) -> Option<i32> {
    let text = replica_set.metadata.annotations.get(annotation)?;
    text.parse().ok().filter(|number| *number >= 0)
}
