//! The reasons the quota controller gives.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Admission goes by other limits than the quota's.
    LimitsDiffer,
    /// Something has gone since, or nobody has counted yet.
    UsageDiffers,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LimitsDiffer => "the limits in force are not those of the quota",
            Self::UsageDiffers => "what is in use differs from what the quota tells",
        })
    }
}
