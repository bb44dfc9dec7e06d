//! Takes away pods that nobody else will: of nodes that are gone, those deleted before they had a node,
//! those of nodes that are out of service, and finished ones beyond a number. Such a pod is marked as
//! failed first, so that its owner can tell, and then deleted without grace. One sweep follows the other
//! at a distance; that a node is gone is confirmed by a live read. Follows `pkg/controller/podgc`.

mod observe;
mod plan;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use api::views::{Node, Pod};
use meta::time::Time;
use runtime::{Answers, Cache, Controller, Informers, Metric, Observation, Plan, Watches};

pub use observe::Pods;
pub use plan::Memory;

/// Finished pods that are left alone in the whole cluster; none of them where it is not positive. The
/// reference's default unless [provided](Informers::provide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminatedPodThreshold(pub i32);

impl Default for TerminatedPodThreshold {
    fn default() -> Self {
        Self(12_500)
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct PodGarbageCollector;

/// The one unit of work: all pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sweep;

/// What it reads.
pub struct View {
    pods: Arc<Cache<Pod>>,
    nodes: Arc<Cache<Node>>,
    threshold: TerminatedPodThreshold,
}

/// Why a pod goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There are too many finished pods.
    Terminated,
    /// Its node is out of service.
    OutOfService,
    /// Its node is gone.
    Orphaned,
    /// It was deleted before it had a node.
    Unscheduled,
}

impl Why {
    /// As metrics name it.
    const fn label(self) -> &'static str {
        match self {
            Self::Terminated => "terminated",
            Self::OutOfService => "out-of-service",
            Self::Orphaned => "orphaned",
            Self::Unscheduled => "unscheduled",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminated => "more finished pods are there than are to be kept",
            Self::OutOfService => "it is to go and its node is out of service",
            Self::Orphaned => "its node is gone",
            Self::Unscheduled => "it is to go and never had a node",
        })
    }
}

impl Controller for PodGarbageCollector {
    const NAME: &'static str = "pod-garbage-collector-controller";
    const QUEUE: &'static str = "orphaned_pods_nodes";
    const EVENT_SOURCE: &'static str = "pod-garbage-collector-controller";
    const METRICS: &'static [Metric] = &[plan::DELETIONS.metric(), plan::FAILURES.metric()];
    type Key = Sweep;
    type Observed = Pods;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        let threshold = informers.setting::<TerminatedPodThreshold>();
        let threshold = threshold.map_or_else(TerminatedPodThreshold::default, |set| *set);
        View { pods: informers.cache(), nodes: informers.cache(), threshold }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.at_start(Sweep);
    }
    fn observe(view: &View, _key: &Sweep, answers: &Answers) -> Observation<Pods> {
        observe::observe(view, answers)
    }
    fn plan(memory: &mut Memory, pods: &Pods, now: Time) -> Plan<Why> {
        plan::plan(memory, pods, now)
    }
}
