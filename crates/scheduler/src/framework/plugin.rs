//! The trait that plugins implement.

use std::{cmp::Ordering, fmt, sync::Arc};

use api::views::Pod;
use meta::text::Text;
use runtime::Action;

use super::{
    Bind, ClusterEvent, CycleState, Hint, Interest, NodeScore, Permit, Point, PostFilter,
    PreFilter, PreScore, Rejection, Trial, Verdict,
};
use crate::{NodeInfo, QueuedPod, Snapshot};

/// A step of scheduling, as a plugin that takes part in it. Only the points that [`points`](Self::points)
/// names are called; every point has a default that changes nothing.
///
/// A plugin never waits and writes nothing itself: what is to be written is answered as an
/// [`Action`](runtime::Action). It is shared by all cycles of its profile, so what it remembers of one pod
/// belongs into the [`CycleState`].
pub trait Plugin: Send + Sync + fmt::Debug {
    /// As in configuration and messages; unique in a registry.
    fn name(&self) -> &'static str;
    /// Where it takes part: what `multiPoint` in a configuration turns on.
    fn points(&self) -> &'static [Point];

    /// [`Point::QueueSort`]: which of two waiting pods comes first.
    fn order(&self, _one: &QueuedPod, _other: &QueuedPod) -> Ordering {
        Ordering::Equal
    }
    /// [`Point::PreEnqueue`]: whether the pod may be queued. A pod that may not is gated: nothing is
    /// told of it, and it is asked for again when one of this plugin's events says so.
    ///
    /// # Errors
    /// It may not, for the reason given.
    fn pre_enqueue(&self, _pod: &Pod) -> Verdict {
        Ok(())
    }
    /// [`Point::PreFilter`]: looks at the pod once before its nodes, keeps in `state` what `filter` will
    /// need, and may narrow the nodes.
    ///
    /// # Errors
    /// No node will do.
    fn pre_filter(
        &self,
        _state: &mut CycleState,
        _pod: &Arc<Pod>,
        _snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        Ok(PreFilter::All)
    }
    /// Brings what `pre_filter` kept up to date for a pod that is supposed to be on `node` as well.
    /// Needed of plugins whose `filter` depends on other pods by way of `state`.
    fn add_pod(&self, _state: &mut CycleState, _pod: &Pod, _added: &Pod, _node: &NodeInfo) {}
    /// The same for a pod that is supposed to be gone from `node`.
    fn remove_pod(&self, _state: &mut CycleState, _pod: &Pod, _removed: &Pod, _node: &NodeInfo) {}
    /// [`Point::Filter`]: whether the pod fits the node.
    ///
    /// # Errors
    /// It does not. The first plugin that says so decides.
    fn filter(&self, _state: &CycleState, _pod: &Pod, _node: &NodeInfo) -> Verdict {
        Ok(())
    }
    /// [`Point::PostFilter`]: what can be done for a pod that fits nowhere.
    fn post_filter(&self, _trial: &Trial<'_>) -> PostFilter {
        PostFilter::NotNow(String::new())
    }
    /// [`Point::PreScore`]: looks once at the nodes that fit.
    ///
    /// # Errors
    /// The cycle ends: the pod is tried again after its back-off.
    fn pre_score(
        &self,
        _state: &mut CycleState,
        _pod: &Pod,
        _snapshot: &Snapshot,
        _feasible: &[&NodeInfo],
    ) -> Result<PreScore, Rejection> {
        Ok(PreScore::Score)
    }
    /// [`Point::Score`]: how good the node is, before `normalize`.
    ///
    /// # Errors
    /// The cycle ends: the pod is tried again after its back-off.
    fn score(&self, _state: &CycleState, _pod: &Pod, _node: &NodeInfo) -> Result<i64, Rejection> {
        Ok(0)
    }
    /// Brings raw scores to 0…100.
    fn normalize(&self, _state: &CycleState, _pod: &Pod, _scores: &mut [NodeScore]) {}
    /// [`Point::Reserve`]: takes what the pod needs on its node; undone by `unreserve`.
    ///
    /// # Errors
    /// It cannot be had. `unreserve` is called of every plugin, this one included.
    fn reserve(&self, _state: &mut CycleState, _pod: &Pod, _node: &Text) -> Verdict {
        Ok(())
    }
    /// Gives back what `reserve` took, if it took anything: it may be called more than once.
    fn unreserve(&self, _state: &mut CycleState, _pod: &Pod, _node: &Text) {}
    /// [`Point::Permit`]: the last word before binding.
    ///
    /// # Errors
    /// The pod may not be bound now.
    fn permit(&self, _state: &CycleState, _pod: &Pod, _node: &Text) -> Result<Permit, Rejection> {
        Ok(Permit::Allow)
    }
    /// [`Point::PreBind`]: what must be written, in this order, before the pod is bound. If a write is
    /// refused, the pod is not bound and tried again after its back-off.
    ///
    /// # Errors
    /// The pod may not be bound.
    fn pre_bind(
        &self,
        _state: &CycleState,
        _pod: &Pod,
        _node: &Text,
    ) -> Result<Vec<Action>, Rejection> {
        Ok(Vec::new())
    }
    /// [`Point::Bind`]: the write that binds the pod.
    fn bind(&self, _state: &CycleState, _pod: &Pod, _node: &Text) -> Bind {
        Bind::Skip
    }
    /// [`Point::PostBind`]: learns that the pod is bound.
    fn post_bind(&self, _state: &CycleState, _pod: &Pod, _node: &Text) {}

    /// What may help a pod that this plugin rejected. Without any, such a pod waits five minutes.
    fn events(&self) -> &'static [Interest] {
        &[]
    }
    /// Whether an event that [`events`](Self::events) names may have helped the pod. Too many `Queue` cost
    /// time; one `Skip` too many lets a pod wait for nothing.
    fn hint(&self, _pod: &Pod, _event: &ClusterEvent) -> Hint {
        Hint::Queue
    }
}
