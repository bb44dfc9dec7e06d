//! The reasons the scheduler gives.

use std::fmt;

use meta::text::Text;

/// Why the scheduler writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The node is the best that fits.
    BestNode(Text),
    /// No node fits.
    NoNode(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BestNode(node) => write!(f, "{node} is the best node that fits"),
            Self::NoNode(message) => write!(f, "no node fits: {message}"),
        }
    }
}
