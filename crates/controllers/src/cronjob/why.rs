//! The reasons the CronJob controller can give.

use std::fmt;

use meta::time::Time;

/// Why a step is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The time for a Job has come.
    Due(Time),
    /// The Job stands in the way of the next one.
    Replaced,
    /// There are more ended Jobs than are to be kept.
    History,
    /// What is reported is no longer so.
    StatusChanged,
    /// Somebody should know.
    Told,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Due(time) => write!(f, "it is due since {time}"),
            Self::Replaced => f.write_str("the next one replaces it"),
            Self::History => f.write_str("no more ended jobs of its kind are kept"),
            Self::StatusChanged => f.write_str("what is reported has changed"),
            Self::Told => f.write_str("somebody should know"),
        }
    }
}
