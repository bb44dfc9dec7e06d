//! The reasons the ReplicaSet controller can give.

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
    /// What is reported is no longer so.
    StatusChanged,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adopt => f.write_str("the selector matches it and nobody owns it"),
            Self::Release => f.write_str("the selector no longer matches it"),
            Self::TooFew { wanted, active } | Self::TooMany { wanted, active } => {
                write!(f, "{wanted} pods are wanted and {active} are there")
            }
            Self::StatusChanged => f.write_str("what is reported has changed"),
        }
    }
}
