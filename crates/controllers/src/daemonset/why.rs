//! The reasons the `DaemonSet` controller can give.

use std::fmt;

use api::views::Phase;
use meta::text::Text;

/// Why a step is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An orphan is taken in.
    Adopt,
    /// An owned pod or revision is let go.
    Release,
    /// The selector is empty.
    SelectsEverything,
    /// People should know.
    Tell,
    /// The template has no revision yet.
    NewTemplate,
    /// An earlier template is current again.
    OldTemplate,
    /// The name of the next revision belongs to another.
    NameTaken {
        /// The name.
        name: Text,
    },
    /// A revision does not say its hash.
    RevisionWithoutHash,
    /// Several revisions hold the template.
    EqualRevisions,
    /// A node has no pod.
    Missing {
        /// The node.
        node: Text,
    },
    /// A successor comes beside the old pod.
    Surge {
        /// The node.
        node: Text,
    },
    /// A node may not have a pod any more.
    NotEligible {
        /// The node.
        node: Text,
    },
    /// A pod waits for a node that is not there.
    NoSuchNode {
        /// The node.
        node: Text,
    },
    /// A pod that has ended makes room for its successor.
    Finished {
        /// How it ended.
        phase: Phase,
    },
    /// One pod on a node is enough.
    Superfluous,
    /// An old pod serves nobody.
    OldIsUnavailable,
    /// The successor of an old pod serves.
    NewIsAvailable,
    /// A pod is of an old revision and within the budget.
    Outdated,
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
            Self::Release => f.write_str("the selector no longer matches it"),
            Self::SelectsEverything => f.write_str("an empty selector would take every pod"),
            Self::Tell => f.write_str("people should know"),
            Self::NewTemplate => f.write_str("no revision has this template yet"),
            Self::OldTemplate => f.write_str("an earlier template is current again"),
            Self::NameTaken { name } => write!(f, "another revision is called {name}"),
            Self::RevisionWithoutHash => f.write_str("the revision does not say its hash"),
            Self::EqualRevisions => f.write_str("several revisions hold the same template"),
            Self::Missing { node } => write!(f, "node {node} has no pod"),
            Self::Surge { node } => write!(f, "the pod of node {node} gets a successor beside it"),
            Self::NotEligible { node } => write!(f, "node {node} may have no pod"),
            Self::NoSuchNode { node } => write!(f, "there is no node {node}"),
            Self::Finished { phase } => write!(f, "the pod is {phase:?} and makes room"),
            Self::Superfluous => f.write_str("one pod on a node is enough"),
            Self::OldIsUnavailable => f.write_str("an old pod that is not available serves nobody"),
            Self::NewIsAvailable => f.write_str("its successor serves"),
            Self::Outdated => f.write_str("it is of an old revision"),
            Self::BeyondHistoryLimit { limit } => {
                write!(f, "{limit} old revisions are kept as history")
            }
            Self::StatusChanged => f.write_str("what is reported has changed"),
        }
    }
}
