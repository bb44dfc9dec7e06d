//! Which nodes in trouble are cleared of their pods, and how fast: a decision about all nodes.

mod bucket;
mod observe;
mod plan;
mod state;

use std::{fmt, sync::Arc};

use api::views::{Lease, Node, TaintEffect};
use meta::time::Time;
use runtime::{
    Answers, Cache, Change, Controller, Enqueue, Informers, Metric, Observation, Plan, Watches,
};

use super::{EVENT_SOURCE, NAME, NodeMonitor, metrics};
use crate::shared::nodes::{NOT_READY, UNREACHABLE};
pub(super) use observe::Nodes;
pub(super) use plan::Memory;

/// See the module's documentation.
#[derive(Debug)]
pub struct Zones;

/// The one unit of work: all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllNodes;

/// What it reads.
pub struct View {
    nodes: Arc<Cache<Node>>,
    leases: Arc<Cache<Lease>>,
    monitor: NodeMonitor,
}

/// Why a node's pods are to leave it, or are not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It says that it is not ready.
    NotReady,
    /// It says nothing.
    Unreachable,
    /// Nothing is heard of any node.
    AllDown,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReady => "the node is not ready and its turn has come",
            Self::Unreachable => "the node is silent and its turn has come",
            Self::AllDown => {
                "no node is ready: the nodes may well be better than they look from here"
            }
        })
    }
}

impl Controller for Zones {
    const NAME: &'static str = NAME;
    const QUEUE: &'static str = "node_lifecycle_controller_zones";
    const EVENT_SOURCE: &'static str = EVENT_SOURCE;
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = AllNodes;
    type Observed = Nodes;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            nodes: informers.cache(),
            leases: informers.cache(),
            monitor: NodeMonitor::of(informers),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(node_changed);
    }
    fn observe(view: &View, _key: &AllNodes, _answers: &Answers) -> Observation<Nodes> {
        Observation::Ready(observe::observe(view))
    }
    fn plan(memory: &mut Memory, nodes: &Nodes, now: Time) -> Plan<Why> {
        plan::plan(memory, nodes, now)
    }
}

/// Heartbeats that say nothing new are not looked at.
fn node_changed(_: &View, change: &Change<Node>, enqueue: &mut Enqueue<AllNodes>) {
    let said = |node: &Arc<Node>| {
        let keys = [NOT_READY, UNREACHABLE];
        let effects = [TaintEffect::NoSchedule, TaintEffect::NoExecute];
        let taints = keys.map(|key| effects.map(|effect| node.has_taint(key, effect)));
        (node.ready(), taints, node.metadata.labels.clone())
    };
    if change.old.as_ref().map(said) != change.new.as_ref().map(said) {
        enqueue.add(AllNodes);
    }
}
