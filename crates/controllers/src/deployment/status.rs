//! [`Rollout`] → status: counts are sums over the ReplicaSets' own.

use std::cmp;

use api::views::{DeploymentCondition, DeploymentStatus, ReplicaSet, Status};
use meta::time::Time;
use serde_json::Value;

use super::{
    conditions::{self, AVAILABLE, REPLICA_FAILURE},
    progress,
    rollout::{Fleet, Rollout, size},
};
use crate::shared::patch::Difference;

/// Counts and availability; `conditions` are carried over.
pub(super) fn plain(
    rollout: &Rollout,
    fleet: &Fleet,
    conditions: Vec<DeploymentCondition>,
    now: Time,
) -> DeploymentStatus {
    let sum = |count: fn(&ReplicaSet) -> i32| fleet.all().map(|set| count(set)).sum::<i32>();
    let available = sum(|replica_set| replica_set.status.available_replicas);
    let mut status = DeploymentStatus {
        observed_generation: rollout.deployment.metadata.generation,
        replicas: sum(|replica_set| replica_set.status.replicas),
        updated_replicas: fleet.new.as_ref().map_or(0, |new| new.status.replicas),
        ready_replicas: sum(|replica_set| replica_set.status.ready_replicas),
        available_replicas: available,
        unavailable_replicas: cmp::max(0, sum(size) - available),
        terminating_replicas: terminating(fleet),
        conditions,
        collision_count: rollout.deployment.status.collision_count,
    };
    let (state, reason, message) = if available >= rollout.min_available() {
        (Status::True, "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        (
            Status::False,
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    let condition = conditions::new(AVAILABLE, state, reason, message.to_owned(), now);
    conditions::set(&mut status.conditions, condition);
    status
}

/// Counts, availability, progress and failures.
pub(super) fn full(
    rollout: &Rollout,
    fleet: &Fleet,
    conditions: Vec<DeploymentCondition>,
    now: Time,
) -> DeploymentStatus {
    let mut status = plain(rollout, fleet, conditions, now);
    progress::estimate(rollout, fleet, &mut status, now);
    match replica_failure(fleet) {
        Some(failure) => conditions::set(&mut status.conditions, failure),
        None => conditions::remove(&mut status.conditions, REPLICA_FAILURE),
    }
    status
}

/// What a merge patch must say to turn one status into the other; `None` if they are equal.
pub(super) fn patch(old: &DeploymentStatus, new: &DeploymentStatus) -> Option<Value> {
    let mut patch = Difference::default();
    patch.count("observedGeneration", old.observed_generation, new.observed_generation);
    patch.count("replicas", old.replicas, new.replicas);
    patch.count("updatedReplicas", old.updated_replicas, new.updated_replicas);
    patch.count("readyReplicas", old.ready_replicas, new.ready_replicas);
    patch.count("availableReplicas", old.available_replicas, new.available_replicas);
    patch.count("unavailableReplicas", old.unavailable_replicas, new.unavailable_replicas);
    patch.optional("terminatingReplicas", old.terminating_replicas, new.terminating_replicas);
    patch.optional("collisionCount", old.collision_count, new.collision_count);
    patch.list("conditions", &old.conditions, &new.conditions);
    patch.into_patch()
}

/// `None` if a ReplicaSet does not say; one whose controller has not looked at it yet has none.
fn terminating(fleet: &Fleet) -> Option<i32> {
    let observed = fleet.all().map(|replica_set| &replica_set.status);
    observed
        .filter(|status| status.observed_generation != 0 || status.terminating_replicas.is_some())
        .map(|status| status.terminating_replicas)
        .sum()
}

/// The failure of the new ReplicaSet, else of the first old one that has one.
fn replica_failure(fleet: &Fleet) -> Option<DeploymentCondition> {
    let failure = fleet.new.iter().chain(&fleet.old).find_map(|replica_set| {
        replica_set.status.conditions.iter().find(|condition| condition.kind == *REPLICA_FAILURE)
    })?;
    Some(DeploymentCondition {
        kind: failure.kind.clone(),
        status: failure.status,
        last_update_time: failure.last_transition_time,
        last_transition_time: failure.last_transition_time,
        reason: failure.reason.clone(),
        message: failure.message.to_string(),
    })
}
