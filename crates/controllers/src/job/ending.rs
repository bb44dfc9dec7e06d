//! Whether a job ends, and how. Failure comes before success: a limit that is crossed as the last pod
//! succeeds is crossed.

use std::time::Duration;

use api::views::{Job, Phase};
use meta::{text::Text, time::Time};

use super::{
    census::{Census, to_i32},
    conditions::{FAILURE_TARGET, SUCCESS_CRITERIA_MET, holding},
    failure_policy::{self, Verdict},
    success_policy,
};

/// How a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    pub(super) reason: Text,
    pub(super) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Failure,
}

impl Ending {
    fn new(outcome: Outcome, reason: &str, message: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into(), message: message.into() }
    }
    fn failure(reason: &str, message: impl Into<String>) -> Self {
        Self::new(Outcome::Failure, reason, message)
    }
}

/// How the job ends although pods may still run; `None` if it goes on.
pub(super) fn decided(census: &Census<'_>, now: Time) -> Option<Ending> {
    stored(census.job)
        .or_else(|| failed_by_policy(census))
        .or_else(|| failed_too_often(census))
        .or_else(|| overdue(census.job, now))
        .or_else(|| failed_indexes(census))
        .or_else(|| succeeded_early(census))
}

/// Whether a job of which so many pods will be active has reached its goal.
pub(super) fn reached(census: &Census<'_>, active: usize) -> Option<Ending> {
    let goal = match census.job.spec.completions {
        None => census.succeeded > 0,
        Some(completions) => census.succeeded >= completions,
    };
    let message = "Reached expected number of succeeded pods";
    (goal && active == 0).then(|| Ending::new(Outcome::Success, "CompletionsReached", message))
}

/// How long until the deadline; `None` without one, or while it does not count.
pub(super) fn deadline_in(job: &Job, start: Option<Time>, now: Time) -> Option<Duration> {
    let seconds = job.spec.active_deadline_seconds?;
    if job.spec.suspend == Some(true) {
        return None;
    }
    let deadline = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    Some(deadline.saturating_sub(now.since(start?)))
}

fn stored(job: &Job) -> Option<Ending> {
    let conditions = &job.status.conditions;
    let of = |kind, outcome| {
        let stored = holding(conditions, kind)?;
        Some(Ending::new(outcome, &stored.reason, stored.message.clone()))
    };
    of(SUCCESS_CRITERIA_MET, Outcome::Success).or_else(|| of(FAILURE_TARGET, Outcome::Failure))
}

fn failed_by_policy(census: &Census<'_>) -> Option<Ending> {
    let message =
        census.failed_pods().find_map(|pod| match failure_policy::judge(census.job, pod) {
            Verdict::FailJob(message) => Some(message),
            Verdict::Count | Verdict::Ignore | Verdict::FailIndex => None,
        })?;
    Some(Ending::failure("PodFailurePolicy", message))
}

fn failed_too_often(census: &Census<'_>) -> Option<Ending> {
    let limit = census.job.spec.backoff_limit?;
    let exceeds = census.failed > limit || restarted_too_often(census, limit);
    exceeds.then(|| {
        Ending::failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    })
}

/// Pods that restart their containers do not fail: their restarts count instead.
fn restarted_too_often(census: &Census<'_>, limit: i32) -> bool {
    let template = census.job.spec.template.json();
    if template.pointer("/spec/restartPolicy").is_none_or(|policy| policy != "OnFailure") {
        return false;
    }
    let running = census.pods.iter().map(|pod| &pod.status);
    let running = running.filter(|status| matches!(status.phase, Phase::Pending | Phase::Running));
    let containers = running
        .flat_map(|status| status.init_container_statuses.iter().chain(&status.container_statuses));
    let restarts: i32 = containers.map(|container| container.restart_count).sum();
    restarts >= limit.max(1)
}

fn overdue(job: &Job, now: Time) -> Option<Ending> {
    let rest = deadline_in(job, job.status.start_time, now)?;
    let message = "Job was active longer than specified deadline";
    rest.is_zero().then(|| Ending::failure("DeadlineExceeded", message))
}

fn failed_indexes(census: &Census<'_>) -> Option<Ending> {
    let indexed = census.indexed.as_ref()?;
    let failed = to_i32(indexed.per_index.as_ref()?.failed.len());
    if census.job.spec.max_failed_indexes.is_some_and(|limit| failed > limit) {
        let message = "Job has exceeded the specified maximal number of failed indexes";
        return Some(Ending::failure("MaxFailedIndexesExceeded", message));
    }
    let all_ended = failed + to_i32(indexed.succeeded.len()) >= indexed.completions;
    (failed > 0 && all_ended).then(|| Ending::failure("FailedIndexes", "Job has failed indexes"))
}

fn succeeded_early(census: &Census<'_>) -> Option<Ending> {
    let indexed = census.indexed.as_ref()?;
    let policy = census.job.spec.success_policy.as_ref()?;
    let message = success_policy::met(policy, &indexed.succeeded, indexed.completions)?;
    Some(Ending::new(Outcome::Success, "SuccessPolicy", message))
}
