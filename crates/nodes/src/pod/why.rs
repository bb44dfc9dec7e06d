//! The reasons a simulated kubelet gives.

use std::fmt;

use api::views::Phase;

use super::container::Told;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The containers' states changed.
    Became(Phase),
    /// The containers were asked to stop and did.
    Stopped,
    /// Nothing of the pod is left on the node.
    Gone,
    /// A rule refuses it.
    Rejected,
    /// It ran for as long as it may.
    Overdue,
    /// A container has a story.
    Told(Told),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Became(phase) => write!(f, "its containers make it {phase:?}"),
            Self::Stopped => f.write_str("its containers have stopped"),
            Self::Gone => f.write_str("its containers are gone, so nothing holds it"),
            Self::Rejected => f.write_str("a rule of its node refuses it"),
            Self::Overdue => f.write_str("it has run for as long as it may"),
            Self::Told(Told::LivenessFailed) => f.write_str("its liveness probe fails"),
            Self::Told(Told::ReadinessFailed) => f.write_str("its readiness probe fails"),
            Self::Told(Told::PullFailed) => f.write_str("the image cannot be pulled"),
            Self::Told(Told::PullBackedOff) => f.write_str("the pull waits for its back-off"),
            Self::Told(Told::RestartBackedOff) => f.write_str("the restart waits for its back-off"),
        }
    }
}
