//! The conditions of an autoscaler, in the order in which they first appeared.

use api::views::{Condition, Status};
use meta::time::Time;

pub(super) const ABLE_TO_SCALE: &str = "AbleToScale";
pub(super) const SCALING_ACTIVE: &str = "ScalingActive";
pub(super) const SCALING_LIMITED: &str = "ScalingLimited";
pub(super) const SCALED_TO_ZERO: &str = "ScaledToZero";

/// What a condition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) kind: &'static str,
    pub(super) status: Status,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Word {
    pub(super) fn holds(
        kind: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, status: Status::True, reason, message: message.into() }
    }
    pub(super) fn fails(
        kind: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, status: Status::False, reason, message: message.into() }
    }
}

/// The condition of that type.
pub(super) fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.kind == *kind)
}

/// Takes a word in; the time moves only with the status.
pub(super) fn say(conditions: &mut Vec<Condition>, word: Word, now: Time) {
    let now = Some(now.whole_seconds());
    let Some(known) = conditions.iter_mut().find(|known| known.kind == *word.kind) else {
        conditions.push(Condition {
            kind: word.kind.into(),
            status: word.status,
            last_transition_time: now,
            reason: word.reason.into(),
            message: word.message.into(),
            ..Condition::default()
        });
        return;
    };
    if known.status != word.status {
        known.last_transition_time = now;
        known.status = word.status;
    }
    known.reason = word.reason.into();
    known.message = word.message.into();
}
