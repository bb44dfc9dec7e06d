//! What is counted of jobs, under the reference's names.

use std::sync::Arc;

use api::views::{CompletionMode, Job, JobStatus, Pod, PodFailureAction, PodReplacementPolicy};
use runtime::{Counter, Histogram, Metric, Plan, Step, When, exponential};

use super::{
    Why,
    census::{Census, has_failed},
    ending::Outcome,
    failure_policy, indexes,
    manage::Managed,
};

const SYNC_SECONDS: Histogram<3> = Histogram::new(
    "job_controller_job_sync_duration_seconds",
    "[STABLE] Seconds that a look at a job and the acting on it took.",
    &["completion_mode", "result", "action"],
    &exponential::<15>(0.004, 2.0),
);
const SYNCS: Counter<3> = Counter::new(
    "job_controller_job_syncs_total",
    "[STABLE] Looks at jobs.",
    &["completion_mode", "result", "action"],
);
const FINISHED: Counter<3> = Counter::new(
    "job_controller_jobs_finished_total",
    "[STABLE] Jobs that have finished.",
    &["completion_mode", "result", "reason"],
);
const PODS_FINISHED: Counter<2> = Counter::new(
    "job_controller_job_pods_finished_total",
    "[STABLE] Pods that have ended and are counted for good.",
    &["completion_mode", "result"],
);
const HANDLED: Counter<1> = Counter::new(
    "job_controller_pod_failures_handled_by_failure_policy_total",
    "[BETA] Failed pods for which a rule of the pod failure policy decided, by its action.",
    &["action"],
);
const TRACKED: Counter<1> = Counter::new(
    "job_controller_terminated_pods_tracking_finalizer_total",
    "[BETA] Ended pods that had the finalizer batch.kubernetes.io/job-tracking (add) and that lost it \
     (delete).",
    &["event"],
);
const INDEXES: Counter<2> = Counter::new(
    "job_controller_job_finished_indexes_total",
    "[ALPHA] Indexes that have ended, by whether failures are limited for each or for all.",
    &["status", "backoffLimit"],
);
const CREATIONS: Counter<2> = Counter::new(
    "job_controller_job_pods_creation_total",
    "[ALPHA] Pods created, by whether they replace others and under which replacement policy.",
    &["reason", "status"],
);

pub(super) const METRICS: &[Metric] = &[
    SYNC_SECONDS.metric(),
    SYNCS.metric(),
    FINISHED.metric(),
    PODS_FINISHED.metric(),
    HANDLED.metric(),
    TRACKED.metric(),
    INDEXES.metric(),
    CREATIONS.metric(),
];

/// What a look did about pods, as the label `action` says it.
pub(super) fn action(goes_on: bool, managed: &Managed) -> &'static str {
    if !goes_on {
        return "reconciling";
    }
    if managed.created > 0 {
        return "pods_created";
    }
    if managed.removed.is_empty() { "tracking" } else { "pods_deleted" }
}

/// Every look counts.
pub(super) fn look(plan: &mut Plan<Why>, job: &Job, action: &str) {
    for (when, result) in [(When::Success, "success"), (When::Failure, "error")] {
        let labels = [mode(job), result, action];
        plan.measure(when, SYNCS.add(1, labels));
        plan.measure(when, SYNC_SECONDS.took(labels));
    }
}

/// A pod that is made.
pub(super) fn creation(step: &mut Step<Why>, census: &Census<'_>) {
    let job = census.job;
    let waits_for_failed = job.spec.pod_replacement_policy == PodReplacementPolicy::Failed;
    let reason = if waits_for_failed && census.failed > 0 {
        "recreate_failed"
    } else if census.failed > 0 || census.terminating > 0 {
        "recreate_terminating_or_failed"
    } else {
        "new"
    };
    step.measure(When::Success, CREATIONS.add(1, [reason, "succeeded"]));
    step.measure(When::Failure, CREATIONS.add(1, [reason, "failed"]));
}

/// A pod that has ended and loses the finalizer.
pub(super) fn let_go(step: &mut Step<Why>) {
    step.measure(When::Success, TRACKED.add(1, ["delete"]));
}

/// A status that is written: what it counts more than the one before, and the end of the job.
pub(super) fn written(
    step: &mut Step<Why>,
    census: &Census<'_>,
    status: &JobStatus,
    freed: &[Arc<Pod>],
    end: Option<(Outcome, &str)>,
) {
    let job = census.job;
    let old = &job.status;
    let more = |new: i32, old: i32| usize::try_from(new.saturating_sub(old)).unwrap_or(0);
    let mut count = |counter: &Counter<2>, more: usize, labels: [&str; 2]| {
        if more > 0 {
            step.measure(When::Success, counter.add(more, labels));
        }
    };
    let succeeded = more(status.succeeded, old.succeeded);
    count(&PODS_FINISHED, succeeded, [mode(job), "succeeded"]);
    count(&PODS_FINISHED, more(status.failed, old.failed), [mode(job), "failed"]);
    if census.indexed.is_some() {
        let limit = if census.per_index().is_some() { "perIndex" } else { "global" };
        let failed = failed_indexes(job, status).saturating_sub(failed_indexes(job, old));
        count(&INDEXES, succeeded, ["succeeded", limit]);
        count(&INDEXES, failed, ["failed", limit]);
    }
    for pod in newly_recorded(job, freed) {
        step.measure(When::Success, TRACKED.add(1, ["add"]));
        let decided = failure_policy::decisive(job, pod).filter(|_| has_failed(job, pod));
        if let Some((_, rule, _)) = decided {
            step.measure(When::Success, HANDLED.add(1, [name(&rule.action)]));
        }
    }
    if let Some((outcome, reason)) = end {
        let result = match outcome {
            Outcome::Success => "succeeded",
            Outcome::Failure => "failed",
        };
        step.measure(When::Success, FINISHED.add(1, [mode(job), result, reason]));
    }
}

fn failed_indexes(job: &Job, status: &JobStatus) -> usize {
    let failed = status.failed_indexes.as_deref().unwrap_or_default();
    indexes::parse(failed, job.spec.completions.unwrap_or(0)).len()
}

/// Pods that go now and that the status has not told of yet.
fn newly_recorded<'a>(job: &Job, freed: &'a [Arc<Pod>]) -> impl Iterator<Item = &'a Arc<Pod>> {
    let known = job.status.uncounted_terminated_pods.clone().unwrap_or_default();
    freed.iter().filter(move |pod| {
        let uid = &pod.metadata.uid;
        !known.succeeded.contains(uid) && !known.failed.contains(uid)
    })
}

fn name(action: &PodFailureAction) -> &str {
    match action {
        PodFailureAction::FailJob => "FailJob",
        PodFailureAction::FailIndex => "FailIndex",
        PodFailureAction::Ignore => "Ignore",
        PodFailureAction::Count => "Count",
        PodFailureAction::Other(other) => other,
    }
}

fn mode(job: &Job) -> &str {
    match &job.spec.completion_mode {
        CompletionMode::Indexed => "Indexed",
        CompletionMode::NonIndexed => "NonIndexed",
        CompletionMode::Other(other) => other,
    }
}
