//! What is remembered of an autoscaler between looks: proposals and changes of size.

use std::time::Duration;

use api::views::{ScalingBehavior, ScalingRules};
use meta::time::Time;

/// The past of one autoscaler.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Proposals as they were before any steadying, oldest first.
    pub(super) proposals: Vec<Remembered>,
    /// By how much the target grew.
    pub(super) growth: Vec<Remembered>,
    /// By how much the target shrank.
    pub(super) shrinkage: Vec<Remembered>,
    /// A change that was decided; it counts once it is seen.
    asked: Option<Asked>,
    /// Why the last change was refused.
    refusal: Option<Refusal>,
}

/// A number and when it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) number: i32,
    pub(super) at: Time,
}

/// A change of size that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    from: i32,
    to: i32,
    at: Time,
    /// Nothing is counted for autoscalers without a behaviour.
    is_counted: bool,
}

/// A change of size that the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: String,
}

impl Memory {
    /// Begins with the size that the target has when it is seen first.
    pub(super) fn begin(&mut self, replicas: i32, now: Time) {
        if self.proposals.is_empty() {
            self.proposals.push(Remembered { number: replicas, at: now });
        }
    }

    /// Takes a proposal in; what is older than `window` has no say any more.
    pub(super) fn propose(&mut self, replicas: i32, window: Duration, now: Time) {
        self.proposals.retain(|known| known.at >= now - window);
        self.proposals.push(Remembered { number: replicas, at: now });
    }

    /// A change of size is decided.
    pub(super) fn ask(&mut self, from: i32, to: i32, behavior: Option<&ScalingBehavior>, at: Time) {
        self.asked = Some(Asked { from, to, at, is_counted: behavior.is_some() });
    }

    /// Counts the change that was decided, if the target has its size now.
    pub(super) fn see(&mut self, replicas: i32, behavior: Option<&ScalingBehavior>) {
        let Some(asked) = self.asked.take().filter(|asked| asked.to == replicas) else { return };
        let Some(behavior) = behavior.filter(|_| asked.is_counted) else { return };
        let change = Remembered { number: (asked.to - asked.from).abs(), at: asked.at };
        let (kept, rules) = if asked.to > asked.from {
            (&mut self.growth, &behavior.scale_up)
        } else {
            (&mut self.shrinkage, &behavior.scale_down)
        };
        let oldest = asked.at - longest_period(rules);
        kept.retain(|known| known.at >= oldest);
        kept.push(change);
    }

    /// The change that was decided is refused.
    pub(super) fn refuse(&mut self, error: String) {
        self.asked = None;
        self.refusal = Some(Refusal { error });
    }
    /// The refusal that nobody was told of yet.
    pub(super) const fn take_refusal(&mut self) -> Option<Refusal> {
        self.refusal.take()
    }
}

/// The sum of the changes within the last `period`.
pub(super) fn sum_within(changes: &[Remembered], period: Duration, now: Time) -> i32 {
    changes.iter().filter(|change| change.at > now - period).map(|change| change.number).sum()
}

/// Seconds as objects hold them.
pub(super) fn seconds(seconds: i32) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn longest_period(rules: &ScalingRules) -> Duration {
    let periods = rules.policies.iter().map(|policy| seconds(policy.period_seconds));
    periods.max().unwrap_or_default()
}
