//! Pods of silent nodes are not ready.

use std::sync::Arc;

use api::views::{Node, Pod};
use expect_test::{Expect, expect};
use meta::object::ObjectKey;
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{fill, now, show};

use super::notation::Line;
use crate::nodelifecycle::{
    PodMarking,
    marking::{View, node_changed, pod_changed},
};

fn pod(ready: &str) -> Value {
    json!({
        "metadata": {"name": "p", "namespace": "shop", "uid": "p", "resourceVersion": "3"},
        "spec": {"nodeName": "a"},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    })
}

fn view(node: &str, pod: Value) -> View {
    let mut informers = Informers::default();
    let view = PodMarking::view(&mut informers);
    fill::<Node>(&mut informers, &[Line::new(node).node()]);
    fill::<Pod>(&mut informers, &[pod]);
    view
}

fn check(node: &str, ready: &str, expected: Expect) {
    let key = ObjectKey::new("shop", "p");
    let shown = match PodMarking::observe(&view(node, pod(ready)), &key, &Answers::default()) {
        Observation::Ready(stranded) => show(&PodMarking::plan(&mut (), &stranded, now())),
        Observation::Gone | Observation::Ask(_) => String::new(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn only_a_pod_that_says_it_is_ready_on_a_silent_node_is_marked() {
    check(
        "a Unknown",
        "True",
        expect![[r#"
        patch pods p/status {"status":{"conditions":["Ready=False : "]}} # its node is silent, so nobody knows whether it serves
          Warning NodeNotReady: Node is not ready
    "#]],
    );
    check("a Unknown", "False", expect![[""]]);
    check("a True", "True", expect![[""]]);
    check("a False", "True", expect![[""]]);
    check("b Unknown", "True", expect![[""]]);
}

#[test]
fn a_node_that_falls_silent_and_a_pod_that_comes_to_one_wake_it() {
    let node =
        |line: &str| Some(Arc::new(Node::deserialize(Line::new(line).node()).expect("sound")));
    let woken = |old: &str, new: &str| {
        let mut enqueue = Enqueue::default();
        let change = Change { old: node(old), new: node(new) };
        node_changed(&view(new, pod("True")), &change, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!(woken("a True", "a Unknown"), 1);
    assert_eq!(woken("a Unknown", "a Unknown"), 0);
    assert_eq!(woken("a True", "a False"), 0);
    let mut enqueue = Enqueue::default();
    let ready = || Some(Arc::new(Pod::deserialize(pod("True")).expect("sound")));
    let marked = Some(Arc::new(Pod::deserialize(pod("False")).expect("sound")));
    // Its node says so, and has not said yet that it is there.
    let change = Change { old: marked, new: ready() };
    pod_changed(&view("a Unknown", pod("True")), &change, &mut enqueue);
    assert_eq!(enqueue.keys().len(), 0);
    let change = Change { old: None, new: ready() };
    pod_changed(&view("a Unknown", pod("True")), &change, &mut enqueue);
    pod_changed(&view("a True", pod("True")), &change, &mut enqueue);
    assert_eq!(enqueue.keys().len(), 1);
}
