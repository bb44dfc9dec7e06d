//! The reasons the `EndpointSlice` controller gives.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Endpoints have no place in the slices there are, or there is no slice.
    NoRoom,
    /// What a slice lists is no longer so.
    PodsDiffer,
    /// A slice lists nothing that the others do not, or is of another service.
    Superfluous,
    /// A pod is on a node that is not there.
    NodeMissing,
    /// Hints by capacity begin, end, or cannot be given.
    Hinted,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRoom => "the slices there are have no room for it",
            Self::PodsDiffer => "the slice does not list what the pods are",
            Self::Superfluous => "the slice has nothing to list",
            Self::Hinted => "hints by the capacity of zones are other than before",
            Self::NodeMissing => "a pod is on a node that is not there",
        })
    }
}
