//! The reasons the disruption controller gives.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The status tells other numbers than there are.
    CountsDiffer,
    /// Nobody can say how many pods there should be: none may be disturbed.
    Uncountable,
    /// Somebody should know.
    Told,
    /// A pod was to be disturbed and lives on.
    LivesOn,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CountsDiffer => "the pods are other than the status tells",
            Self::Uncountable => "nobody can say how many pods there should be",
            Self::Told => "somebody should know",
            Self::LivesOn => "the pod was to be disturbed and lives on",
        })
    }
}
