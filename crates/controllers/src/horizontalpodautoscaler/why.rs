//! The reasons the autoscaler gives.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The target is to have another size, for this reason.
    Rescale(String),
    /// What is known of the target or its metrics has changed.
    StatusChanged,
    /// Somebody should know.
    Told,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rescale(reason) => f.write_str(reason),
            Self::StatusChanged => f.write_str("the status tells something else"),
            Self::Told => f.write_str("somebody should know"),
        }
    }
}
