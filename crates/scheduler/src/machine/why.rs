//! The reasons the scheduler gives.

use std::fmt;

use meta::{object::ObjectKey, text::Text};

/// Why the scheduler writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The node is the best that fits.
    BestNode(Text),
    /// No node fits.
    NoNode(String),
    /// The pod goes so that a more important one has room.
    MakesRoom(ObjectKey),
    /// It has heard why it goes.
    Evicts,
    /// A more important pod gets the nominated node.
    Outranked,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BestNode(node) => write!(f, "{node} is the best node that fits"),
            Self::NoNode(message) => write!(f, "no node fits: {message}"),
            Self::MakesRoom(pod) => write!(f, "{pod} is more important and needs the room"),
            Self::Evicts => f.write_str("it was told that it makes room for a more important pod"),
            Self::Outranked => f.write_str("a more important pod gets the nominated node"),
        }
    }
}
