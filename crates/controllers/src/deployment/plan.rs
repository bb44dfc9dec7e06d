//! [`Rollout`] → [`Plan`]: all control flow.

use std::time::Duration;

use api::{
    resources::DEPLOYMENTS,
    views::{Status, StrategyType},
};
use meta::{mutants::mutant, text::Text, time::Time};
use runtime::{Action, ClientError, EventType, Plan, Step};
use tracing::warn;

use super::{
    Why,
    conditions::{self, CREATE_ERROR, PROGRESSING},
    draft::{Draft, Report, event, status_step},
    new_replica_set, progress, recreate, rollback, rolling,
    rollout::{Fleet, Resize, Rollout, Selection},
    scaling,
};

/// After this long an owner that could not be read is read again.
const ADOPTION_RETRY: Duration = Duration::from_secs(1);

/// What became of an attempt to make a new ReplicaSet; the next plan reports it.
#[derive(Debug, Default)]
pub struct Memory {
    refusal: Option<Refusal>,
}

#[derive(Debug)]
struct Refusal {
    name: Text,
    error: String,
}

impl Memory {
    pub(super) fn note_failure(&mut self, step: &Step<Why>, error: &ClientError) {
        let Action::Create { object, .. } = &step.action else { return };
        // A name that is taken shows in the cache; the next plan then sees whose it is.
        if error.is_already_exists() {
            cov_mark::hit!(deployment_waits_for_the_cache_to_show_the_taken_name);
            return;
        }
        let name = object.pointer("/metadata/name").and_then(serde_json::Value::as_str);
        let name = name.unwrap_or_default().into();
        self.refusal = Some(Refusal { name, error: error.to_string() });
    }
}

pub(super) fn plan(memory: &mut Memory, rollout: &Rollout, now: Time) -> Plan<Why> {
    match &rollout.selection {
        Selection::Some => {}
        Selection::All => return selects_everything(rollout),
        Selection::Invalid(reason) => {
            warn!(key = %rollout.deployment.metadata.key(), reason, "selector is invalid");
            return Plan::rest();
        }
    }
    if rollout.claims.are_open() {
        return claims(rollout);
    }
    let deployment = &rollout.deployment;
    let mut draft = Draft::new(rollout, now);
    if deployment.metadata.is_deleting() {
        draft.sync_new();
        return draft.finish(Report::Counts);
    }
    if let Some(plan) = pause(rollout, now) {
        return plan;
    }
    let rollback = rollback::requested(rollout);
    if deployment.spec.paused {
        draft.sync_new();
        draft.resize(sizes(rollout, &draft.fleet));
        if rollback.is_none() {
            draft.clean_up();
        }
        return draft.finish(Report::Counts);
    }
    if let Some(revision) = rollback {
        return match ensure_new(memory, rollout, &mut draft) {
            Some(plan) => plan,
            None if rollout.new_replica_set().is_none() => draft.finish(Report::Counts),
            None => rollback::plan(rollout, &draft.fleet, revision),
        };
    }
    draft.sync_new();
    // Where a change of size asks for nothing, the rollout goes on: it may be what brings the change about.
    if scaling::is_due(rollout, &draft.fleet)
        && (draft.resize(sizes(rollout, &draft.fleet)) || mutant("hb_14"))
    {
        return draft.finish(Report::Counts);
    }
    match &deployment.spec.strategy.kind {
        StrategyType::Recreate => recreate(memory, rollout, draft),
        StrategyType::RollingUpdate => roll(memory, rollout, draft),
        StrategyType::Other(kind) => {
            let key = deployment.metadata.key();
            warn!(%key, strategy = kind.as_str(), "unexpected deployment strategy type");
            Plan::rest()
        }
    }
}

/// The sizes for another number of pods, as the strategy allows them now.
fn sizes(rollout: &Rollout, fleet: &Fleet) -> Vec<Resize> {
    let mut sizes = scaling::scale(rollout, fleet);
    if rollout.deployment.spec.strategy.kind == StrategyType::Recreate {
        sizes.retain(|resize| recreate::has_room(rollout, fleet, resize));
    }
    sizes
}

fn roll(memory: &mut Memory, rollout: &Rollout, mut draft: Draft<'_>) -> Plan<Why> {
    if let Some(plan) = ensure_new(memory, rollout, &mut draft) {
        return plan;
    }
    if draft.resize(rolling::scale_new(rollout, &draft.fleet)) {
        return draft.finish(Report::Rollout);
    }
    if draft.resize(rolling::scale_old(rollout, &draft.fleet)) {
        return draft.finish(Report::Rollout);
    }
    settle(rollout, draft)
}

