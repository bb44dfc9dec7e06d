//! Pods that belong together lie evenly over nodes, zones, or whatever labels of nodes say.

mod constraint;
mod defaults;
mod score;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::Arc};

use api::views::{Node, Pod, TopologySpreadConstraint};
use meta::text::Text;
use runtime::Change;
use serde::Deserialize;

use crate::{
    NodeInfo, Snapshot,
    framework::{
        Actions, Arguments, ClusterEvent, Code, CycleState, EventResource, Hint, Interest,
        InvalidArguments, NodeScore, Plugin, Point, PreFilter, PreScore, Rejection, Setup, Verdict,
    },
};
use constraint::Constraint;
use defaults::Owners;

/// `PodTopologySpreadArgs`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PodTopologySpreadArguments {
    default_constraints: Vec<TopologySpreadConstraint>,
    defaulting_type: Defaulting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
enum Defaulting {
    /// The built-in constraints.
    #[default]
    System,
    /// Those listed.
    List,
}

pub(super) struct PodTopologySpread {
    defaults: Vec<TopologySpreadConstraint>,
    /// The defaults are the built-in ones: nodes without their labels take part.
    is_system: bool,
    owners: Owners,
}

impl fmt::Debug for PodTopologySpread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.defaults.fmt(f)
    }
}

pub(super) fn make(
    setup: &mut Setup<'_>,
    given: &Arguments,
) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    let arguments: PodTopologySpreadArguments = given.read()?;
    validate(&arguments).map_err(InvalidArguments)?;
    let is_system = arguments.defaulting_type == Defaulting::System;
    let defaults = if is_system { defaults::system() } else { arguments.default_constraints };
    Ok(Arc::new(PodTopologySpread { defaults, is_system, owners: Owners::new(setup) }))
}

fn validate(arguments: &PodTopologySpreadArguments) -> Result<(), String> {
    let constraints = &arguments.default_constraints;
    if arguments.defaulting_type == Defaulting::System && !constraints.is_empty() {
        let text =
            "defaultingType: Invalid value: \"System\": when .defaultConstraints are not empty";
        return Err(text.to_owned());
    }
    for (index, constraint) in constraints.iter().enumerate() {
        let path = format!("defaultConstraints[{index}]");
        let TopologySpreadConstraint { max_skew, topology_key, when_unsatisfiable, .. } =
            constraint;
        if *max_skew <= 0 {
            return Err(format!(
                "{path}.maxSkew: Invalid value: {max_skew}: not in valid range (0, inf)"
            ));
        }
        if !constraint.label_selector.is_null() {
            return Err(format!(
                "{path}.labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod"
            ));
        }
        let same = |other: &&TopologySpreadConstraint| {
            other.topology_key == *topology_key && other.when_unsatisfiable == *when_unsatisfiable
        };
        if constraints[..index].iter().find(same).is_some() {
            return Err(format!(
                "{path}: Duplicate value: \"{{{topology_key}, {when_unsatisfiable}}}\""
            ));
        }
    }
    Ok(())
}

/// How many pods are in each domain of a constraint.
#[derive(Debug, Clone)]
struct Spread {
    constraint: Constraint,
    domains: BTreeMap<Text, i64>,
}

/// All hard constraints of the pod.
#[derive(Debug, Clone)]
struct Spreads(Vec<Spread>);

impl Spread {
    /// Counts the pods of a node.
    fn count(&mut self, pod: &Pod, node: &NodeInfo) {
        if let Some(domain) = self.constraint.counted_domain(pod, node) {
            let count = self.constraint.count(pod, node);
            *self.domains.entry(domain.clone()).or_default() += count;
        }
    }
    /// Counts so many pods more on a node.
    fn change(&mut self, pod: &Pod, node: &NodeInfo, by: i64) {
        if let Some(domain) = self.constraint.counted_domain(pod, node) {
            *self.domains.entry(domain.clone()).or_default() += by;
        }
    }
    /// The smallest number in a domain; zero while there are too few domains.
    fn lowest(&self) -> i64 {
        if self.domains.len() < self.constraint.min_domains {
            return 0;
        }
        self.domains.values().copied().min().unwrap_or(0)
    }
}

impl PodTopologySpread {
    /// The constraints of one kind: the pod's own, or the defaults if it has none at all.
    fn constraints(&self, pod: &Pod, when_unsatisfiable: &str) -> Vec<Constraint> {
        let of_kind = |all: &[TopologySpreadConstraint]| -> Vec<TopologySpreadConstraint> {
            let kind =
                |one: &&TopologySpreadConstraint| one.when_unsatisfiable == *when_unsatisfiable;
            all.iter().filter(kind).cloned().collect()
        };
        let own = &pod.spec.topology_spread_constraints;
        if !own.is_empty() {
            return of_kind(own).iter().filter_map(|one| Constraint::of(pod, one)).collect();
        }
        let defaults = of_kind(&self.defaults);
        if defaults.is_empty() {
            return Vec::new();
        }
        let Some(selector) = self.owners.selector(pod) else { return Vec::new() };
        defaults.iter().map(|one| Constraint::new(one, selector.clone())).collect()
    }

    fn hard(&self, pod: &Pod) -> Vec<Constraint> {
        self.constraints(pod, "DoNotSchedule")
    }

