//! One node: its signs of life, its conditions, its taints.

mod heartbeat;
mod labels;
mod observe;
mod plan;
mod taints;
mod unknown;

use std::{fmt, sync::Arc};

use api::{
    resources::NODES,
    views::{Lease, Node},
};
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use runtime::{
    Answers, Cache, Change, Controller, Enqueue, Informers, Metric, Observation, Plan, Watches,
};

use super::{EVENT_SOURCE, NAME, NodeMonitor, metrics};
pub(super) use heartbeat::Memory;
pub(super) use observe::NodeWithLease;

/// Where kubelets keep their leases, each under the name of its node.
pub(super) const LEASE_NAMESPACE: &str = "kube-node-lease";

/// See the module's documentation.
#[derive(Debug)]
pub struct NodeHealth;

/// What it reads.
pub struct View {
    nodes: Arc<Cache<Node>>,
    leases: Arc<Cache<Lease>>,
    monitor: NodeMonitor,
}

/// Why it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was not known.
    New,
    /// It is gone.
    Gone,
    /// It has shown no sign of life for too long.
    Silent,
    /// Its taints are not what its conditions say.
    Tainted,
    /// Old labels do not say what the new ones do.
    Labelled,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "the node is new here",
            Self::Gone => "the node is gone",
            Self::Silent => "the node has shown no sign of life for too long",
            Self::Tainted => "its taints are not what its conditions say",
            Self::Labelled => "its old labels do not say what the new ones do",
        })
    }
}

impl Controller for NodeHealth {
    const NAME: &'static str = NAME;
    const QUEUE: &'static str = "node_lifecycle_controller";
    const EVENT_SOURCE: &'static str = EVENT_SOURCE;
    const METRICS: &'static [Metric] = metrics::NODE_METRICS;
    type Key = Text;
    type Observed = NodeWithLease;
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
        watches.on::<Node>(|_, change: &Change<Node>, enqueue: &mut Enqueue<Text>| {
            if let Some(node) = change.latest() {
                enqueue.add(node.metadata.name.clone());
            }
        });
        watches.on::<Lease>(lease_changed);
    }
    fn observe(view: &View, key: &Text, answers: &Answers) -> Observation<NodeWithLease> {
        Observation::Ready(observe::observe(view, key, answers))
    }
    fn plan(memory: &mut Memory, observed: &NodeWithLease, now: Time) -> Plan<Why> {
        plan::plan(memory, observed, now)
    }
    fn describe(observed: &NodeWithLease, now: Time) -> Vec<String> {
        observe::describe(observed, now)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<Text> {
        (*resource == NODES).then(|| key.name.clone())
    }
}

/// Leases of leaders are nobody's sign of life, nor is one that goes.
fn lease_changed(_: &View, change: &Change<Lease>, enqueue: &mut Enqueue<Text>) {
    if let Some(lease) = &change.new
        && lease.metadata.namespace == *LEASE_NAMESPACE
    {
        enqueue.add(lease.metadata.name.clone());
    }
}
