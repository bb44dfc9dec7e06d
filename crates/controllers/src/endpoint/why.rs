//! The reasons the endpoints controller gives.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A service that selects pods has no Endpoints.
    Missing,
    /// Other addresses or ports are to be published.
    PodsDiffer,
    /// Only labels or annotations are not as they should be.
    LabelsDiffer,
    /// The service is gone.
    ServiceGone,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the service selects pods and has no endpoints",
            Self::PodsDiffer => "the pods serve under other addresses or ports",
            Self::LabelsDiffer => "the labels do not follow the service's",
            Self::ServiceGone => "the service is gone",
        })
    }
}