    /// Counts a pod more or less in the domain of `node`.
    fn change(state: &mut CycleState, pod: &Pod, other: &Pod, (node, by): (&NodeInfo, i64)) {
        state.change(|Spreads(spreads)| {
            if !spreads.iter().all(|spread| spread.constraint.domain(node).is_some()) {
                return;
            }
            let namespace = &pod.metadata.namespace;
            let counting = spreads.iter_mut().filter(|it| it.constraint.counts(namespace, other));
            counting.for_each(|spread| spread.change(pod, node, by));
        });
    }
}

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreFilter, Point::Filter, Point::PreScore, Point::Score]
    }
    fn pre_filter(
        &self,
        state: &mut CycleState,
        pod: &Arc<Pod>,
        snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        let hard = self.hard(pod);
        if hard.is_empty() {
            return Ok(PreFilter::Skip);
        }
        let spread = |constraint| Spread { constraint, domains: BTreeMap::new() };
        let mut spreads: Vec<Spread> = hard.into_iter().map(spread).collect();
        for node in snapshot.nodes() {
            if !spreads.iter().all(|spread| spread.constraint.domain(node).is_some()) {
                continue;
            }
            for spread in &mut spreads {
                spread.count(pod, node);
            }
        }
        state.put(Spreads(spreads));
        Ok(PreFilter::All)
    }
    fn add_pod(&self, state: &mut CycleState, pod: &Pod, added: &Pod, node: &NodeInfo) {
        Self::change(state, pod, added, (node, 1));
    }
    fn remove_pod(&self, state: &mut CycleState, pod: &Pod, removed: &Pod, node: &NodeInfo) {
        Self::change(state, pod, removed, (node, -1));
    }
    fn filter(&self, state: &CycleState, pod: &Pod, node: &NodeInfo) -> Verdict {
        let Some(Spreads(spreads)) = state.get() else { return Ok(()) };
        for spread in spreads {
            let Some(domain) = spread.constraint.domain(node) else {
                let code = Code::UnschedulableAndUnresolvable;
                let reason =
                    "node(s) didn't match pod topology spread constraints (missing required label)";
                return Err(Rejection::new(self.name(), code, reason));
            };
            let here = spread.domains.get(domain).copied().unwrap_or(0);
            let itself = i64::from(spread.constraint.counts_itself(pod));
            if here + itself - spread.lowest() > spread.constraint.max_skew {
                let reason = "node(s) didn't match pod topology spread constraints";
                return Err(Rejection::new(self.name(), Code::Unschedulable, reason));
            }
        }
        Ok(())
    }
    fn pre_score(
        &self,
        state: &mut CycleState,
        pod: &Pod,
        snapshot: &Snapshot,
        feasible: &[&NodeInfo],
    ) -> Result<PreScore, Rejection> {
        let soft = self.constraints(pod, "ScheduleAnyway");
        if soft.is_empty() || feasible.is_empty() {
            return Ok(PreScore::Skip);
        }
        let needs_labels = !pod.spec.topology_spread_constraints.is_empty() || !self.is_system;
        state.put(score::Weighed::new(soft, needs_labels, (pod, snapshot, feasible)));
        Ok(PreScore::Score)
    }
    fn score(&self, state: &CycleState, pod: &Pod, node: &NodeInfo) -> Result<i64, Rejection> {
        Ok(state.get::<score::Weighed>().map_or(0, |weighed| weighed.score(pod, node)))
    }
    fn normalize(&self, state: &CycleState, _: &Pod, scores: &mut [NodeScore]) {
        if let Some(weighed) = state.get::<score::Weighed>() {
            weighed.normalize(scores);
        }
    }
    fn events(&self) -> &'static [Interest] {
        const {
            &[
                Interest::new(
                    EventResource::AssignedPod,
                    Actions::ADD.and(Actions::DELETE).and(Actions::POD_LABEL),
                ),
                Interest::new(
                    EventResource::TargetPod,
                    Actions::POD_LABEL.and(Actions::POD_TOLERATION),
                ),
                Interest::new(
                    EventResource::Node,
                    Actions::ADD
                        .and(Actions::DELETE)
                        .and(Actions::NODE_LABEL)
                        .and(Actions::NODE_TAINT),
                ),
            ]
        }
    }
    fn hint(&self, pod: &Pod, event: &ClusterEvent) -> Hint {
        let hard = self.hard(pod);
        if let Some(change) = event.node() {
            return Hint::queue_if(moves_domains(&hard, change));
        }
        let Some(change) = event.pod() else { return Hint::Queue };
        if event.action == Actions::POD_TOLERATION {
            return Hint::queue_if(hard.iter().any(Constraint::honors_taints));
        }
        if event.resource == EventResource::TargetPod {
            return Hint::Queue;
        }
        let namespace = &pod.metadata.namespace;
        let counts = |constraint: &Constraint, other: &Option<Arc<Pod>>| {
            other.as_ref().is_some_and(|other| constraint.counts(namespace, other))
        };
        let flips = event.action == Actions::POD_LABEL;
        Hint::queue_if(hard.iter().any(|constraint| {
            let (before, after) =
                (counts(constraint, &change.old), counts(constraint, &change.new));
            if flips { before != after } else { before || after }
        }))
    }
}

/// Whether a node with all labels came or went, or has other values or taints.
fn moves_domains(hard: &[Constraint], change: &Change<Node>) -> bool {
    let values = |node: &Option<Arc<Node>>| -> Option<Vec<Text>> {
        let labels = &node.as_ref()?.metadata.labels;
        hard.iter().map(|constraint| labels.get(&constraint.key).cloned()).collect()
    };
    let taints = |node: &Option<Arc<Node>>| node.as_ref().map(|node| node.spec.taints.clone());
    let (before, after) = (values(&change.old), values(&change.new));
    before != after || (after.is_some() && taints(&change.old) != taints(&change.new))
}
