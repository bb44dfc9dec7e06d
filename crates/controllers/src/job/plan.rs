//! [`Tracked`] → [`Plan`]: all control flow.

use std::{sync::Arc, time::Duration};

use api::{
    resources::{JOBS, PODS},
    views::{CompletionMode, JobStatus, Pod, Status},
};
use meta::time::Time;
use runtime::{Action, EventType, Plan, Stage, Step};
use serde_json::json;
use tracing::warn;

use super::{
    FINALIZER, Why,
    backoff::Failures,
    census::{Census, to_i32},
    conditions::{
        COMPLETE, FAILED, FAILURE_TARGET, SUCCESS_CRITERIA_MET, SUSPENDED, condition, holding, set,
    },
    ending::{self, Ending, Outcome},
    indexes,
    manage::{self, Managed},
    metrics,
    observe::Tracked,
    pods, status,
    tracking::{self, Tracking},
};
use crate::shared::tell::{announce, event};

/// After this long an owner that could not be read is read again.
const ADOPTION_RETRY: Duration = Duration::from_secs(1);

/// While other pods run, the status is not written for each that ends.
const COUNTED_WITHIN: Duration = Duration::from_millis(500);

/// What is kept of a job between plans.
#[derive(Debug, Default)]
pub struct Memory {
    failures: Failures,
    /// Pods were refused: what is known is reported before it is tried again.
    is_refused: bool,
}

impl Memory {
    pub(super) fn note_refusal(&mut self, step: &Step<Why>) {
        self.is_refused |=
            matches!(&step.action, Action::Create { resource, .. } if *resource == PODS);
    }
}

pub(super) fn plan(memory: &mut Memory, tracked: &Tracked, now: Time) -> Plan<Why> {
    let job = &tracked.job;
    if let Some(reason) = &tracked.invalid_selector {
        warn!(key = %job.metadata.key(), reason, "selector is invalid");
        return Plan::rest();
    }
    if matches!(job.spec.completion_mode, CompletionMode::Other(_)) {
        return unknown_mode(tracked);
    }
    if tracked.claims.are_open() {
        return claims(tracked);
    }
    let census = Census::of(tracked);
    memory.failures.note(&census);
    let decided = ending::decided(&census, now);
    let managed = match &decided {
        Some(ending) => manage::stop(&census, ending),
        None if job.metadata.is_deleting() => Managed::default(),
        None => manage::manage(&census, &memory.failures, now),
    };
    let goes_on = decided.is_none() && !job.metadata.is_deleting();
    let remaining = census.active.len() + managed.created - managed.removed.len();
    let ending = decided.or_else(|| ending::reached(&census, remaining));
    let removed = managed.removed.iter().map(|pod| &pod.metadata.uid).collect();
    let tracking = tracking::track(&census, ending.as_ref(), &removed);
    let is_refused = std::mem::take(&mut memory.is_refused);
    let mut report = Report::start(&census, &tracking, now);
    if !is_refused {
        report.foresee(&managed);
    }
    match &ending {
        Some(ending) => report.end(ending, &tracking, now),
        None if goes_on => report.suspend_or_resume(&census, now),
        None => {}
    }
    let mut plan = Plan::rest();
    metrics::look(&mut plan, job, metrics::action(goes_on, &managed));
    if ending.is_none() {
        let start = report.status.start_time;
        let waits = [managed.wake, ending::deadline_in(job, start, now)];
        waits.into_iter().flatten().for_each(|wait| plan.wake(wait));
    }
    let reported = report.steps(&census, &tracking.freed);
    if is_refused {
        plan.stages.extend(reported);
        plan.stages.extend(managed.stages);
    } else {
        plan.stages.extend(managed.stages);
        plan.stages.extend(reported);
    }
    if !tracking.freed.is_empty() {
        plan.stages.push(pods::let_go(&tracking.freed, &Why::Recorded));
        // What is recorded is counted when the finalizers are gone: at once if nothing else is to come.
        let others_run = ending.is_none() && remaining > 0;
        plan.wake(if others_run { COUNTED_WITHIN } else { Duration::ZERO });
    }
    plan
}

fn unknown_mode(tracked: &Tracked) -> Plan<Why> {
    let message = "Skipped Job sync because completion mode is unknown";
    let event = event(&*tracked.job, EventType::Warning, "UnknownCompletionMode", message);
    let mut plan = Plan::rest();
    plan.step(announce(event, Why::UnknownMode));
    plan
}

/// An adopted pod gets the finalizer, one that is let go loses it.
fn claims(tracked: &Tracked) -> Plan<Why> {
    let owner = &tracked.job.metadata;
    let mut plan = Plan::rest();
    if tracked.claims.refused {
        warn!(key = %owner.key(), "the owner may not adopt");
        plan.wake(ADOPTION_RETRY);
    }
    for action in tracked.claims.adoptions(&JOBS, owner) {
        plan.step(Step::new(with(action, "finalizers"), Why::Adopt));
    }
    for action in tracked.claims.releases(owner) {
        plan.step(Step::new(with(action, "$deleteFromPrimitiveList/finalizers"), Why::Release));
    }
    plan
}

fn with(mut action: Action, field: &str) -> Action {
    if let Action::Patch { patch, .. } = &mut action {
        patch["metadata"][field] = json!([FINALIZER]);
    }
    action
}

