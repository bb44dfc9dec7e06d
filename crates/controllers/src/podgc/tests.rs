//! Which pods go, and when.

use std::time::Duration;

use api::views::{Node, Pod};
use expect_test::{Expect, expect};
use runtime::{Answer, Answers, Controller, Informers, Observation, Plan, Read};
use serde_json::{Value, json};
use testkit::{fill, measures, not_found, now, show};

use super::{Memory, PodGarbageCollector, Sweep, TerminatedPodThreshold, Why};

/// Pods are `name phase node words`, parted by `|`: `deleting`, `evicted`, `held`, `age=` (the node is
/// `-` for none). Nodes are `ready`, `lost` and `out` (out of service); all others are not there.
fn look(pods: &str, threshold: i32, memory: &mut Memory, after: u64) -> Plan<Why> {
    let mut informers = Informers::default();
    informers.provide(TerminatedPodThreshold(threshold));
    let view = PodGarbageCollector::view(&mut informers);
    let pods: Vec<Value> = pods.split('|').map(pod).collect();
    fill::<Pod>(&mut informers, &pods);
    fill::<Node>(&mut informers, &["ready", "lost", "out"].map(node));
    let mut answers = Answers::default();
    loop {
        match PodGarbageCollector::observe(&view, &Sweep, &answers) {
            Observation::Ready(pods) => {
                let now = now() + Duration::from_secs(after);
                return PodGarbageCollector::plan(memory, &pods, now);
            }
            Observation::Ask(reads) => {
                for read in reads {
                    let found = live(&read);
                    answers.insert(read, found);
                }
            }
            Observation::Gone => panic!("there is always something to look after"),
        }
    }
}

fn check(pods: &str, expected: Expect) {
    let mut memory = Memory::default();
    look(pods, 2, &mut memory, 0);
    expected.assert_eq(&show(&look(pods, 2, &mut memory, 40)));
}

/// One node is there though the caches do not know it.
fn live(read: &Read) -> Answer {
    let is_back = matches!(read, Read::Metadata { key, .. } if *key.name == *"back");
    if is_back { Ok(json!({})) } else { Err(not_found()) }
}

fn pod(text: &str) -> Value {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let age = words.iter().find_map(|word| word.strip_prefix("age=")?.parse().ok()).unwrap_or(60);
    json!({
        "metadata": {
            "name": words[0], "namespace": "shop", "uid": format!("uid-{}", words[0]),
            "resourceVersion": "8", "generation": 1,
            "creationTimestamp": now() - Duration::from_secs(age),
            "deletionTimestamp": has("deleting").then(now),
            "deletionGracePeriodSeconds": has("deleting").then_some(if has("held") { 0 } else { 30 }),
        },
        "spec": {"nodeName": if words[2] == "-" { "" } else { words[2] }},
        "status": {"phase": words[1], "reason": if has("evicted") { "Evicted" } else { "" }},
    })
}

fn node(name: &str) -> Value {
    let taints = if name == "out" {
        json!([{"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}])
    } else {
        json!([])
    };
    let ready = if name == "ready" { "True" } else { "Unknown" };
    json!({
        "metadata": {"name": name, "uid": name, "resourceVersion": "7"},
        "spec": {"taints": taints},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    })
}

#[test]
fn pods_of_a_node_that_is_gone_fail_as_disrupted_and_go() {
    check(
        "a Running gone | b Running ready | c Succeeded gone",
        expect![[r#"
        all: patch pods a/status {"status":{"conditions":["DisruptionTarget=True DeletionByPodGC: PodGC: node no longer exists"],"observedGeneration":1,"phase":"Failed"}} # its node is gone
        all: delete pods a # its node is gone
        all: delete pods c # its node is gone
        wake after 20s
    "#]],
    );
}
#[test]
fn a_node_may_come_back_in_time() {
    let mut memory = Memory::default();
    let rest = "wake after 20s\n";
    assert_eq!(show(&look("a Running gone", 0, &mut memory, 0)), rest);
    assert_eq!(show(&look("a Running gone", 0, &mut memory, 39)), rest);
    assert_eq!(show(&look("a Running ready", 0, &mut memory, 40)), rest);
    assert_eq!(show(&look("a Running gone", 0, &mut memory, 41)), rest);
}
#[test]
fn what_a_live_read_finds_is_not_gone() {
    check(
        "a Running back",
        expect![[r#"
        wake after 20s
    "#]],
    );
}
#[test]
fn a_pod_deleted_before_it_had_a_node_goes() {
    check(
        "a Pending - deleting | b Pending -",
        expect![[r#"
        all: patch pods a/status {"status":{"observedGeneration":1,"phase":"Failed"}} # it is to go and never had a node
        all: delete pods a # it is to go and never had a node
        wake after 20s
    "#]],
    );
}
#[test]
fn a_pod_that_only_a_finalizer_keeps_is_not_asked_again() {
    check(
        "a Failed - deleting held",
        expect![[r#"
        wake after 20s
    "#]],
    );
}
#[test]
fn pods_on_their_way_out_go_where_the_node_is_out_of_service() {
    check(
        "a Running out deleting | b Running out | c Running lost deleting",
        expect![[r#"
        all: patch pods a/status {"status":{"observedGeneration":1,"phase":"Failed"}} # it is to go and its node is out of service
        all: delete pods a # it is to go and its node is out of service
        wake after 20s
    "#]],
    );
}
#[test]
fn of_too_many_finished_pods_the_evicted_and_the_oldest_go() {
    check(
        "a Succeeded ready age=10 | b Failed ready age=90 | c Failed ready evicted age=5 | d Succeeded ready age=80 | e Running ready",
        expect![[r#"
            all: delete pods c # more finished pods are there than are to be kept
            all: delete pods b # more finished pods are there than are to be kept
            wake after 20s
        "#]],
    );
}
#[test]
fn without_a_threshold_finished_pods_stay() {
    let plan = look("a Succeeded ready | b Failed ready", 0, &mut Memory::default(), 0);
    assert_eq!(show(&plan), "wake after 20s\n");
}

#[test]
fn deletions_are_counted_by_namespace_and_reason() {
    let mut memory = Memory::default();
    let plan = look("a Pending - deleting", 2, &mut memory, 0);
    expect![[r#"
        always pod_gc_collector_force_delete_pods_total{shop,unscheduled} +1
        failure pod_gc_collector_force_delete_pod_errors_total{shop,unscheduled} +1
    "#]]
    .assert_eq(&measures(&plan));
}
