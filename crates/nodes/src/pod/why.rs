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
    /// A container has a story.
    Told(Told),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Became(phase) => write!(f, "its containers make it {phase:?}"),
            Self::Stopped => f.write_str("its containers have stopped"),
            Self::Gone => f.write_str("its containers are gone, so nothing holds it"),
            Self::Told(Told::PullFailed) => f.write_str("the image cannot be pulled"),
            Self::Told(Told::PullBackedOff) => f.write_str("the pull waits for its back-off"),
            Self::Told(Told::RestartBackedOff) => f.write_str("the restart waits for its back-off"),
        }
    }
}