/// The status in the making, and what is told once it is written.
struct Report {
    status: JobStatus,
    told: Vec<(EventType, &'static str, String)>,
    /// How and why the job has ended, if it has.
    ended: Option<(Outcome, String)>,
}

impl Report {
    /// What is so before anything else is done.
    fn start(census: &Census<'_>, tracking: &Tracking, now: Time) -> Self {
        let mut status = census.job.status.clone();
        if census.job.spec.suspend != Some(true) {
            status.start_time = status.start_time.or(Some(now.whole_seconds()));
        }
        status.active = to_i32(census.active.len());
        status.ready = Some(to_i32(census.ready()));
        status.terminating = Some(to_i32(census.terminating));
        status.succeeded = tracking.succeeded;
        status.failed = tracking.failed;
        status.uncounted_terminated_pods = Some(tracking.uncounted.clone());
        status.completed_indexes =
            tracking.completed_indexes.as_ref().map(indexes::format).unwrap_or_default();
        status.failed_indexes =
            census.per_index().map(|per_index| indexes::format(&per_index.failed));
        Self { status, told: Vec::new(), ended: None }
    }

    /// What will be so once the pods are managed.
    fn foresee(&mut self, managed: &Managed) {
        let gone = || managed.removed.iter().chain(&managed.stopped);
        let (going, ready) = (gone().count(), gone().filter(|pod| pod.is_ready()).count());
        self.status.active += to_i32(managed.created) - to_i32(going);
        self.status.ready = self.status.ready.map(|count| count - to_i32(ready));
        self.status.terminating = self.status.terminating.map(|count| count + to_i32(going));
    }

    /// First that it will end; that it has ended when nothing runs and everything is counted.
    fn end(&mut self, ending: &Ending, tracking: &Tracking, now: Time) {
        let (criterion, verdict) = match ending.outcome {
            Outcome::Success => (SUCCESS_CRITERIA_MET, COMPLETE),
            Outcome::Failure => (FAILURE_TARGET, FAILED),
        };
        let holds = |kind| condition(kind, Status::True, &ending.reason, &ending.message, now);
        if holding(&self.status.conditions, criterion).is_none() {
            set(&mut self.status.conditions, holds(criterion));
        }
        let is_counted = tracking.uncounted.succeeded.is_empty()
            && tracking.uncounted.failed.is_empty()
            && tracking.freed.is_empty()
            && !tracking.is_cut;
        if !is_counted || self.status.active != 0 || self.status.terminating != Some(0) {
            return;
        }
        set(&mut self.status.conditions, holds(verdict));
        self.ended = Some((ending.outcome, ending.reason.to_string()));
        match ending.outcome {
            Outcome::Success => {
                self.status.completion_time = Some(now.whole_seconds());
                self.tell(EventType::Normal, "Completed", "Job completed");
            }
            Outcome::Failure => {
                self.tell(EventType::Warning, failure_reason(&ending.reason), &ending.message);
            }
        }
    }

    fn suspend_or_resume(&mut self, census: &Census<'_>, now: Time) {
        let conditions = &mut self.status.conditions;
        if census.job.spec.suspend == Some(true) {
            let new = condition(SUSPENDED, Status::True, "JobSuspended", "Job suspended", now);
            if set(conditions, new) {
                self.status.start_time = None;
                self.tell(EventType::Normal, "Suspended", "Job suspended");
            }
            return;
        }
        let is_known = conditions.iter().any(|known| known.kind == *SUSPENDED);
        let new = condition(SUSPENDED, Status::False, "JobResumed", "Job resumed", now);
        if is_known && set(conditions, new) {
            self.status.start_time = Some(now.whole_seconds());
            self.tell(EventType::Normal, "Resumed", "Job resumed");
        }
    }

    fn tell(&mut self, kind: EventType, reason: &'static str, message: &str) {
        self.told.push((kind, reason, message.to_owned()));
    }

    fn steps(self, census: &Census<'_>, freed: &[Arc<Pod>]) -> Vec<Stage<Why>> {
        let job = census.job;
        let Some(mut written) = status::step(job, &self.status) else { return Vec::new() };
        let end = self.ended.as_ref().map(|(outcome, reason)| (*outcome, reason.as_str()));
        metrics::written(&mut written, census, &self.status, freed, end);
        let mut told = self.told;
        let completed = self.status.completion_time.is_some();
        if completed && job.spec.completions.is_some_and(|wanted| self.status.succeeded > wanted) {
            let message = "Too many succeeded pods running after completion count reached";
            told.insert(0, (EventType::Warning, "TooManySucceededPods", message.to_owned()));
        }
        let tell = |(kind, reason, message)| {
            announce(event(job, kind, reason, message), Why::StatusChanged)
        };
        let steps = std::iter::once(written).chain(told.into_iter().map(tell));
        steps.map(Stage::One).collect()
    }
}

/// The reason of an event is a constant; that of a stored condition is text.
fn failure_reason(reason: &str) -> &'static str {
    let known = [
        "BackoffLimitExceeded",
        "DeadlineExceeded",
        "PodFailurePolicy",
        "MaxFailedIndexesExceeded",
        "FailedIndexes",
    ];
    known.into_iter().find(|known| *known == reason).unwrap_or("JobFailed")
}
