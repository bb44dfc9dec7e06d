//! Steadies proposals: what was proposed a short while ago still has a say.

use std::time::Duration;

use api::views::ScalingBehavior;
use meta::time::Time;

use super::{
    AutoscalerSettings,
    condition::{ABLE_TO_SCALE, Word},
    history::{Memory, seconds},
};

const UP: (&str, &str) = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const DOWN: (&str, &str) = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);

/// A number of replicas on its way from a proposal to a decision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) current: i32,
    pub(super) proposal: i32,
    pub(super) behavior: Option<&'a ScalingBehavior>,
    pub(super) settings: &'a AutoscalerSettings,
    pub(super) now: Time,
}

/// The proposal after the recent ones had their say, and what to tell of it. It is remembered as it was.
pub(super) fn stabilize(memory: &mut Memory, step: Step<'_>) -> (i32, Word) {
    let (steady, (reason, message), window) = match step.behavior {
        None => {
            let window = step.settings.downscale_stabilization;
            (step.proposal.max(highest(memory, step, window)), DOWN, window)
        }
        Some(behavior) => {
            let (up, down) = windows(behavior, step.settings);
            let text = if step.proposal >= step.current { UP } else { DOWN };
            let ceiling = lowest(memory, step, up);
            let floor = highest_after(memory, step, down);
            (step.current.max(ceiling).min(floor), text, up.max(down))
        }
    };
    memory.propose(step.proposal, window, step.now);
    if steady == step.proposal {
        let message = "recommended size matches current size";
        return (steady, Word::holds(ABLE_TO_SCALE, "ReadyForNewScale", message));
    }
    (steady, Word::holds(ABLE_TO_SCALE, reason, message))
}

/// How far back scaling up and scaling down look.
fn windows(behavior: &ScalingBehavior, settings: &AutoscalerSettings) -> (Duration, Duration) {
    let down = behavior.scale_down.stabilization_window_seconds.map(seconds);
    (
        behavior.scale_up.stabilization_window_seconds.map(seconds).unwrap_or_default(),
        down.unwrap_or(settings.downscale_stabilization),
    )
}

/// The largest proposal that is not older than the window.
fn highest(memory: &Memory, step: Step<'_>, window: Duration) -> i32 {
    let recent = memory.proposals.iter().filter(|known| known.at >= step.now - window);
    recent.map(|known| known.number).max().unwrap_or(step.proposal)
}

/// The largest of the proposal and those younger than the window.
fn highest_after(memory: &Memory, step: Step<'_>, window: Duration) -> i32 {
    let recent = memory.proposals.iter().filter(|known| known.at > step.now - window);
    recent.map(|known| known.number).fold(step.proposal, i32::max)
}

/// The smallest of the proposal and those younger than the window.
fn lowest(memory: &Memory, step: Step<'_>, window: Duration) -> i32 {
    let recent = memory.proposals.iter().filter(|known| known.at > step.now - window);
    recent.map(|known| known.number).fold(step.proposal, i32::min)
}
