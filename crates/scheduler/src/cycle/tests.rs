//! Whole cycles of the default profile.

use expect_test::{Expect, expect};
use runtime::Informers;
use serde_json::{Value, json};

use super::*;
use crate::{Settings, config::Built};

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

/// What the default profile decides.
fn decide(snapshot: &Snapshot, pod: &Pod, chance: &mut Chance) -> Decision {
    let Built { profiles, .. } =
        Settings::default().build(&mut Informers::default()).expect("a scheduler");
    let mut pod = pod.clone();
    pod.spec.scheduler_name = "default-scheduler".into();
    let profile = profiles.of(&pod).expect("the profile");
    let nominator = Nominator::default();
    let cycle = Cycle { profile, snapshot, nominator: &nominator, pod: &Arc::new(pod.clone()) };
    cycle.run(chance, &mut Meter::default())
}

fn check(nodes: &[(&str, Value)], spec: Value, expected: Expect) {
    let pod: Pod = serde_json::from_value(json!({ "spec": spec })).expect("a pod");
    let decision = decide(&cluster(nodes), &pod, &mut Chance::new(1));
    expected.assert_eq(&match decision {
        Decision::Take { node, .. } => node.to_string(),
        Decision::Unschedulable(Refusal { message, by, .. }) => format!("{message}\n{by:?}"),
        Decision::Failed { message, reason } => format!("{message}\n{reason}"),
    });
}

#[test]
fn without_nodes_there_is_nothing_to_choose() {
    check(
        &[],
        json!({}),
        expect![[r#"
        no nodes available to schedule pods
        Unschedulable"#]],
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
        {"NodeResourcesFit", "NodeUnschedulable", "TaintToleration"}"#]],
    );
}

#[test]
fn a_soft_taint_sends_the_pod_elsewhere() {
    let tainted = json!({"taints": [{"key": "a", "effect": "PreferNoSchedule"}]});
    check(&[("a", tainted), ("b", json!({}))], json!({}), expect!["b"]);
}

#[test]
fn each_of_equal_nodes_has_its_turn() {
    let snapshot = cluster(&[("a", json!({})), ("b", json!({})), ("c", json!({}))]);
    let mut chance = Chance::new(1);
    let mut counts = std::collections::BTreeMap::<Text, u32>::new();
    for _ in 0..300 {
        if let Decision::Take { node, .. } = decide(&snapshot, &Pod::default(), &mut chance) {
            *counts.entry(node).or_default() += 1;
        }
    }
    assert!(counts.len() == 3 && counts.values().all(|count| *count > 70), "{counts:?}");
}

#[test]
fn a_pod_that_names_its_nodes_is_told_so_of_the_others() {
    let field = json!({"key": "metadata.name", "operator": "In", "values": ["b", "gone"]});
    let terms = json!([{"matchFields": [field]}]);
    let required =
        json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
    let spec = json!({"affinity": {"nodeAffinity": required}});
    check(&[("a", json!({})), ("b", json!({}))], spec.clone(), expect!["b"]);
    check(
        &[("a", json!({})), ("c", json!({}))],
        spec,
        expect![[r#"
            0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.
            {"NodeAffinity"}"#]],
    );
}

#[test]
fn of_many_nodes_a_share_is_enough() {
    let wanted = |nodes| filter::wanted(nodes, None);
    assert_eq!([wanted(50), wanted(100), wanted(1000), wanted(5000)], [50, 100, 420, 500]);
    assert_eq!([filter::wanted(1000, Some(20)), filter::wanted(1000, Some(100))], [200, 1000]);
}
