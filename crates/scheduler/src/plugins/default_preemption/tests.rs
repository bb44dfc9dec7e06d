//! Whom preemption evicts, and when it evicts nobody.

use std::collections::BTreeMap;

use meta::object::ResourceVersion;
use serde_json::{Value, json};

use super::*;
use crate::{
    NodeInfo, Snapshot,
    framework::{CycleState, Filters},
    nominator::Nominator,
    plugins::shared::testing,
};

/// `name priority cpu`, on a node with four.
fn pod(text: &str) -> Pod {
    let mut words = text.split(' ');
    let [name, priority, cpu] = std::array::from_fn(|_| words.next().unwrap_or("0"));
    let mut pod = testing::labelled(
        json!({ "app": name }),
        json!({
            "priority": priority.parse::<i32>().expect("a priority"),
            "containers": [{"resources": {"requests": {"cpu": cpu}}}],
        }),
    );
    pod.metadata.name = name.into();
    pod.metadata.uid = name.into();
    pod
}

fn cluster(nodes: &[(&str, &[&str])]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, pods) in nodes {
        let empty = testing::cluster(&[(name, json!({}), json!({}), &[])]);
        let node = empty.node(name).and_then(|info| info.node.clone());
        snapshot.set_node(&node.expect("a node"));
        for text in *pods {
            snapshot.assume(&Arc::new(pod(text)), &Text::from(*name));
        }
    }
    snapshot
}

fn plugin(budgets: &[Value]) -> DefaultPreemption {
    let cache = Cache::<PodDisruptionBudget>::default();
    for budget in budgets {
        cache.insert(serde_json::from_value(budget.clone()).expect("a budget"));
    }
    cache.advance(ResourceVersion(1));
    DefaultPreemption {
        arguments: DefaultPreemptionArguments::default(),
        budgets: Arc::new(cache),
        evictions: Evictions::default(),
    }
}

/// What happens for a pod on nodes, where it has found no place by its resources.
fn check(pod: Pod, nodes: &[(&str, &[&str])], budgets: &[Value], expected: &str) {
    let snapshot = cluster(nodes);
    let fit = crate::plugins::FACTORIES.iter().find(|(name, _)| *name == "NodeResourcesFit");
    let (mut informers, mut followed) = (runtime::Informers::default(), Vec::new());
    let mut setup = Setup::for_tests(&mut informers, &mut followed);
    let (_, make) = fit.expect("it is built in");
    let fit = make(&mut setup, &Arguments::default()).expect("a plugin");
    let (mut state, pod) = (CycleState::default(), Arc::new(pod));
    fit.pre_filter(&mut state, &pod, &snapshot).expect("a look");
    let against =
        |node: &NodeInfo| Some((node.name().clone(), fit.filter(&state, &pod, node).err()?));
    let rejected: Vec<(Text, Rejection)> = snapshot.nodes().filter_map(against).collect();
    let (filters, nominator) = (Filters(vec![&fit]), Nominator::default());
    let trial = Trial {
        pod: &pod,
        state: &state,
        snapshot: &snapshot,
        rejected: &rejected,
        filters: &filters,
        nominator: &nominator,
    };
    let told = match plugin(budgets).post_filter(&trial) {
        PostFilter::Nominate(Nomination { node, victims, violations, .. }) => {
            let names: Vec<&str> = victims.iter().map(|pod| &*pod.metadata.name).collect();
            format!("{node}: {} ({violations})", names.join(" "))
        }
        PostFilter::Nothing(text) | PostFilter::NotNow(text) => text,
    };
    assert_eq!(told, expected);
}

fn budget(app: &str, allowed: i32) -> Value {
    json!({
        "metadata": {"name": app, "namespace": "n", "resourceVersion": "1"},
        "spec": {"selector": {"matchLabels": {"app": app}}},
        "status": {"disruptionsAllowed": allowed},
    })
}

#[test]
fn no_more_go_than_must() {
    check(pod("new 10 2"), &[("a", &["b 1 2", "c 2 2"])], &[], "a: b (0)");
    check(pod("new 10 3"), &[("a", &["b 1 2", "c 2 2"])], &[], "a: c b (0)");
}

#[test]
fn nobody_goes_for_an_equal_or_where_it_would_not_help() {
    check(
        pod("new 1 2"),
        &[("a", &["b 1 2", "c 1 2"]), ("d", &["e 1 4"])],
        &[],
        "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
    );
    check(
        pod("new 10 5"),
        &[("a", &["b 1 2"])],
        &[],
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    );
    check(
        pod("new 10 3"),
        &[("a", &["b 10 2", "c 1 2"])],
        &[],
        "preemption: 0/1 nodes are available: 1 Insufficient cpu.",
    );
}

#[test]
fn the_node_with_the_least_important_victims_is_taken() {
    check(pod("new 10 2"), &[("a", &["b 5 4"]), ("c", &["d 1 4"])], &[], "c: d (0)");
    check(pod("new 10 4"), &[("a", &["b 1 2", "e 1 2"]), ("c", &["d 1 4"])], &[], "c: d (0)");
}

#[test]
fn a_budget_is_broken_only_if_nothing_else_helps() {
    let kept = [budget("b", 0)];
    check(pod("new 10 2"), &[("a", &["b 1 2", "c 2 2"])], &kept, "a: c (0)");
    check(pod("new 10 4"), &[("a", &["b 1 4"])], &kept, "a: b (1)");
    check(pod("new 10 4"), &[("a", &["b 1 4"]), ("c", &["d 5 4"])], &kept, "c: d (0)");
    check(pod("new 10 4"), &[("a", &["b 1 4"])], &[budget("b", 1)], "a: b (0)");
}

#[test]
fn a_pod_that_may_not_evict_does_not() {
    let mut polite = pod("new 10 2");
    polite.spec.preemption_policy = "Never".into();
    let expected = "preemption: not eligible due to preemptionPolicy=Never.";
    check(polite, &[("a", &["b 1 4"])], &[], expected);
}

#[test]
fn a_pod_is_kept_back_while_others_are_evicted_for_it() {
    let plugin = plugin(&[]);
    let preemptor = pod("new 10 2");
    plugin.evictions.begin(&preemptor.metadata.uid);
    assert!(plugin.pre_enqueue(&preemptor).is_err());
    plugin.evictions.end(&preemptor.metadata.uid);
    assert!(plugin.pre_enqueue(&preemptor).is_ok());
}

#[test]
fn wrong_arguments_are_told() {
    let told = |given: &[(&str, i64)]| {
        let given: BTreeMap<_, _> = given.iter().copied().collect();
        let read = Arguments::new(json!(given)).read::<DefaultPreemptionArguments>();
        validate(read.expect("arguments")).err().unwrap_or_default()
    };
    assert_eq!(told(&[("minCandidateNodesPercentage", 5)]), "");
    assert_eq!(
        told(&[("minCandidateNodesPercentage", 101)]),
        "minCandidateNodesPercentage: Invalid value: 101: not in valid range [0, 100]"
    );
    assert_eq!(
        told(&[("minCandidateNodesPercentage", 0), ("minCandidateNodesAbsolute", 0)]),
        "minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute"
    );
}
