//! [`Daemons`] → [`Plan`]: all control flow.

use std::{mem, time::Duration};

use api::resources::DAEMON_SETS;
use meta::time::Time;
use runtime::{EventType, Plan, Stage, Step};
use tracing::warn;

use super::{
    Why,
    backoff::Backoff,
    daemons::{Daemons, Selection, Stations},
    manage,
    revisions::{self, Revisions},
    rolling, status,
};
use crate::shared::tell::{announce, event};

/// After this long an owner that could not be read is read again.
const ADOPTION_RETRY: Duration = Duration::from_secs(1);

/// What is kept between plans.
#[derive(Debug, Default)]
pub struct Memory {
    /// A step was refused: the next plan reports first, since it may be refused again.
    has_failed: bool,
    backoff: Backoff,
}

impl Memory {
    pub(super) const fn note_failure(&mut self) {
        self.has_failed = true;
    }
}

pub(super) fn plan(memory: &mut Memory, daemons: &Daemons, now: Time) -> Plan<Why> {
    let set = &daemons.set;
    match &daemons.selection {
        Selection::Some => {}
        Selection::All => return selects_everything(daemons),
        Selection::Invalid(reason) => {
            warn!(key = %set.metadata.key(), reason, "selector is invalid");
            return Plan::rest();
        }
    }
    if set.metadata.is_deleting() {
        return Plan::rest();
    }
    if daemons.pods.are_open() || daemons.revisions.are_open() {
        return claims(daemons);
    }
    let mut plan = Plan::rest();
    let revisions = match revisions::find(daemons) {
        Ok(revisions) => revisions,
        Err(steps) => {
            plan.stages = steps.into_iter().map(Stage::One).collect();
            return plan;
        }
    };
    let stations = daemons.stations();
    memory.backoff.look_at(&set.metadata.uid, set.status.observed_generation, now);
    let mut moves = manage::moves(daemons, &revisions, &stations, &mut memory.backoff, now);
    let wakes = [moves.wake_after, status::wake_after(daemons, now)];
    wakes.into_iter().flatten().for_each(|delay| plan.wake(delay));
    if moves.is_empty() {
        // An update goes on from a state in which nothing is missing or superfluous.
        moves = rolling::moves(daemons, &revisions, &stations, now);
    }
    let report = report(daemons, &revisions, &stations, now);
    if mem::take(&mut memory.has_failed) {
        plan.stages = report.chain(moves.into_stages()).collect();
        return plan;
    }
    plan.stages = moves.into_stages().into_iter().chain(report).collect();
    plan
}

/// The status, and the end of what nobody needs any more.
fn report(
    daemons: &Daemons,
    revisions: &Revisions,
    stations: &Stations,
    now: Time,
) -> impl Iterator<Item = Stage<Why>> + use<> {
    let status = status::status(daemons, revisions, stations, now);
    let step = status::step(daemons, &status).map(Stage::One);
    revisions::clean_up(daemons, revisions).into_iter().chain(step)
}

fn selects_everything(daemons: &Daemons) -> Plan<Why> {
    let message = "This daemon set is selecting all pods. A non-empty selector is required.";
    let warning = event(&*daemons.set, EventType::Warning, "SelectingAll", message);
    let mut plan = Plan::rest();
    plan.step(announce(warning, Why::SelectsEverything));
    plan
}

fn claims(daemons: &Daemons) -> Plan<Why> {
    let owner = &daemons.set.metadata;
    let mut plan = Plan::rest();
    if daemons.pods.refused || daemons.revisions.refused {
        warn!(key = %owner.key(), "the owner may not adopt");
        plan.wake(ADOPTION_RETRY);
    }
    let adoptions = daemons.revisions.adoptions(&DAEMON_SETS, owner).into_iter();
    for action in adoptions.chain(daemons.pods.adoptions(&DAEMON_SETS, owner)) {
        plan.step(Step::new(action, Why::Adopt));
    }
    let releases = daemons.revisions.releases(owner).into_iter();
    for action in releases.chain(daemons.pods.releases(owner)) {
        plan.step(Step::new(action, Why::Release));
    }
    plan
}
