//! One pod's way through the plugins: filter, score, reserve, permit.

use std::{collections::BTreeSet, sync::Arc};

use api::views::Pod;
use meta::text::Text;

use crate::{
    NodeInfo, Snapshot,
    framework::{Code, CycleState, Permit, Plugin, PreFilter, Rejection},
    message,
};

/// What a cycle found.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The pod goes to this node.
    Bind { node: Text, state: CycleState },
    /// No node fits.
    Unschedulable { message: String, rejected_by: Vec<&'static str> },
}

/// Which nodes are looked at first; moves on so that equal nodes take turns.
#[derive(Debug, Default)]
pub(crate) struct Rotation {
    start: usize,
}

/// Up to this many nodes all are looked at.
const ALL_NODES_MAX: usize = 100;

/// Finds the best node for a pod.
pub(crate) fn run(
    plugins: &[Arc<dyn Plugin>],
    snapshot: &Snapshot,
    rotation: &mut Rotation,
    pod: &Pod,
) -> Decision {
    let mut state = CycleState::default();
    let nodes: Vec<(&Text, &NodeInfo)> = snapshot.nodes().collect();
    if nodes.is_empty() {
        let message = message::NO_NODES.to_owned();
        return Decision::Unschedulable { message, rejected_by: Vec::new() };
    }
    let (filters, only) = match pre_filter(plugins, &mut state, pod, snapshot) {
        Ok(found) => found,
        Err(rejection) => return stopped(&rejection, nodes.len()),
    };
    let (feasible, rejected) = filter(&filters, &state, pod, rotation.order(&nodes), only.as_ref());
    if feasible.is_empty() {
        return nowhere(plugins, &state, pod, snapshot, &rejected);
    }
    rotation.advance(feasible.len() + rejected.len(), nodes.len());
    let node = best(plugins, &mut state, pod, &feasible).clone();
    take(plugins, state, pod, node)
}

type Filters<'a> = Vec<&'a Arc<dyn Plugin>>;

fn pre_filter<'a>(
    plugins: &'a [Arc<dyn Plugin>],
    state: &mut CycleState,
    pod: &Pod,
    snapshot: &Snapshot,
) -> Result<(Filters<'a>, Option<BTreeSet<Text>>), Rejection> {
    let (mut filters, mut only): (Filters<'a>, Option<BTreeSet<Text>>) = (Vec::new(), None);
    for plugin in plugins {
        match plugin.pre_filter(state, pod, snapshot)? {
            PreFilter::Skip => continue,
            PreFilter::All => {}
            PreFilter::Only(names) => {
                let names: BTreeSet<Text> = names.into_iter().collect();
                only = Some(only.map_or(names.clone(), |known| &known & &names));
            }
        }
        filters.push(plugin);
    }
    Ok((filters, only))
}

/// Nodes that fit, and nodes that do not with the first reason against each.
type Sorted<'n> = (Vec<(&'n Text, &'n NodeInfo)>, Vec<(Text, Rejection)>);

fn filter<'n>(
    filters: &Filters<'_>,
    state: &CycleState,
    pod: &Pod,
    nodes: Vec<(&'n Text, &'n NodeInfo)>,
    only: Option<&BTreeSet<Text>>,
) -> Sorted<'n> {
    let wanted = wanted(nodes.len());
    let (mut feasible, mut rejected) = (Vec::new(), Vec::new());
    for (name, info) in nodes {
        if only.is_some_and(|only| !only.contains(name)) {
            rejected.push((name.clone(), not_named()));
            continue;
        }
        match filters.iter().find_map(|plugin| plugin.filter(state, pod, info).err()) {
            Some(rejection) => rejected.push((name.clone(), rejection)),
            None => feasible.push((name, info)),
        }
        if feasible.len() >= wanted {
            break;
        }
    }
    (feasible, rejected)
}

fn not_named() -> Rejection {
    Rejection::new(
        "NodeAffinity",
        Code::UnschedulableAndUnresolvable,
        "node(s) didn't satisfy plugin(s) [NodeAffinity]",
    )
}

/// How many fitting nodes are enough: all of few, a shrinking share of many.
fn wanted(nodes: usize) -> usize {
    if nodes <= ALL_NODES_MAX {
        return nodes;
    }
    let percent = 50_usize.saturating_sub(nodes / 125).max(5);
    (nodes * percent / 100).max(ALL_NODES_MAX)
}

fn best<'n>(
    plugins: &[Arc<dyn Plugin>],
    state: &mut CycleState,
    pod: &Pod,
    feasible: &[(&'n Text, &'n NodeInfo)],
) -> &'n Text {
    let mut totals = vec![0_i64; feasible.len()];
    if feasible.len() > 1 {
        for plugin in plugins {
            if !plugin.pre_score(state, pod) {
                continue;
            }
            let scores = feasible.iter().map(|(_, info)| plugin.score(state, pod, info));
            let Some(mut scores) = scores.collect::<Option<Vec<i64>>>() else {
                continue;
            };
            plugin.normalize(&mut scores);
            let weighted = scores.into_iter().map(|score| score * plugin.weight());
            totals.iter_mut().zip(weighted).for_each(|(total, score)| *total += score);
        }
    }
    // Of equals the first, in an order that moves on with every pod.
    let mut choice = 0;
    for (index, total) in totals.iter().enumerate() {
        if *total > totals[choice] {
            choice = index;
        }
    }
    feasible[choice].0
}

