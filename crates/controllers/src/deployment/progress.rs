//! Whether a rollout is done, moves or is stuck, and when to look again.

use std::time::Duration;

use api::views::{DeploymentCondition, DeploymentStatus, Status};
use meta::time::Time;

use super::{
    conditions::{self, COMPLETE, PAUSED, PROGRESSING, RESUMED, TIMED_OUT, UPDATED},
    rollout::{Fleet, Rollout},
};

/// Added to a wait for the deadline: update times have whole seconds, so an earlier look may see nothing.
const SLACK: Duration = Duration::from_secs(1);

/// The condition that a pause or its end asks for, if it is not noted yet. A passed deadline stays.
pub(super) fn pause_condition(rollout: &Rollout, now: Time) -> Option<DeploymentCondition> {
    rollout.deadline_seconds()?;
    let paused = rollout.deployment.spec.paused;
    let (reason, message) =
        match conditions::reason(&rollout.deployment.status.conditions, PROGRESSING) {
            PAUSED if !paused => (RESUMED, "Deployment is resumed"),
            TIMED_OUT | PAUSED => return None,
            _ if paused => (PAUSED, "Deployment is paused"),
            _ => return None,
        };
    Some(conditions::new(PROGRESSING, Status::Unknown, reason, message.to_owned(), now))
}

/// Whether all that is wanted is there, new and available.
pub(super) fn is_complete(rollout: &Rollout, status: &DeploymentStatus) -> bool {
    let desired = rollout.desired();
    status.updated_replicas == desired
        && status.replicas == desired
        && status.available_replicas == desired
        && status.observed_generation >= rollout.deployment.metadata.generation
}

/// Sets the Progressing condition of `status`, whose counts are new and whose conditions are not.
pub(super) fn estimate(rollout: &Rollout, fleet: &Fleet, status: &mut DeploymentStatus, now: Time) {
    let Some(deadline) = rollout.deadline_seconds() else {
        cov_mark::hit!(deployment_without_deadline_has_no_progress);
        conditions::remove(&mut status.conditions, PROGRESSING);
        return;
    };
    let current = conditions::find(&status.conditions, PROGRESSING).cloned();
    let was_complete = current.as_ref().is_some_and(|current| current.reason == COMPLETE);
    if status.replicas == status.updated_replicas && was_complete {
        cov_mark::hit!(deployment_once_complete_is_not_judged_again);
        return;
    }
    let subject = match &fleet.new {
        Some(new) => format!("ReplicaSet \"{}\"", new.metadata.name),
        None => format!("Deployment \"{}\"", rollout.deployment.metadata.name),
    };
    let condition = |state, reason, what| {
        conditions::new(PROGRESSING, state, reason, format!("{subject} {what}"), now)
    };
    if is_complete(rollout, status) {
        let complete = condition(Status::True, COMPLETE, "has successfully progressed.");
        conditions::set(&mut status.conditions, complete);
    } else if has_moved(&rollout.deployment.status, status) {
        let mut moved = condition(Status::True, UPDATED, "is progressing.");
        if let Some(current) = current.filter(|current| current.status == Status::True) {
            moved.last_transition_time = current.last_transition_time;
        }
        // Not `set`: the time of the last progress must move even if nothing else does.
        conditions::remove(&mut status.conditions, PROGRESSING);
        status.conditions.push(moved);
    } else if current.is_some_and(|current| is_timed_out(&current, deadline, now)) {
        let stuck = condition(Status::False, TIMED_OUT, "has timed out progressing.");
        conditions::set(&mut status.conditions, stuck);
    }
}

/// When the deadline of a rollout that is under way would pass; `None` if nothing is to be waited for.
pub(super) fn wake_after(
    rollout: &Rollout,
    status: &DeploymentStatus,
    now: Time,
) -> Option<Duration> {
    let deadline = rollout.deadline_seconds()?;
    let current = conditions::find(&status.conditions, PROGRESSING)?;
    if matches!(current.reason.as_str(), COMPLETE | TIMED_OUT) || is_complete(rollout, status) {
        return None;
    }
    Some(due(current, deadline)?.since(now) + SLACK)
}

/// More updated, fewer old, more ready or more available than before.
fn has_moved(before: &DeploymentStatus, after: &DeploymentStatus) -> bool {
    after.updated_replicas > before.updated_replicas
        || after.replicas - after.updated_replicas < before.replicas - before.updated_replicas
        || after.ready_replicas > before.ready_replicas
        || after.available_replicas > before.available_replicas
}

fn is_timed_out(current: &DeploymentCondition, deadline: i32, now: Time) -> bool {
    match current.reason.as_str() {
        COMPLETE => false,
        TIMED_OUT => true,
        _ => due(current, deadline).is_some_and(|due| due < now),
    }
}

/// When a rollout counts as stuck if nothing moves from now on.
pub(super) fn due(current: &DeploymentCondition, deadline: i32) -> Option<Time> {
    let seconds = u64::try_from(deadline).ok()?;
    Some(current.last_update_time? + Duration::from_secs(seconds))
}
