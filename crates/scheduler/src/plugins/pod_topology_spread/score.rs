//! Of nodes that all fit, those where fewer pods of a kind are.

use std::collections::{BTreeMap, BTreeSet};

use api::views::Pod;
use meta::text::Text;

use super::constraint::{Constraint, HOSTNAME};
use crate::{
    NodeInfo, Snapshot,
    framework::{NodeScore, SCORE_MAX},
};

/// Soft constraints with what there is in their domains.
pub(super) struct Weighed {
    parts: Vec<Part>,
    /// Nodes that lack labels of the pod's own constraints: they are the worst.
    ignored: BTreeSet<Text>,
}

struct Part {
    constraint: Constraint,
    /// Many domains make a difference of one pod count more.
    weight: f64,
    /// Pods by domain; empty for nodes as domains, which are counted when scored.
    domains: BTreeMap<Text, i64>,
}

impl Weighed {
    pub(super) fn new(
        soft: Vec<Constraint>,
        needs_labels: bool,
        (pod, snapshot, feasible): (&Pod, &Snapshot, &[&NodeInfo]),
    ) -> Self {
        let has_all = |node: &NodeInfo| soft.iter().all(|one| one.domain(node).is_some());
        let lacks = |node: &NodeInfo| needs_labels && !has_all(node);
        let ignored: BTreeSet<Text> =
            feasible.iter().filter(|node| lacks(node)).map(|node| node.name().clone()).collect();
        let considered: Vec<&NodeInfo> =
            feasible.iter().copied().filter(|node| !ignored.contains(node.name())).collect();
        let counted: Vec<&NodeInfo> = snapshot.nodes().filter(|node| !lacks(node)).collect();
        let part = |constraint: &Constraint| {
            let domains = domains(constraint, pod, &considered, &counted);
            let count = if constraint.key == *HOSTNAME { considered.len() } else { domains.len() };
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let weight = (f64::from(count) + 2.0).ln();
            Part { constraint: constraint.clone(), weight, domains }
        };
        let parts = soft.iter().map(part).collect();
        Self { parts, ignored }
    }

    /// Larger is worse.
    pub(super) fn score(&self, pod: &Pod, node: &NodeInfo) -> i64 {
        if self.ignored.contains(node.name()) {
            return 0;
        }
        let mut sum = 0.0;
        for Part { constraint, weight, domains } in &self.parts {
            let Some(domain) = constraint.domain(node) else { continue };
            let count = if constraint.key == *HOSTNAME {
                constraint.count(pod, node)
            } else {
                domains.get(domain).copied().unwrap_or(0)
            };
            let count = f64::from(i32::try_from(count).unwrap_or(i32::MAX));
            let skew = f64::from(i32::try_from(constraint.max_skew - 1).unwrap_or(i32::MAX));
            sum += count.mul_add(*weight, skew);
        }
        rounded(sum)
    }

    pub(super) fn normalize(&self, scores: &mut [NodeScore]) {
        let considered = || scores.iter().filter(|scored| !self.ignored.contains(&scored.node));
        let lowest = considered().map(|scored| scored.score).min().unwrap_or(0);
        let highest = considered().map(|scored| scored.score).max().unwrap_or(0);
        for scored in scores {
            scored.score = if self.ignored.contains(&scored.node) {
                0
            } else if highest == 0 {
                SCORE_MAX
            } else {
                SCORE_MAX * (highest + lowest - scored.score) / highest
            };
        }
    }
}

/// The pods in each domain that a considered node is in.
fn domains(
    constraint: &Constraint,
    pod: &Pod,
    considered: &[&NodeInfo],
    counted: &[&NodeInfo],
) -> BTreeMap<Text, i64> {
    if constraint.key == *HOSTNAME {
        return BTreeMap::new();
    }
    let of_nodes = considered.iter().filter_map(|node| constraint.domain(node));
    let mut domains: BTreeMap<Text, i64> = of_nodes.map(|domain| (domain.clone(), 0)).collect();
    for node in counted {
        if let Some(count) = constraint.domain(node).and_then(|domain| domains.get_mut(domain))
            && constraint.includes(pod, node)
        {
            *count += constraint.count(pod, node);
        }
    }
    domains
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a score is far from the limits, where `as` saturates"
)]
const fn rounded(number: f64) -> i64 {
    number.round() as i64
}
