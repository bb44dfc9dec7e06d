//! The three conditions of a Deployment, and how one takes another's place.

use api::views::{DeploymentCondition, Status};
use meta::time::Time;

pub(super) const AVAILABLE: &str = "Available";
pub(super) const PROGRESSING: &str = "Progressing";
pub(super) const REPLICA_FAILURE: &str = "ReplicaFailure";

pub(super) const PAUSED: &str = "DeploymentPaused";
pub(super) const RESUMED: &str = "DeploymentResumed";
pub(super) const CREATED: &str = "NewReplicaSetCreated";
pub(super) const FOUND: &str = "FoundNewReplicaSet";
pub(super) const CREATE_ERROR: &str = "ReplicaSetCreateError";
pub(super) const UPDATED: &str = "ReplicaSetUpdated";
pub(super) const COMPLETE: &str = "NewReplicaSetAvailable";
pub(super) const TIMED_OUT: &str = "ProgressDeadlineExceeded";

/// A condition that begins to hold now.
pub(super) fn new(
    kind: &str,
    status: Status,
    reason: &str,
    message: String,
    now: Time,
) -> DeploymentCondition {
    DeploymentCondition {
        kind: kind.into(),
        status,
        last_update_time: Some(now.whole_seconds()),
        last_transition_time: Some(now.whole_seconds()),
        reason: reason.into(),
        message,
    }
}

/// The condition of that type.
pub(super) fn find<'a>(
    conditions: &'a [DeploymentCondition],
    kind: &str,
) -> Option<&'a DeploymentCondition> {
    conditions.iter().find(|condition| condition.kind == *kind)
}

/// The reason of the condition of that type; empty if there is none.
pub(super) fn reason<'a>(conditions: &'a [DeploymentCondition], kind: &str) -> &'a str {
    find(conditions, kind).map_or("", |condition| condition.reason.as_str())
}

/// Takes a condition in. One with the same status and reason stays as it was, text and times included.
pub(super) fn set(conditions: &mut Vec<DeploymentCondition>, mut condition: DeploymentCondition) {
    if let Some(known) = find(conditions, &condition.kind)
        && known.status == condition.status
    {
        if known.reason == condition.reason {
            cov_mark::hit!(deployment_condition_keeps_its_text);
            return;
        }
        condition.last_transition_time = known.last_transition_time;
    }
    remove(conditions, &condition.kind);
    conditions.push(condition);
}

/// Takes the condition of that type out.
pub(super) fn remove(conditions: &mut Vec<DeploymentCondition>, kind: &str) {
    conditions.retain(|condition| condition.kind != *kind);
}
