//! The scheduling framework: the extension points at which plugins decide.
//!
//! Follows `k8s.io/kube-scheduler/framework`. A plugin is a value that implements [`Plugin`] and
//! overrides the points it takes part in; none of them waits.

mod state;

use std::{cmp::Ordering, fmt, time::Duration};

use api::views::Pod;
use meta::text::Text;
use runtime::Action;

pub use state::CycleState;

use crate::{NodeInfo, QueuedPod, Snapshot};

/// Why a plugin says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The plugin.
    pub plugin: &'static str,
    /// Whether evicting others could help.
    pub code: Code,
    /// As in messages: `node(s) were unschedulable`.
    pub reasons: Vec<String>,
}

/// How final a rejection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Another pod's leaving could change it.
    Unschedulable,
    /// No pod's leaving changes it.
    UnschedulableAndUnresolvable,
    /// The plugin failed.
    Error,
}

/// A plugin's answer where it only says yes or no.
pub type Verdict = Result<(), Rejection>;

/// What `pre_filter` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreFilter {
    /// Look at all nodes.
    All,
    /// Look at these nodes alone.
    Only(Vec<Text>),
    /// This plugin's `filter` has nothing to say about this pod.
    Skip,
}

/// What `permit` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Bind now.
    Allow,
    /// Ask again, at most this long.
    Wait(Duration),
}

/// Something that happened in the cluster and may make a pod schedulable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterEvent {
    /// A node appeared.
    NodeAdd,
    /// Taints or `unschedulable` changed.
    NodeTaint,
    /// Labels changed.
    NodeLabel,
    /// Allocatable resources changed.
    NodeAllocatable,
    /// A bound pod is gone or asks for less.
    AssignedPodDelete,
    /// A pod was bound.
    AssignedPodAdd,
    /// The waiting pod itself changed.
    PodUpdate,
}

/// A step of scheduling, as a plugin that takes part in it. Every point has a default that changes
/// nothing.
pub trait Plugin: Send + Sync + fmt::Debug {
    /// As in configuration and messages.
    fn name(&self) -> &'static str;

    /// Queue sort: which of two waiting pods comes first; `None` if it is not this plugin's business.
    fn order(&self, _one: &QueuedPod, _other: &QueuedPod) -> Option<Ordering> {
        None
    }
    /// Whether the pod may enter the active queue.
    ///
    /// # Errors
    /// It may not, for the reason given.
    fn pre_enqueue(&self, _pod: &Pod) -> Verdict {
        Ok(())
    }
    /// Looks at the pod once before its nodes, and may keep what it finds in `state`.
    ///
    /// # Errors
    /// No node will do.
    fn pre_filter(
        &self,
        _state: &mut CycleState,
        _pod: &Pod,
        _snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        Ok(PreFilter::All)
    }
    /// Whether the pod fits the node.
    ///
    /// # Errors
    /// It does not.
    fn filter(&self, _state: &CycleState, _pod: &Pod, _node: &NodeInfo) -> Verdict {
        Ok(())
    }
    /// What can be done when no node fits: text for the message, or `None`.
    fn post_filter(
        &self,
        _state: &CycleState,
        _pod: &Pod,
        _snapshot: &Snapshot,
        _rejected: &[(Text, Rejection)],
    ) -> Option<String> {
        None
    }
    /// Looks at the pod once before scores; `false` leaves this plugin's scores out.
    fn pre_score(&self, _state: &mut CycleState, _pod: &Pod) -> bool {
        true
    }
    /// How good the node is, before `normalize`; `None` if this plugin does not score.
    fn score(&self, _state: &CycleState, _pod: &Pod, _node: &NodeInfo) -> Option<i64> {
        None
    }
    /// Brings raw scores to 0…100.
    fn normalize(&self, _scores: &mut [i64]) {}
    /// How much the score counts.
    fn weight(&self) -> i64 {
        1
    }
    /// Takes what the pod needs on its node; undone by `unreserve`.
    ///
    /// # Errors
    /// It cannot be had.
    fn reserve(&self, _state: &mut CycleState, _pod: &Pod, _node: &Text) -> Verdict {
        Ok(())
    }
    /// Gives back what `reserve` took.
    fn unreserve(&self, _state: &mut CycleState, _pod: &Pod, _node: &Text) {}
    /// The last word before binding.
    ///
    /// # Errors
    /// The pod may not be bound now.
    fn permit(&self, _state: &CycleState, _pod: &Pod, _node: &Text) -> Result<Permit, Rejection> {
        Ok(Permit::Allow)
    }
    /// What must be written before the pod is bound.
    fn pre_bind(&self, _state: &CycleState, _pod: &Pod, _node: &Text) -> Vec<Action> {
        Vec::new()
    }
    /// The write that binds the pod; `None` leaves it to the next plugin.
    fn bind(&self, _state: &CycleState, _pod: &Pod, _node: &Text) -> Option<Action> {
        None
    }
    /// Learns that the pod is bound.
    fn post_bind(&self, _state: &CycleState, _pod: &Pod, _node: &Text) {}
    /// Whether `event` may have made a pod fit that this plugin rejected.
    fn is_worth_retrying(&self, _event: ClusterEvent, _pod: &Pod) -> bool {
        true
    }
}

impl Rejection {
    /// A rejection with one reason.
    pub fn new(plugin: &'static str, code: Code, reason: impl Into<String>) -> Self {
        Self { plugin, code, reasons: vec![reason.into()] }
    }
}
