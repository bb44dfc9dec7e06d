//! The reasons the namespace controller gives.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Objects are left that nobody has asked to go.
    HasContent { resource: String, count: usize },
    /// What is left has changed.
    ConditionsDiffer,
    /// Nothing is left.
    Empty,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HasContent { resource, count } => {
                write!(f, "the namespace is being deleted and holds {count} {resource}")
            }
            Self::ConditionsDiffer => f.write_str("the conditions do not tell what is left"),
            Self::Empty => f.write_str("nothing is left in the namespace"),
        }
    }
}
