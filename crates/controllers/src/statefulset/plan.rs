//! [`Members`] → [`Plan`]: all control flow.

use std::{collections::BTreeSet, mem, time::Duration};

use api::{
    resources::{PERSISTENT_VOLUME_CLAIMS, STATEFUL_SETS},
    views::StatefulSetStrategyType,
};
use meta::{text::Text, time::Time};
use runtime::{Action, ClientError, Event, EventType, Plan, Stage, Step};
use tracing::warn;

use super::{
    Why, condemned,
    members::Members,
    metrics,
    pod::{self, Verb},
    revisions::{self, Revisions},
    rolling::{self, Outdated},
    slots, status,
};
use crate::shared::tell::{announce, event};

/// After this long an owner that could not be read is read again.
const ADOPTION_RETRY: Duration = Duration::from_secs(1);

/// What the next plan must tell, and what was told.
#[derive(Debug, Default)]
pub struct Memory {
    /// A step was refused: the next plan reports first, since it may be refused again.
    has_failed: bool,
    /// Pods that could not be made for want of a claim, and why.
    refusals: Vec<(Text, String)>,
    /// Complaints that last are told once.
    told: BTreeSet<String>,
}

impl Memory {
    pub(super) fn note_failure(&mut self, step: &Step<Why>, error: &ClientError) {
        self.has_failed = true;
        if let (Action::Create { resource, object, .. }, Why::NeedsClaim { pod }) =
            (&step.action, &step.why)
            && *resource == PERSISTENT_VOLUME_CLAIMS
        {
            let claim = object["metadata"]["name"].as_str().unwrap_or_default();
            self.refusals.push((pod.clone(), format!("failed to create PVC {claim}: {error}")));
        }
    }

    /// What is to be told now.
    fn tell(&mut self, members: &Members, complaints: Vec<Event>) -> Vec<Stage<Why>> {
        let refusals = mem::take(&mut self.refusals).into_iter();
        let refused =
            refusals.map(|(pod, error)| pod::failure(&members.set, Verb::Create, &pod, &error));
        let told = mem::take(&mut self.told);
        self.told = complaints.iter().map(|complaint| complaint.message.clone()).collect();
        let new = complaints.into_iter().filter(|complaint| !told.contains(&complaint.message));
        refused.chain(new).map(|event| Stage::One(announce(event, Why::InTheWay))).collect()
    }
}

/// What is to be done about pods.
#[derive(Default)]
struct Moves {
    stages: Vec<Stage<Why>>,
    complaints: Vec<Event>,
    outdated: Vec<Outdated>,
}

pub(super) fn plan(memory: &mut Memory, members: &Members, now: Time) -> Plan<Why> {
    let set = &members.set;
    if let Some(reason) = &members.invalid_selector {
        warn!(key = %set.metadata.key(), reason, "selector is invalid");
        return Plan::rest();
    }
    if let StatefulSetStrategyType::Other(strategy) = &set.spec.update_strategy.kind {
        return unknown_strategy(memory, members, strategy);
    }
    if members.are_open() {
        return claims(members);
    }
    let mut plan = Plan::rest();
    metrics::look(&mut plan, members, now);
    let is_deleting = set.metadata.is_deleting();
    let revisions = match revisions::find(members) {
        Ok(revisions) => revisions,
        // The collector takes the revisions of a set that goes: to make them anew would never end.
        Err(_) if is_deleting => return plan,
        Err(steps) => {
            plan.stages = steps.into_iter().map(Stage::One).collect();
            return plan;
        }
    };
    let moves = if is_deleting { Moves::default() } else { moves(members, &revisions, now) };
    let report = report(members, &revisions, &moves.outdated, now);
    let told = memory.tell(members, moves.complaints);
    if mem::take(&mut memory.has_failed) {
        plan.stages = report.into_iter().chain(told).chain(moves.stages).collect();
    } else {
        plan.stages = told.into_iter().chain(moves.stages).chain(report).collect();
    }
    if let Some(delay) = status::wake_after(members, now) {
        plan.wake(delay);
    }
    plan
}

/// Places first; then those beyond them; then updates.
fn moves(members: &Members, revisions: &Revisions, now: Time) -> Moves {
    let mut moves = Moves::default();
    let mut places = slots::look(members, revisions, now);
    let (is_blocked, gone) = (places.is_blocked, mem::take(&mut places.deleted));
    moves.complaints = mem::take(&mut places.complaints);
    moves.stages.extend(places.into_stages());
    if is_blocked {
        return moves;
    }
    let farewell = condemned::look(members);
    moves.complaints.extend(farewell.complaints);
    moves.together(farewell.owners);
    moves.together(farewell.deletes);
    if farewell.is_blocking {
        return moves;
    }
    moves.outdated = rolling::outdated(members, revisions, &gone, now);
    let delete = |old: &Outdated| pod::delete(members, &old.pod, old.why.clone());
    moves.together(moves.outdated.iter().map(delete).collect());
    moves
}

impl Moves {
    fn together(&mut self, steps: Vec<Step<Why>>) {
        if !steps.is_empty() {
            self.stages.push(Stage::Together(steps));
        }
    }
}

/// The status, and the end of what nobody needs any more.
fn report(
    members: &Members,
    revisions: &Revisions,
    outdated: &[Outdated],
    now: Time,
) -> Vec<Stage<Why>> {
    let status = status::status(members, revisions, outdated, now);
    let step = status::step(members, &status).map(Stage::One);
    step.into_iter().chain(revisions::clean_up(members, revisions)).collect()
}

fn claims(members: &Members) -> Plan<Why> {
    let owner = &members.set.metadata;
    let mut plan = Plan::rest();
    if members.pods.refused || members.revisions.refused {
        warn!(key = %owner.key(), "the owner may not adopt");
        plan.wake(ADOPTION_RETRY);
    }
    let revisions = members.revisions.adoptions(&STATEFUL_SETS, owner);
    let pods = members.pods.adoptions(&STATEFUL_SETS, owner);
    for action in revisions.into_iter().chain(pods) {
        plan.step(Step::new(action, Why::Adopt));
    }
    for action in members.pods.releases(owner) {
        plan.step(Step::new(action, Why::Release));
    }
    plan
}

fn unknown_strategy(memory: &mut Memory, members: &Members, strategy: &str) -> Plan<Why> {
    let set = &members.set;
    let key = set.metadata.key();
    warn!(%key, strategy, "the update strategy is unknown");
    let message = format!(
        "statefulset {key} uses {strategy} strategy but feature gate \
         StatefulSetRecreateStrategy is disabled"
    );
    let complaint = event(&**set, EventType::Warning, "UnknownStrategy", message);
    let mut plan = Plan::rest();
    plan.stages = memory.tell(members, vec![complaint]);
    plan
}