fn recreate(memory: &mut Memory, rollout: &Rollout, mut draft: Draft<'_>) -> Plan<Why> {
    if draft.resize(recreate::scale_old(&draft.fleet)) {
        return draft.finish(Report::Rollout);
    }
    if recreate::old_pods_remain(rollout, &draft.fleet) {
        cov_mark::hit!(deployment_recreate_waits_for_old_pods);
        return draft.finish(Report::Rollout);
    }
    if let Some(plan) = ensure_new(memory, rollout, &mut draft) {
        return plan;
    }
    if draft.resize(rolling::scale_new(rollout, &draft.fleet)) {
        return draft.finish(Report::Rollout);
    }
    settle(rollout, draft)
}

/// History is cut once the completion is in the stored status, not when it is first seen.
fn settle(rollout: &Rollout, mut draft: Draft<'_>) -> Plan<Why> {
    if progress::is_complete(rollout, &rollout.deployment.status) {
        cov_mark::hit!(deployment_cleans_up_once_complete);
        draft.clean_up();
    }
    draft.finish(Report::Rollout)
}

/// Makes the new ReplicaSet if there is none; answers a plan that must come first where there is one.
fn ensure_new(memory: &mut Memory, rollout: &Rollout, draft: &mut Draft<'_>) -> Option<Plan<Why>> {
    let refusal = memory.refusal.take();
    if draft.fleet.new.is_some() {
        return None;
    }
    if rollout.name_taken && !mutant("hb_13") {
        return Some(count_collision(rollout));
    }
    if let Some(refusal) = refusal
        && let Some(report) = report_refusal(rollout, draft, &refusal)
    {
        return Some(report);
    }
    draft.create_new();
    None
}

/// The condition and the event that tell of a refused ReplicaSet. The condition comes in a plan of its
/// own, without observedGeneration: the change is not carried out.
fn report_refusal(
    rollout: &Rollout,
    draft: &mut Draft<'_>,
    Refusal { name, error }: &Refusal,
) -> Option<Plan<Why>> {
    let metadata = &rollout.deployment.metadata;
    let message = format!("Failed to create new replica set \"{name}\": {error}");
    let mut announce = Step::new(Action::Announce, Why::CreateFailed);
    announce.on_success =
        Some(event(metadata, EventType::Warning, "ReplicaSetCreateError", message.clone()));
    let known = conditions::reason(&rollout.deployment.status.conditions, PROGRESSING);
    if rollout.deadline_seconds().is_none() || known == CREATE_ERROR {
        draft.announce(announce);
        return None;
    }
    draft.progressing(Status::False, CREATE_ERROR, message);
    let mut plan = Plan::rest();
    if let Some(step) = draft.conditions_step(Why::CreateFailed) {
        plan.step(step);
    }
    plan.step(announce);
    Some(plan)
}

fn count_collision(rollout: &Rollout) -> Plan<Why> {
    cov_mark::hit!(deployment_counts_a_collision);
    let mut status = rollout.deployment.status.clone();
    status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
    let name = new_replica_set::name(&rollout.deployment).into();
    one_step(status_step(rollout, &status, None, Why::NameTaken { name }))
}

fn claims(rollout: &Rollout) -> Plan<Why> {
    let owner = &rollout.deployment.metadata;
    let mut plan = Plan::rest();
    if rollout.claims.refused {
        warn!(key = %owner.key(), "the owner may not adopt");
        plan.wake(ADOPTION_RETRY);
    }
    for action in rollout.claims.adoptions(&DEPLOYMENTS, owner) {
        plan.step(Step::new(action, Why::Adopt));
    }
    for action in rollout.claims.releases(owner) {
        plan.step(Step::new(action, Why::Release));
    }
    plan
}

/// A pause and its end are reported before anything follows from them: `rollout status` shows both.
fn pause(rollout: &Rollout, now: Time) -> Option<Plan<Why>> {
    let condition = progress::pause_condition(rollout, now)?;
    let mut status = rollout.deployment.status.clone();
    conditions::set(&mut status.conditions, condition);
    Some(one_step(status_step(rollout, &status, None, Why::PauseChanged)))
}

fn selects_everything(rollout: &Rollout) -> Plan<Why> {
    let metadata = &rollout.deployment.metadata;
    let message =
        "This deployment is selecting all pods. A non-empty selector is required.".to_owned();
    let mut announce = Step::new(Action::Announce, Why::SelectsEverything);
    announce.on_success = Some(event(metadata, EventType::Warning, "SelectingAll", message));
    let mut status = rollout.deployment.status.clone();
    status.observed_generation = status.observed_generation.max(metadata.generation);
    let mut plan = Plan::rest();
    plan.step(announce);
    if let Some(step) = status_step(rollout, &status, None, Why::SelectsEverything) {
        plan.step(step);
    }
    plan
}

fn one_step(step: Option<Step<Why>>) -> Plan<Why> {
    let mut plan = Plan::rest();
    if let Some(step) = step {
        plan.step(step);
    }
    plan
}
