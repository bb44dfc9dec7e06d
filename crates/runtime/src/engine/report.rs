//! What became of a plan's steps, and what that means for its key.

use std::time::Duration;

use client::ClientError;

use super::{act::Performed, fence::Mark};
use crate::Step;

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is so now.
    Done,
    /// Not sent: the term is over.
    Stopped,
    /// Refused because the namespace is being deleted; nothing is wrong, and what was to come after it is
    /// still due: a finalizer that stays would keep the namespace.
    Terminating,
    /// Refused because the plan was made on an old state.
    Conflict,
    /// It may or may not have happened.
    Unknown(ClientError),
    /// Refused.
    Refused(ClientError),
}

/// The code of another's write that came first.
const CONFLICT: u16 = 409;
/// Stands for the code where nobody answered.
const NO_ANSWER: u16 = 500;

/// The code of a refusal.
pub(super) fn code(error: &ClientError) -> u16 {
    error.api().map_or(NO_ANSWER, |error| error.code)
}

impl Verdict {
    /// The code of the refusal of a step; `None` if it was done or need not be.
    pub(crate) fn refusal(&self) -> Option<u16> {
        match self {
            Self::Done | Self::Stopped | Self::Terminating => None,
            Self::Conflict => Some(CONFLICT),
            Self::Unknown(error) | Self::Refused(error) => Some(code(error)),
        }
    }
}

/// Outcomes of the steps that were taken.
#[derive(Debug)]
pub(crate) struct Report<W> {
    /// What caches must show before the key is planned again.
    pub(crate) marks: Vec<Mark>,
    /// Steps that were refused, for the controller to learn of.
    pub(crate) refused: Vec<(Step<W>, ClientError)>,
    conflict: bool,
    failed: bool,
    ended: bool,
    terminating: bool,
    wait: Duration,
    /// The code of the first refusal.
    first_refusal: Option<u16>,
}

/// What a key needs after a plan was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing until something changes, or a while has passed.
    Rest,
    /// Another look at once.
    Again,
    /// Another look after a back-off, at least after this long.
    Retry(Duration),
    /// Nothing: the namespace goes, or we may not act any more.
    Nothing,
}

/// After so many conflicts in a row the key backs off like after a failure.
const CONFLICTS_MAX: u32 = 5;

impl<W> Default for Report<W> {
    fn default() -> Self {
        Self {
            marks: Vec::new(),
            refused: Vec::new(),
            conflict: false,
            failed: false,
            ended: false,
            terminating: false,
            wait: Duration::ZERO,
            first_refusal: None,
        }
    }
}

impl<W> Report<W> {
    /// Takes in what became of steps that were taken together; answers whether to go on.
    pub(crate) fn take(&mut self, performed: Vec<(Step<W>, Performed)>) -> bool {
        let mut all_done = true;
        for (step, Performed { marks, verdict }) in performed {
            self.marks.extend(marks);
            all_done &= matches!(verdict, Verdict::Done | Verdict::Terminating);
            self.first_refusal = self.first_refusal.or(verdict.refusal());
            match verdict {
                Verdict::Done => {}
                Verdict::Stopped => self.ended = true,
                Verdict::Terminating => self.terminating = true,
                Verdict::Conflict => self.conflict = true,
                Verdict::Unknown(_) => self.failed = true,
                Verdict::Refused(error) => {
                    self.failed = true;
                    self.wait = self.wait.max(error.retry_after().unwrap_or_default());
                    self.refused.push((step, error));
                }
            }
        }
        all_done
    }
    /// What the key needs; `conflicts` is how many plans in a row met one, this one included.
    pub(crate) const fn next(&self, conflicts: u32) -> Next {
        if self.failed || (self.conflict && conflicts > CONFLICTS_MAX) {
            return Next::Retry(self.wait);
        }
        if self.conflict {
            return Next::Again;
        }
        if self.ended || self.terminating { Next::Nothing } else { Next::Rest }
    }
    /// Whether more of what was refused would be refused as well: the namespace goes.
    pub(crate) const fn is_terminating(&self) -> bool {
        self.terminating
    }
    /// The code of the first refusal; `None` if all steps were done or need not be.
    pub(crate) const fn refusal(&self) -> Option<u16> {
        self.first_refusal
    }
    /// Whether a step met another's write.
    pub(crate) const fn met_conflict(&self) -> bool {
        self.conflict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;
    use client::ApiError;

    fn refused(retry_after: Option<u64>) -> Verdict {
        Verdict::Refused(ClientError::Api(ApiError {
            code: 429,
            reason: String::new(),
            message: String::new(),
            causes: Vec::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }))
    }
    fn check(verdicts: &[Verdict], conflicts: u32, expected: Next) {
        let mut report = Report::default();
        for verdict in verdicts {
            let performed = Performed { marks: Vec::new(), verdict: verdict.clone() };
            let carry_on = report.take(vec![(Step::new(Action::Announce, "why"), performed)]);
            assert_eq!(carry_on, matches!(verdict, Verdict::Done | Verdict::Terminating));
        }
        assert_eq!(report.next(conflicts), expected);
    }

    #[test]
    fn a_key_whose_steps_are_done_rests() {
        check(&[Verdict::Done, Verdict::Done], 0, Next::Rest);
    }
    #[test]
    fn a_conflict_is_planned_again_at_once_unless_it_repeats() {
        check(&[Verdict::Done, Verdict::Conflict], 1, Next::Again);
        check(&[Verdict::Conflict], 6, Next::Retry(Duration::ZERO));
    }
    #[test]
    fn a_refusal_backs_off_as_long_as_the_server_asks() {
        check(&[refused(None)], 0, Next::Retry(Duration::ZERO));
        check(&[refused(Some(1)), refused(Some(7))], 0, Next::Retry(Duration::from_secs(7)));
        check(&[Verdict::Conflict, refused(None)], 1, Next::Retry(Duration::ZERO));
    }
    #[test]
    fn a_terminating_namespace_and_a_lost_lease_want_nothing() {
        check(&[Verdict::Terminating], 0, Next::Nothing);
        check(&[Verdict::Stopped], 0, Next::Nothing);
    }
    #[test]
    fn an_unknown_outcome_is_looked_at_again() {
        let lost = ClientError::NoAnswer { reason: String::new() };
        check(&[Verdict::Unknown(lost)], 0, Next::Retry(Duration::ZERO));
    }
}
