//! Under which term of a lease a write is sent.

use std::fmt;

use meta::object::{ObjectKey, Uid};

/// The header that carries an [`Epoch`]. Our API server refuses a write whose epoch is over; others
/// do not know the header.
pub const EPOCH_HEADER: &str = "x-pilothouse-epoch";

/// One term of one holder of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Where the lease is.
    pub lease: ObjectKey,
    /// Identity of the lease object: one that was made anew begins to count anew.
    pub uid: Uid,
    /// How often the lease had changed hands when the term began.
    pub transitions: u64,
    /// Who holds it.
    pub holder: String,
}

impl fmt::Display for Epoch {
    /// The value of the header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{};{};{}", self.lease, self.uid.0, self.transitions, self.holder)
    }
}
