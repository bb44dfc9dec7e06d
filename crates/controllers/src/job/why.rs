//! The reasons the Job controller can give.

use std::fmt;

/// Why a step is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An orphan is taken in.
    Adopt,
    /// An owned pod is let go.
    Release,
    /// Pods are missing.
    TooFew {
        /// Pods that are wanted.
        wanted: usize,
        /// Pods that are there.
        active: usize,
    },
    /// Pods are superfluous.
    TooMany {
        /// Pods that are wanted.
        wanted: usize,
        /// Pods that are there.
        active: usize,
    },
    /// The job rests.
    Suspended,
    /// The job has ended: what still runs is stopped.
    Ended(String),
    /// A pod's end is recorded.
    Recorded,
    /// No job looks after the pod.
    Orphaned,
    /// What is reported is no longer so.
    StatusChanged,
    /// The job is of a later release.
    UnknownMode,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adopt => f.write_str("the selector matches it and nobody owns it"),
            Self::Release => f.write_str("the selector no longer matches it"),
            Self::TooFew { wanted, active } | Self::TooMany { wanted, active } => {
                write!(f, "{wanted} pods are wanted and {active} are there")
            }
            Self::Suspended => f.write_str("the job is suspended"),
            Self::Ended(reason) => write!(f, "the job ends: {reason}"),
            Self::Recorded => f.write_str("its end is recorded"),
            Self::Orphaned => f.write_str("no job looks after it"),
            Self::StatusChanged => f.write_str("what is reported has changed"),
            Self::UnknownMode => f.write_str("its completion mode is unknown"),
        }
    }
}
