//! The reasons the Deployment controller can give.

use std::fmt;

use meta::text::Text;

/// Why a step is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An orphan is taken in.
    Adopt,
    /// An owned ReplicaSet is let go.
    Release,
    /// The selector is empty.
    SelectsEverything,
    /// The new ReplicaSet is made.
    NewTemplate,
    /// It could not be made.
    CreateFailed,
    /// Its name belongs to another.
    NameTaken {
        /// The name.
        name: Text,
    },
    /// The new ReplicaSet's annotations, revision or minReadySeconds are behind.
    NewIsBehind,
    /// The new ReplicaSet is larger than all that is wanted.
    NewIsTooLarge {
        /// What is wanted.
        desired: i32,
    },
    /// The surge allows more new pods.
    NewMayGrow {
        /// Pods that should exist.
        total: i32,
        /// Pods that may.
        max_total: i32,
    },
    /// Old pods that serve nobody.
    OldIsUnavailable,
    /// More is available than must be.
    OldIsSpare {
        /// Pods that are available.
        available: i32,
        /// Pods that must be.
        minimum: i32,
    },
    /// Recreate.
    OldMakesRoom,
    /// The new ReplicaSet is all that is wanted.
    NewIsSaturated,
    /// A change of size that concerns one ReplicaSet.
    OnlyOneHasPods {
        /// What is wanted.
        desired: i32,
    },
    /// A change of size that concerns several.
    InProportion {
        /// Pods that may exist.
        allowed: i32,
    },
    /// Back to an earlier revision.
    RollbackRequested,
    /// More history than is to be kept.
    BeyondHistoryLimit {
        /// What is kept.
        limit: usize,
    },
    /// A pause begins or ends.
    PauseChanged,
    /// What is reported is no longer so.
    StatusChanged,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adopt => f.write_str("the selector matches it and nobody owns it"),
            Self::Release => f.write_str("the selector no longer matches it"),
            Self::SelectsEverything => f.write_str("an empty selector would take every pod"),
            Self::NewTemplate => f.write_str("no ReplicaSet has this template yet"),
            Self::CreateFailed => f.write_str("the new ReplicaSet was refused"),
            Self::NameTaken { name } => write!(f, "another ReplicaSet is called {name}"),
            Self::NewIsBehind => f.write_str("the new ReplicaSet follows the Deployment"),
            Self::NewIsTooLarge { desired } => write!(f, "no more than {desired} are desired"),
            Self::NewMayGrow { total, max_total } => {
                write!(f, "{total} pods are planned and {max_total} may be")
            }
            Self::OldIsUnavailable => f.write_str("old pods that are not available serve nobody"),
            Self::OldIsSpare { available, minimum } => {
                write!(f, "{available} pods are available and {minimum} must be")
            }
            Self::OldMakesRoom => f.write_str("old pods go before new ones come"),
            Self::NewIsSaturated => f.write_str("the new ReplicaSet has all desired pods"),
            Self::OnlyOneHasPods { desired } => {
                write!(f, "{desired} are desired and one ReplicaSet has all pods")
            }
            Self::InProportion { allowed } => {
                write!(f, "{allowed} pods may be, shared out in proportion")
            }
            Self::RollbackRequested => f.write_str("a rollback was asked for"),
            Self::BeyondHistoryLimit { limit } => {
                write!(f, "{limit} old ReplicaSets are kept as history")
            }
            Self::PauseChanged => f.write_str("a pause began or ended"),
            Self::StatusChanged => f.write_str("what is reported has changed"),
        }
    }
}
