//! The reasons the `StatefulSet` controller can give.

use std::fmt;

use api::views::Phase;
use meta::text::Text;

/// Why a step is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An orphan is taken in.
    Adopt,
    /// An owned pod is let go.
    Release,
    /// Something stands in the way, and people should know.
    InTheWay,
    /// The template has no revision yet.
    NewTemplate,
    /// An earlier template is current again.
    OldTemplate,
    /// The name of the next revision belongs to another.
    NameTaken {
        /// The name.
        name: Text,
    },
    /// A pod that has ended makes room for its successor.
    Finished {
        /// How it ended.
        phase: Phase,
    },
    /// A pod is missing.
    Missing {
        /// Its revision.
        revision: Text,
    },
    /// A claim is missing.
    NeedsClaim {
        /// The pod that needs it.
        pod: Text,
    },
    /// A pod lost the label that names it, or a volume.
    Identity,
    /// The retention policy says who owns a claim.
    ClaimOwner,
    /// A pod is beyond the wanted number.
    Condemned {
        /// How many are wanted.
        wanted: usize,
    },
    /// A pod is of an old revision and within the budget.
    Outdated {
        /// The revision that it should have.
        revision: Text,
    },
    /// A pod is of an old revision and serves nobody.
    OutdatedAndBroken {
        /// The revision that it should have.
        revision: Text,
    },
    /// More history than is to be kept.
    BeyondHistoryLimit {
        /// What is kept.
        limit: usize,
    },
    /// What is reported is no longer so.
    StatusChanged,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adopt => f.write_str("the selector matches it and nobody owns it"),
            Self::Release => f.write_str("it is no longer one of the set's"),
            Self::InTheWay => f.write_str("something stands in the way"),
            Self::NewTemplate => f.write_str("no revision has this template yet"),
            Self::OldTemplate => f.write_str("an earlier template is current again"),
            Self::NameTaken { name } => write!(f, "another revision is called {name}"),
            Self::Finished { phase } => write!(f, "the pod is {phase:?} and makes room"),
            Self::Missing { revision } => write!(f, "no pod has this place; it gets {revision}"),
            Self::NeedsClaim { pod } => write!(f, "pod {pod} needs the claim"),
            Self::Identity => f.write_str("the pod is not as its name says"),
            Self::ClaimOwner => f.write_str("the retention policy says who owns the claim"),
            Self::Condemned { wanted } => {
                write!(f, "{wanted} pods are wanted and it is beyond them")
            }
            Self::Outdated { revision } => write!(f, "it is not of revision {revision}"),
            Self::OutdatedAndBroken { revision } => {
                write!(f, "it is not of revision {revision} and serves nobody")
            }
            Self::BeyondHistoryLimit { limit } => {
                write!(f, "{limit} old revisions are kept as history")
            }
            Self::StatusChanged => f.write_str("what is reported has changed"),
        }
    }
}
