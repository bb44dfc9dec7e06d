//! [`Shares`] → [`Plan`]: all control flow.

use std::collections::BTreeSet;

use api::views::Node;
use meta::{mutants::mutant, object::Uid};
use runtime::{Action, EventType, Guard, PatchKind, Plan, Stage, Step, Target};
use serde_json::json;

use super::{
    Shares, Why,
    cidr::Cidr,
    metrics,
    networks::{Network, PodNetworks},
};
use crate::shared::tell::{announce, event};

/// Where the search goes on. Lost, it begins anew: what is taken shows in the nodes.
#[derive(Debug, Default)]
pub struct Memory {
    /// For each network.
    next: Vec<u64>,
    /// Shares that were taken at the last look, of each network.
    taken: Vec<u64>,
    /// Nodes that were told that nothing is left.
    told: BTreeSet<Uid>,
}

pub(super) fn plan(memory: &mut Memory, shares: &Shares) -> Plan<Why> {
    let networks = &shares.networks.networks;
    memory.next.resize(networks.len(), 0);
    memory.taken.resize(networks.len(), 0);
    let waiting = shares
        .nodes
        .iter()
        .filter(|node| node.spec.pod_cidrs.is_empty() && !node.metadata.is_deleting());
    let waits = |uid: &Uid| waiting.clone().any(|node| node.metadata.uid == *uid);
    memory.told.retain(waits);
    let taken = taken(shares);
    let mut plan = Plan::rest();
    metrics::running(&mut plan);
    for ((network, taken), last) in networks.iter().zip(&taken).zip(&mut memory.taken) {
        let last = std::mem::replace(last, count(taken));
        metrics::network(&mut plan, network, count(taken), last);
    }
    let mut free: Vec<Free<'_>> = networks
        .iter()
        .zip(&taken)
        .zip(memory.next.iter_mut())
        .map(|((network, taken), next)| Free { network, taken, next, given: 0 })
        .collect();
    let mut steps = Vec::new();
    for node in waiting {
        if free.iter().all(Free::has_one) {
            let given: Vec<Given> = free.iter_mut().filter_map(Free::take).collect();
            steps.push(give(node, &given));
        } else if memory.told.insert(node.metadata.uid.clone()) {
            steps.push(refuse(node));
        }
    }
    if !steps.is_empty() {
        plan.stages.push(Stage::Together(steps));
    }
    plan
}

/// Ranges of shares that are not free, both ends included, in order and apart.
type Taken = Vec<(u64, u64)>;

fn taken(shares: &Shares) -> Vec<Taken> {
    let PodNetworks { networks, reserved } = &shares.networks;
    let seen = shares.nodes.iter().filter(|_| !mutant("hb_36"));
    let texts = seen.flat_map(|node| &node.spec.pod_cidrs);
    let mut cidrs: Vec<Cidr> = texts.filter_map(|text| text.parse().ok()).collect();
    cidrs.extend(reserved);
    networks.iter().map(|network| taken_of(network, &cidrs)).collect()
}

fn taken_of(network: &Network, cidrs: &[Cidr]) -> Taken {
    let mut ranges: Taken = cidrs.iter().filter_map(|cidr| network.shares_within(*cidr)).collect();
    ranges.sort_unstable();
    let mut apart = Taken::new();
    for (first, last) in ranges {
        match apart.last_mut() {
            Some((_, end)) if first <= *end => *end = last.max(*end),
            _ => apart.push((first, last)),
        }
    }
    apart
}

/// How many shares are not free.
fn count(taken: &Taken) -> u64 {
    taken.iter().map(|(first, last)| last - first + 1).sum()
}

/// A share for a node.
struct Given {
    cidr: Cidr,
    network: Cidr,
    /// Shares that were not free on the way.
    passed: u64,
}

/// What is left of a network.
struct Free<'a> {
    network: &'a Network,
    taken: &'a Taken,
    next: &'a mut u64,
    /// Shares given in this plan: the search goes round, so that it does not meet them again.
    given: u64,
}

impl Free<'_> {
    fn has_one(&self) -> bool {
        count(self.taken) + self.given < self.network.shares()
    }

    /// The next free share, going round.
    fn take(&mut self) -> Option<Given> {
        if !self.has_one() {
            return None;
        }
        let shares = self.network.shares();
        let mut at = *self.next % shares;
        while let Some((_, last)) =
            self.taken.iter().find(|(first, last)| (*first..=*last).contains(&at))
        {
            at = (last + 1) % shares;
        }
        let passed = (at + shares - *self.next % shares) % shares;
        *self.next = at + 1;
        self.given += 1;
        Some(Given { cidr: self.network.share(at), network: self.network.cidr(), passed })
    }
}

fn give(node: &Node, given: &[Given]) -> Step<Why> {
    let cidrs: Vec<String> = given.iter().map(|given| given.cidr.to_string()).collect();
    let action = Action::Patch {
        target: Target::of(node),
        kind: PatchKind::Strategic,
        patch: json!({"spec": {"podCIDR": cidrs.first(), "podCIDRs": cidrs}}),
        subresource: "",
        // The server takes no second share for a node that has one.
        guard: Guard::Uid,
    };
    let mut step = Step::new(action, Why::Without);
    step.on_failure = Some(told(node, "CIDRAssignmentFailed"));
    for Given { network, passed, .. } in given {
        metrics::given(&mut step, *network, *passed);
    }
    step
}

fn refuse(node: &Node) -> Step<Why> {
    announce(told(node, "CIDRNotAvailable"), Why::Exhausted)
}

fn told(node: &Node, reason: &'static str) -> runtime::Event {
    let message = format!("Node {} status is now: {reason}", node.metadata.name);
    event(node, EventType::Normal, reason, message)
}
