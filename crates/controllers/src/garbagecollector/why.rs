//! The reasons the garbage collector gives.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Every owner is gone.
    NoOwnerLeft,
    /// Every owner that is left waits for this object to go.
    OwnersWait,
    /// Some references lead nowhere while another owner is there.
    DanglingReferences,
    /// The object and its dependent wait for each other.
    Cycle,
    /// The owner asked for its dependents to stay.
    LetGo { owner: String },
    /// All dependents have been let go.
    Orphaned,
    /// No dependent holds the owner back any more.
    DependentsGone,
    /// An owner lives in another namespace.
    ForeignOwner,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOwnerLeft => f.write_str("none of its owners is left"),
            Self::OwnersWait => f.write_str("its owners wait for it to go"),
            Self::DanglingReferences => f.write_str("some of its owners are gone and one is there"),
            Self::Cycle => f.write_str("it and its dependents wait for each other"),
            Self::LetGo { owner } => write!(f, "its owner {owner} leaves it behind"),
            Self::Orphaned => f.write_str("its dependents have been let go"),
            Self::DependentsGone => f.write_str("no dependent holds it back any more"),
            Self::ForeignOwner => f.write_str("an owner is in another namespace"),
        }
    }
}
