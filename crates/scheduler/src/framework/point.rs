//! The steps of scheduling at which plugins take part.

use std::fmt;

/// A step of scheduling, in the order in which a pod meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// May the pod be queued?
    PreEnqueue,
    /// Which of two waiting pods comes first?
    QueueSort,
    /// A look at the pod, once a cycle.
    PreFilter,
    /// Does the pod fit the node?
    Filter,
    /// What can be done when it fits none?
    PostFilter,
    /// A look at the nodes that fit, once a cycle.
    PreScore,
    /// How good is the node?
    Score,
    /// Take what the pod needs on its node.
    Reserve,
    /// May it be bound, now or later?
    Permit,
    /// What must be written before it is bound?
    PreBind,
    /// Bind it.
    Bind,
    /// It is bound.
    PostBind,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 12] = [
        Self::PreEnqueue,
        Self::QueueSort,
        Self::PreFilter,
        Self::Filter,
        Self::PostFilter,
        Self::PreScore,
        Self::Score,
        Self::Reserve,
        Self::Permit,
        Self::PreBind,
        Self::Bind,
        Self::PostBind,
    ];

    /// As in messages and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreEnqueue => "PreEnqueue",
            Self::QueueSort => "QueueSort",
            Self::PreFilter => "PreFilter",
            Self::Filter => "Filter",
            Self::PostFilter => "PostFilter",
            Self::PreScore => "PreScore",
            Self::Score => "Score",
            Self::Reserve => "Reserve",
            Self::Permit => "Permit",
            Self::PreBind => "PreBind",
            Self::Bind => "Bind",
            Self::PostBind => "PostBind",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
