//! [`Replicas`] → [`Plan`]: all control flow.

use std::{cmp::Ordering, time::Duration};

use api::resources::PODS;
use meta::{mutants::mutant, time::Time};
use runtime::{Action, ClientError, Plan, Stage, Step};
use tracing::warn;

use super::{Why, backoff, pods, replicas::Replicas, status};

/// After this long an owner that could not be read is read again.
const ADOPTION_RETRY: Duration = Duration::from_secs(1);

/// What went wrong with pods since the last plan; the next one reports it.
#[derive(Debug, Default)]
pub struct Memory {
    failure: Option<Failure>,
}

/// The first failure of a batch.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Memory {
    pub(super) fn note_failure(&mut self, step: &Step<Why>, error: &ClientError) {
        let failure = match &step.action {
            Action::Create { resource, .. } if *resource == PODS => {
                Failure { reason: "FailedCreate", message: error.to_string() }
            }
            Action::Delete { .. } => Failure {
                reason: "FailedDelete",
                message: format!("unable to delete pods: {error}"),
            },
            Action::Create { .. }
            | Action::Patch { .. }
            | Action::CreateSubresource { .. }
            | Action::Replace { .. }
            | Action::DeleteCollection { .. }
            | Action::Announce => return,
        };
        self.failure.get_or_insert(failure);
    }
}

pub(super) fn plan(memory: &mut Memory, replicas: &Replicas, now: Time) -> Plan<Why> {
    let metadata = &replicas.replica_set.metadata;
    if let Some(reason) = &replicas.invalid_selector {
        warn!(key = %metadata.key(), reason, "selector is invalid");
        return Plan::rest();
    }
    if replicas.claims.are_open() {
        return claims(replicas);
    }
    let failure = memory.failure.take();
    let mut plan = Plan::rest();
    let reports_failure = failure.is_some();
    let failure = failure.or_else(|| unlabelled(replicas));
    let status = status::status(replicas, failure.as_ref(), now);
    let report = status::step(replicas, &status);
    if let (true, Some(report)) = (reports_failure, &report) {
        // First: what failed before may fail again, and what follows a failure is not done.
        plan.step(report.clone());
    }
    if !metadata.is_deleting() {
        adjust(replicas, &mut plan, now);
    }
    if let (false, Some(report)) = (reports_failure, report) {
        plan.step(report);
    }
    if let Some(delay) = status::wake_after(replicas, now) {
        plan.wake(delay);
    }
    plan
}

fn adjust(replicas: &Replicas, plan: &mut Plan<Why>, now: Time) {
    let (wanted, active) = (replicas.wanted(), replicas.active.len());
    match active.cmp(&wanted) {
        Ordering::Equal => {}
        Ordering::Greater => {
            plan.stages.push(Stage::Together(pods::deletes(replicas, active - wanted, now)));
        }
        Ordering::Less if unlabelled(replicas).is_some() => {}
        Ordering::Less => {
            let wait = backoff::wait(replicas, now).filter(|_| !mutant("hb_11"));
            if let Some(delay) = wait {
                cov_mark::hit!(replica_set_replaces_failing_pods_ever_more_slowly);
                plan.wake(delay);
                return;
            }
            plan.stages.push(Stage::SlowStart(pods::creates(replicas, wanted - active)));
        }
    }
}

/// A template without labels makes pods that nobody could find again.
fn unlabelled(replicas: &Replicas) -> Option<Failure> {
    let lacks = replicas.active.len() < replicas.wanted()
        && replicas.replica_set.spec.template.labels().is_empty();
    let message = "unable to create pods, no labels".to_owned();
    lacks.then_some(Failure { reason: "FailedCreate", message })
}

fn claims(replicas: &Replicas) -> Plan<Why> {
    let owner = &replicas.replica_set.metadata;
    let mut plan = Plan::rest();
    if replicas.claims.refused {
        warn!(key = %owner.key(), "the owner may not adopt");
        plan.wake(ADOPTION_RETRY);
    }
    for action in replicas.claims.adoptions(&replicas.resource, owner) {
        plan.step(Step::new(action, Why::Adopt));
    }
    for action in replicas.claims.releases(owner) {
        plan.step(Step::new(action, Why::Release));
    }
    plan
}
