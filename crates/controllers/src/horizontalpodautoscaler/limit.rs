//! Keeps a number of replicas between its bounds, and its pace within what the policies allow.

use api::views::{ScalingPolicy, ScalingPolicyType, ScalingRules, SelectPolicy};

use super::{
    condition::{SCALING_LIMITED, Word},
    history::{Memory, seconds, sum_within},
    stabilize::Step,
};
use crate::shared::float::{ceil, float, truncate};

const TOO_MANY: (&str, &str) =
    ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
const TOO_FEW: (&str, &str) =
    ("TooFewReplicas", "the desired replica count is less than the minimum replica count");
const TOO_FAST_UP: (&str, &str) =
    ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
const TOO_FAST_DOWN: (&str, &str) = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
);
/// Without a behaviour a target at most doubles, but may always have so many replicas.
const FREE_REPLICAS: i32 = 4;

/// The least and the most replicas there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) least: i32,
    pub(super) most: i32,
}

/// A bound and what to tell when it is met.
type Limit = (i32, (&'static str, &'static str));

/// The number of replicas that the bounds and policies leave, and what to tell of it.
pub(super) fn limit(memory: &Memory, step: Step<'_>, bounds: Bounds) -> (i32, Word) {
    let (lower, upper) = match step.behavior {
        None => {
            let doubled = step.current.saturating_mul(2).max(FREE_REPLICAS);
            (Some((bounds.least, TOO_FEW)), Some(smaller((doubled, TOO_FAST_UP), bounds.most)))
        }
        Some(behavior) if step.proposal > step.current => {
            let pace = growth(memory, step, &behavior.scale_up).max(step.current);
            (None, Some(smaller((pace, TOO_FAST_UP), bounds.most)))
        }
        Some(behavior) if step.proposal < step.current => {
            let pace = shrinkage(memory, step, &behavior.scale_down).min(step.current);
            (Some(larger((pace, TOO_FAST_DOWN), bounds.least)), None)
        }
        Some(_) => (None, None),
    };
    if let Some((least, (reason, message))) = lower.filter(|(least, _)| step.proposal < *least) {
        return (least, Word::holds(SCALING_LIMITED, reason, message));
    }
    if let Some((most, (reason, message))) = upper.filter(|(most, _)| step.proposal > *most) {
        return (most, Word::holds(SCALING_LIMITED, reason, message));
    }
    let message = "the desired count is within the acceptable range";
    (step.proposal, Word::fails(SCALING_LIMITED, "DesiredWithinRange", message))
}

/// The pace or the most there may be, whichever is less.
const fn smaller(pace: Limit, most: i32) -> Limit {
    if most > pace.0 { pace } else { (most, TOO_MANY) }
}

/// The pace or the least there must be, whichever is more.
const fn larger(pace: Limit, least: i32) -> Limit {
    if least < pace.0 { pace } else { (least, TOO_FEW) }
}

/// The most replicas that the policies for growing allow now.
fn growth(memory: &Memory, step: Step<'_>, rules: &ScalingRules) -> i32 {
    let allowed = rules.policies.iter().map(|policy| {
        let began = at_period_start(memory, step, policy);
        match policy.kind {
            ScalingPolicyType::Pods => began.saturating_add(policy.value),
            ScalingPolicyType::Percent => ceil(float(began.into()) * (1.0 + share(policy))),
        }
    });
    match rules.select_policy {
        SelectPolicy::Max => allowed.max().unwrap_or(i32::MIN),
        SelectPolicy::Min => allowed.min().unwrap_or(i32::MAX),
        SelectPolicy::Disabled => step.current,
    }
}

/// The fewest replicas that the policies for shrinking allow now.
fn shrinkage(memory: &Memory, step: Step<'_>, rules: &ScalingRules) -> i32 {
    let allowed = rules.policies.iter().map(|policy| {
        let began = at_period_start(memory, step, policy);
        match policy.kind {
            ScalingPolicyType::Pods => began.saturating_sub(policy.value),
            ScalingPolicyType::Percent => truncate(float(began.into()) * (1.0 - share(policy))),
        }
    });
    match rules.select_policy {
        SelectPolicy::Max => allowed.min().unwrap_or(i32::MAX),
        SelectPolicy::Min => allowed.max().unwrap_or(i32::MIN),
        SelectPolicy::Disabled => step.current,
    }
}

/// How many replicas there were when the policy's period began, had nobody else changed them.
fn at_period_start(memory: &Memory, step: Step<'_>, policy: &ScalingPolicy) -> i32 {
    let period = seconds(policy.period_seconds);
    let grown = sum_within(&memory.growth, period, step.now);
    let shrunk = sum_within(&memory.shrinkage, period, step.now);
    step.current.saturating_sub(grown).saturating_add(shrunk)
}

fn share(policy: &ScalingPolicy) -> f64 {
    float(policy.value.into()) / 100.0
}
