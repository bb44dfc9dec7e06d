//! What is seen of a rollout, for a person who asks.

use api::views::{DeploymentCondition, ReplicaSet};
use meta::time::Time;

use super::{
    conditions::{self, AVAILABLE, COMPLETE, PAUSED, PROGRESSING, REPLICA_FAILURE, TIMED_OUT},
    history, progress,
    rollout::{Fleet, Rollout, size},
};

/// One fact a line.
pub(super) fn lines(rollout: &Rollout, now: Time) -> Vec<String> {
    let fleet = Fleet::of(rollout);
    let mut lines = vec![wanted(rollout)];
    lines.extend(fleet.new.iter().map(|new| replica_set("new", new)));
    lines.extend(fleet.old.iter().map(|old| replica_set("old", old)));
    let waits = rollout.waiting.iter();
    lines.extend(waits.map(|(reason, pods)| format!("waiting: {pods} new pods for {reason}")));
    let status = &rollout.deployment.status;
    let known = [AVAILABLE, PROGRESSING, REPLICA_FAILURE];
    let known = known.iter().filter_map(|kind| conditions::find(&status.conditions, kind));
    lines.extend(known.map(condition));
    lines.extend(deadline(rollout, now));
    lines
}

fn wanted(rollout: &Rollout) -> String {
    let (surge, unavailable) = (rollout.max_surge(), rollout.max_unavailable());
    let bounds = match (surge, unavailable) {
        (0, 0) => String::new(),
        _ => format!(", {surge} more or {unavailable} fewer while they are replaced"),
    };
    let paused = if rollout.deployment.spec.paused { ", paused" } else { "" };
    let deleting = if rollout.deployment.metadata.is_deleting() { ", being deleted" } else { "" };
    format!("wanted: {} pods{bounds}{paused}{deleting}", rollout.desired())
}

fn replica_set(label: &str, replica_set: &ReplicaSet) -> String {
    let (name, status) = (&replica_set.metadata.name, &replica_set.status);
    let revision = history::revision(&replica_set.metadata);
    let revision = revision.map_or(String::new(), |revision| format!(" (revision {revision})"));
    let (ready, available) = (status.ready_replicas, status.available_replicas);
    let wanted = size(replica_set);
    format!("{label}: {name}{revision} wants {wanted} pods; {ready} ready, {available} available")
}

fn condition(condition: &DeploymentCondition) -> String {
    let DeploymentCondition { kind, status, reason, message, .. } = condition;
    format!("condition: {kind}={status:?} {reason}: {message}")
}

/// How long the rollout may go on without progress, while there is something to wait for.
fn deadline(rollout: &Rollout, now: Time) -> Option<String> {
    let seconds = rollout.deadline_seconds()?;
    let current = conditions::find(&rollout.deployment.status.conditions, PROGRESSING)?;
    if matches!(current.reason.as_str(), COMPLETE | PAUSED) {
        return None;
    }
    let due = progress::due(current, seconds)?;
    if current.reason == TIMED_OUT || due < now {
        return Some(format!("deadline: passed; there was no progress for {seconds}s"));
    }
    let left = due.since(now).as_secs();
    Some(format!("deadline: {left}s left of {seconds}s without progress"))
}
