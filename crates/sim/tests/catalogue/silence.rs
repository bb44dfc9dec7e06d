//! Rows about nodes, taints and the pods' network: 33 to 36.

use std::{collections::BTreeSet, time::Duration};

use api::resources::{NODES, PODS};
use client::{Method, Request, WriteOptions};
use meta::object::ObjectKey;
use nodes::Rules;
use serde_json::{Value, json};
use sim::stage::{Role, Stage, expect};

use crate::{
    Verdict,
    objects::{NAMESPACE, key, name, pod},
    row,
};

const MONITOR: &[&str] = &["node-lifecycle-controller", "taint-eviction-controller"];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn bind(stage: &Stage, pod: &str, node: &str) -> Verdict {
    let binding = json!({"metadata": {"name": pod}, "target": {"kind": "Node", "name": node}});
    let bind = Request::update(&PODS, &key(pod), &binding, &WriteOptions::default());
    let bind = Request { method: Method::Post, ..bind.subresource("binding") };
    expect(stage.ask(bind).is_ok(), || format!("{pod} is not bound"))
}

/// Nodes that live, with two ready pods each.
fn busy_nodes(stage: &Stage, count: u32) -> Verdict {
    stage.register_nodes(count)?;
    stage.cast("nodes", Role::Kubelets(Rules::default()));
    for number in 0..count * 2 {
        let name = format!("web-{number}");
        stage.create(&PODS, NAMESPACE, &pod(&name, "web"))?;
        bind(stage, &name, &format!("node-{}", number % count))?;
    }
    stage.pass(seconds(20));
    let ready = ready_pods(stage);
    let all = usize::try_from(count * 2).unwrap_or(0);
    expect(ready == all, || format!("{ready} of {all} pods are ready"))
}

fn ready_pods(stage: &Stage) -> usize {
    let is_ready = |pod: &Value| {
        let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.iter().any(|it| it["type"] == json!("Ready") && it["status"] == json!("True"))
    };
    stage.list(&PODS, NAMESPACE).iter().filter(|pod| is_ready(pod)).count()
}

fn deleted_pods(stage: &Stage) -> usize {
    let past = stage.past("/registry/pods/");
    let goes = |state: &&sim::stage::State| {
        state.now.as_ref().is_none_or(|pod| !pod["metadata"]["deletionTimestamp"].is_null())
    };
    past.iter().filter(goes).map(|state| &state.key).collect::<BTreeSet<_>>().len()
}

/// When every node is silent, it is not the nodes.
fn nobody_is_evicted_when_all_are_silent(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(MONITOR));
    busy_nodes(stage, 4)?;
    stage.crash("nodes");
    stage.pass(Duration::from_mins(18 + stage.roll(5)));
    let deleted = deleted_pods(stage);
    expect(deleted == 0, || format!("{deleted} pods were evicted"))?;
    stage.start("nodes");
    stage.pass(Duration::from_mins(7));
    let deleted = deleted_pods(stage);
    expect(deleted == 0, || format!("{deleted} pods were evicted after all"))
}

#[test]
fn hb_33_all_silent() {
    row("hb_33", nobody_is_evicted_when_all_are_silent);
}

/// Pods of silent nodes are not ready, wherever the controller crashed on the way.
fn a_crash_leaves_no_pod_ready(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(MONITOR));
    busy_nodes(stage, 3)?;
    stage.crash("nodes");
    stage.crash_after("controllers", 1 + stage.roll(4));
    stage.pass(Duration::from_mins(2));
    let ready = ready_pods(stage);
    expect(ready == 0, || format!("{ready} pods of silent nodes are ready"))
}

#[test]
fn hb_34_silent_and_ready() {
    row("hb_34", a_crash_leaves_no_pod_ready);
}

/// A taint that was taken away in time drives nobody away, seen or not.
fn a_taint_that_is_gone_harms_nobody(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["taint-eviction-controller"]));
    stage.register_nodes(1)?;
    let mut tolerant = pod("web-0", "web");
    tolerant["spec"]["tolerations"] = json!([
        {"key": "own", "operator": "Exists", "effect": "NoExecute"},
        {"key": "trouble", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ]);
    stage.create(&PODS, NAMESPACE, &tolerant)?;
    bind(stage, "web-0", "node-0")?;
    let node = ObjectKey::new("", "node-0");
    let own = json!({"key": "own", "effect": "NoExecute"});
    let trouble = json!({"key": "trouble", "effect": "NoExecute"});
    stage.patch(&NODES, &node, &json!({"spec": {"taints": [own, trouble]}}))?;
    stage.pass(seconds(190));
    if stage.roll(3) < 2 {
        stage.hold("controllers", "nodes");
    }
    stage.pass(seconds(10));
    stage.patch(&NODES, &node, &json!({"spec": {"taints": [own]}}))?;
    stage.pass(seconds(120));
    stage.release("controllers", "nodes");
    stage.pass(seconds(60));
    let deleted = deleted_pods(stage);
    expect(deleted == 0, || "the pod was driven away".to_owned())
}

#[test]
fn hb_35_taint_taken_away() {
    row("hb_35", a_taint_that_is_gone_harms_nobody);
}

/// However often the manager starts, no two nodes have the same share.
fn shares_are_given_once(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Ipam("10.0.0.0/16"));
    for round in 0..5 {
        for number in 0..6 {
            let node = format!("n-{round}-{number}");
            stage.create(&NODES, "", &json!({"metadata": {"name": node}}))?;
            stage.pass(Duration::from_millis(stage.roll(300)));
        }
        stage.crash("controllers");
        stage.start("controllers");
        stage.pass(seconds(2));
    }
    stage.settle()?;
    let nodes = stage.list(&NODES, "");
    let shares: Vec<String> =
        nodes.iter().map(|node| node["spec"]["podCIDR"].to_string()).collect();
    let missing = nodes.iter().find(|node| node["spec"]["podCIDR"].is_null()).map(name);
    expect(missing.is_none(), || format!("{missing:?} has no share"))?;
    let different: BTreeSet<&String> = shares.iter().collect();
    expect(different.len() == shares.len(), || {
        format!("{} shares for {}", different.len(), shares.len())
    })
}

#[test]
fn hb_36_shares_given_twice() {
    row("hb_36", shares_are_given_once);
}