fn take(plugins: &[Arc<dyn Plugin>], mut state: CycleState, pod: &Pod, node: Text) -> Decision {
    let reserved = plugins.iter().find_map(|plugin| plugin.reserve(&mut state, pod, &node).err());
    let permitted = || {
        plugins.iter().find_map(|plugin| match plugin.permit(&state, pod, &node) {
            Ok(Permit::Allow) => None,
            Ok(Permit::Wait(_)) => Some(Rejection::new(
                plugin.name(),
                Code::Unschedulable,
                format!("waiting for plugin {} to permit it", plugin.name()),
            )),
            Err(rejection) => Some(rejection),
        })
    };
    let Some(rejection) = reserved.or_else(permitted) else {
        return Decision::Bind { node, state };
    };
    for plugin in plugins.iter().rev() {
        plugin.unreserve(&mut state, pod, &node);
    }
    stopped(&rejection, 1)
}

fn stopped(rejection: &Rejection, nodes: usize) -> Decision {
    let message = format!("0/{nodes} nodes are available: {}.", rejection.reasons.join(", "));
    Decision::Unschedulable { message, rejected_by: vec![rejection.plugin] }
}

fn nowhere(
    plugins: &[Arc<dyn Plugin>],
    state: &CycleState,
    pod: &Pod,
    snapshot: &Snapshot,
    rejected: &[(Text, Rejection)],
) -> Decision {
    let mut message = message::fit_error(rejected.len(), rejected);
    let tails = plugins.iter().filter_map(|p| p.post_filter(state, pod, snapshot, rejected));
    for tail in tails {
        message.push(' ');
        message.push_str(&tail);
    }
    let by: BTreeSet<&'static str> =
        rejected.iter().map(|(_, rejection)| rejection.plugin).collect();
    Decision::Unschedulable { message, rejected_by: by.into_iter().collect() }
}

impl Rotation {
    fn order<'n>(&self, nodes: &[(&'n Text, &'n NodeInfo)]) -> Vec<(&'n Text, &'n NodeInfo)> {
        let start = self.start % nodes.len();
        nodes[start..].iter().chain(&nodes[..start]).copied().collect()
    }
    fn advance(&mut self, examined: usize, nodes: usize) {
        // A whole round would start at the same node again.
        let step = if examined >= nodes { 1 } else { examined };
        self.start = (self.start + step) % nodes;
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;
    use crate::plugins::default_profile;

    fn cluster(nodes: &[(&str, Value)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (name, spec) in nodes {
            let node = json!({
                "metadata": {"name": name}, "spec": spec,
                "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
            });
            snapshot.set_node(&Arc::new(serde_json::from_value(node).expect("a node")));
        }
        snapshot
    }

    fn check(nodes: &[(&str, Value)], spec: Value, expected: Expect) {
        let pod: Pod = serde_json::from_value(json!({ "spec": spec })).expect("a pod");
        let decision = run(&default_profile(), &cluster(nodes), &mut Rotation::default(), &pod);
        expected.assert_eq(&match decision {
            Decision::Bind { node, .. } => node.to_string(),
            Decision::Unschedulable { message, rejected_by } => {
                format!("{message}\n{rejected_by:?}")
            }
        });
    }

    #[test]
    fn without_nodes_there_is_nothing_to_choose() {
        check(
            &[],
            json!({}),
            expect![[r#"
            no nodes available to schedule pods
            []"#]],
        );
    }

    #[test]
    fn each_node_gives_its_first_reason() {
        let cordoned = json!({"unschedulable": true});
        let tainted = json!({"taints": [{"key": "a", "effect": "NoSchedule"}]});
        let asks = json!({"containers": [{"resources": {"requests": {"cpu": "5"}}}]});
        let nodes = [("a", cordoned), ("b", tainted), ("c", json!({})), ("d", json!({}))];
        check(
            &nodes,
            asks,
            expect![[r#"
            0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.
            ["NodeResourcesFit", "NodeUnschedulable", "TaintToleration"]"#]],
        );
    }

    #[test]
    fn a_soft_taint_sends_the_pod_elsewhere() {
        let tainted = json!({"taints": [{"key": "a", "effect": "PreferNoSchedule"}]});
        check(&[("a", tainted), ("b", json!({}))], json!({}), expect!["b"]);
    }

    #[test]
    fn equal_nodes_take_turns() {
        let snapshot = cluster(&[("a", json!({})), ("b", json!({})), ("c", json!({}))]);
        let mut rotation = Rotation::default();
        let mut next = || match run(&default_profile(), &snapshot, &mut rotation, &Pod::default()) {
            Decision::Bind { node, .. } => node.to_string(),
            Decision::Unschedulable { message, .. } => message,
        };
        assert_eq!([next(), next(), next(), next()], ["a", "b", "c", "a"]);
    }

    #[test]
    fn of_many_nodes_a_share_is_enough() {
        assert_eq!([wanted(50), wanted(100), wanted(1000), wanted(5000)], [50, 100, 420, 500]);
    }
}
