//! The reasons the mirroring controller gives.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No slice has these ports and this type of addresses.
    Missing,
    /// A copy is not like the original.
    Differs,
    /// There is no original, or another copy lists the same.
    Superfluous,
    /// Some addresses cannot be copied.
    Skipped,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the endpoints have no copy yet",
            Self::Differs => "the copy is not like the endpoints",
            Self::Superfluous => "there is nothing to copy into it",
            Self::Skipped => "some addresses cannot be copied",
        })
    }
}
