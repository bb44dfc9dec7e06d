//! The conditions of a job: in order of their first appearance, never removed.

use api::views::{JobCondition, Status};
use meta::time::Time;

pub(super) const SUSPENDED: &str = "Suspended";
pub(super) const FAILURE_TARGET: &str = "FailureTarget";
pub(super) const SUCCESS_CRITERIA_MET: &str = "SuccessCriteriaMet";
pub(super) const COMPLETE: &str = "Complete";
pub(super) const FAILED: &str = "Failed";

/// The condition of that type, if it holds.
pub(super) fn holding<'a>(conditions: &'a [JobCondition], kind: &str) -> Option<&'a JobCondition> {
    conditions.iter().find(|known| known.kind == *kind && known.status == Status::True)
}

/// A condition as of now.
pub(super) fn condition(
    kind: &'static str,
    status: Status,
    reason: &str,
    message: &str,
    now: Time,
) -> JobCondition {
    let since = Some(now.whole_seconds());
    JobCondition {
        kind: kind.into(),
        status,
        last_probe_time: since,
        last_transition_time: since,
        reason: reason.into(),
        message: message.to_owned(),
    }
}

/// Puts a condition in its place; answers whether anything has changed.
pub(super) fn set(conditions: &mut Vec<JobCondition>, new: JobCondition) -> bool {
    let Some(known) = conditions.iter_mut().find(|known| known.kind == new.kind) else {
        conditions.push(new);
        return true;
    };
    let is_same =
        (known.status, &known.reason, &known.message) == (new.status, &new.reason, &new.message);
    if !is_same {
        *known = new;
    }
    !is_same
}
