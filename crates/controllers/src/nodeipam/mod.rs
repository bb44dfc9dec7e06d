//! Gives each node a share of the pods' network, where it is asked to. All shares are given by one
//! decision that looks at all nodes at once, and the next one waits until the caches show what the last
//! one wrote: two nodes never get the same. Shares are taken in turn, so that one given back rests. Follows
//! `pkg/controller/nodeipam`.

mod cidr;
mod metrics;
mod networks;
mod plan;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use api::views::Node;
use meta::{text::Text, time::Time};
use runtime::{
    Answers, Cache, Change, Controller, Enqueue, Informers, Metric, Observation, Plan, Watches,
};

pub use cidr::{Cidr, Family, InvalidCidr};
pub use networks::{NetworkError, NetworkFlags, PodNetworks};
pub use plan::Memory;

/// See the module's documentation.
#[derive(Debug)]
pub struct NodeIpamController;

/// The one unit of work: all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllNodes;

/// What it reads.
pub struct View {
    nodes: Arc<Cache<Node>>,
    networks: Option<PodNetworks>,
}

/// All nodes, and the networks that they share.
pub struct Shares {
    nodes: Vec<Arc<Node>>,
    networks: PodNetworks,
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without = self.nodes.iter().filter(|node| node.spec.pod_cidrs.is_empty()).count();
        write!(f, "{without} of {} nodes have no share", self.nodes.len())?;
        for network in &self.networks.networks {
            write!(f, "; {} has {}", network.cidr(), network.shares())?;
        }
        Ok(())
    }
}

/// Why a node gets a share, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It has none.
    Without,
    /// A network has none left.
    Exhausted,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Without => "the node has no share of the pods' network",
            Self::Exhausted => "no share of the pods' network is left",
        })
    }
}

impl Controller for NodeIpamController {
    const NAME: &'static str = "node-ipam-controller";
    const QUEUE: &'static str = "cidrallocator_node";
    const EVENT_SOURCE: &'static str = "cidrAllocator";
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = AllNodes;
    type Observed = Shares;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { networks: PodNetworks::of(informers), nodes: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(node_changed);
    }
    fn observe(view: &View, _key: &AllNodes, _answers: &Answers) -> Observation<Shares> {
        let Some(networks) = view.networks.clone() else { return Observation::Gone };
        Observation::Ready(Shares { nodes: view.nodes.list(), networks })
    }
    fn plan(memory: &mut Memory, shares: &Shares, _now: Time) -> Plan<Why> {
        plan::plan(memory, shares)
    }
}

/// A node that goes leaves its share to others.
fn node_changed(view: &View, change: &Change<Node>, enqueue: &mut Enqueue<AllNodes>) {
    let shares = |node: &Arc<Node>| -> Vec<Text> { node.spec.pod_cidrs.clone() };
    if view.networks.is_some() && change.old.as_ref().map(shares) != change.new.as_ref().map(shares)
    {
        enqueue.add(AllNodes);
    }
}
