//! What plugins answer at the extension points.

use std::{sync::Arc, time::Duration};

use api::views::Pod;
use meta::text::Text;
use runtime::Action;

/// Why a plugin says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The plugin.
    pub plugin: &'static str,
    /// How final it is.
    pub code: Code,
    /// As in messages: `node(s) were unschedulable`.
    pub reasons: Vec<String>,
}

/// How final a rejection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Another pod's leaving could change it: preemption is tried.
    Unschedulable,
    /// No pod's leaving changes it: preemption is not tried on this node.
    UnschedulableAndUnresolvable,
    /// Something that the plugin has begun must come to an end first. When one of its events helps, the
    /// pod is looked at at once, without back-off.
    Pending,
    /// The plugin failed. The pod is tried again after its back-off, whatever happens.
    Error,
}

/// A plugin's answer where it only says yes or no.
pub type Verdict = Result<(), Rejection>;

/// What `pre_filter` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreFilter {
    /// Look at all nodes.
    All,
    /// Look at these nodes alone; names that are no nodes are ignored.
    Only(Vec<Text>),
    /// This plugin's `filter`, `add_pod` and `remove_pod` have nothing to say about this pod.
    Skip,
}

/// What `pre_score` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreScore {
    /// Score the nodes.
    Score,
    /// This plugin's `score` would be the same for all.
    Skip,
}

/// A node's score on its way through `normalize`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeScore {
    /// The node.
    pub node: Text,
    /// 0…100 when `normalize` is through.
    pub score: i64,
}

/// What `permit` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Bind now.
    Allow,
    /// Keep the node for the pod until this plugin allows or rejects it through its
    /// [`Handle`](super::Handle), at most this long (and at most 15 minutes).
    Wait(Duration),
}

/// What `post_filter` gives. The first plugin that nominates is the last one asked.
#[derive(Debug, Clone, PartialEq)]
pub enum PostFilter {
    /// The pod will fit this node when the victims are gone.
    Nominate(Nomination),
    /// Nothing can be done; a node nominated earlier is given up. The text joins the pod's message.
    Nothing(String),
    /// Nothing is to be done now; a node nominated earlier stays.
    NotNow(String),
}

/// A node that a pod will fit when others are gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Nomination {
    /// The node.
    pub node: Text,
    /// Pods that must go, the most important first. The framework gives each the condition
    /// `DisruptionTarget` and deletes it with its own grace.
    pub victims: Vec<Arc<Pod>>,
    /// How many of the victims a disruption budget would have kept.
    pub violations: usize,
    /// For the pod's message.
    pub message: String,
}

/// What `bind` gives.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one a pod, at once taken apart")]
pub enum Bind {
    /// This write binds the pod.
    With(Action),
    /// The next plugin binds it.
    Skip,
}

/// Whether an event may have made a pod fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// It may: look at the pod again.
    Queue,
    /// It has not.
    Skip,
}

impl Hint {
    /// `Queue` if it holds.
    pub const fn queue_if(holds: bool) -> Self {
        if holds { Self::Queue } else { Self::Skip }
    }
    /// As in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "Queue",
            Self::Skip => "QueueSkip",
        }
    }
}

impl Rejection {
    /// A rejection with one reason.
    pub fn new(plugin: &'static str, code: Code, reason: impl Into<String>) -> Self {
        Self { plugin, code, reasons: vec![reason.into()] }
    }
    /// Its reasons in one line.
    pub fn text(&self) -> String {
        self.reasons.join(", ")
    }
}

impl Code {
    /// As in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unschedulable => "Unschedulable",
            Self::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
            Self::Pending => "Pending",
            Self::Error => "Error",
        }
    }
}
