//! Which nodes have how many seconds.

use api::views::Node;
use meta::{object::ResourceVersion, text::Text};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{now, show};

use super::{TtlController, View, node_changed, seconds};

fn node(name: &str, ttl: Option<&str>) -> Value {
    let annotations = ttl.map_or(json!({}), |ttl| json!({super::ANNOTATION: ttl}));
    json!({"metadata": {"name": name, "uid": name, "resourceVersion": "1", "annotations": annotations}})
}

fn view(nodes: &[Value]) -> View {
    let mut informers = Informers::default();
    let view = TtlController::view(&mut informers);
    let nodes = nodes.iter().map(|node| Node::deserialize(node).expect("sound")).collect();
    informers.cache::<Node>().replace(nodes, ResourceVersion(1));
    view
}

fn decide(ttl: Option<&str>) -> String {
    match TtlController::observe(&view(&[node("a", ttl)]), &"a".into(), &Answers::default()) {
        Observation::Ready(observed) => show(&TtlController::plan(&mut (), &observed, now())),
        other @ (Observation::Gone | Observation::Ask(_)) => format!("{other:?}"),
    }
}

#[test]
fn a_node_without_seconds_or_with_wrong_ones_gets_them() {
    let written = "patch nodes a {\"metadata\":{\"annotations\":{\"node.alpha.kubernetes.io/ttl\":\"0\"}}} # the cluster has 1 nodes\n";
    assert_eq!(decide(None), written);
    assert_eq!(decide(Some("soon")), written);
    assert_eq!(decide(Some("300")), written);
    assert_eq!(decide(Some("0")), "");
}

#[test]
fn the_seconds_go_up_late_and_down_later() {
    for (count, up, down) in [
        (1, 0, 0),
        (89, 0, 0),
        (90, 0, 15),
        (100, 0, 15),
        (101, 15, 15),
        (449, 15, 15),
        (500, 15, 30),
    ] {
        assert_eq!((seconds(Some(up), count), seconds(Some(down), count)), (up, down), "{count}");
    }
    assert_eq!([501, 1001, 2001, 5000].map(|count| seconds(Some(0), count)), [30, 60, 300, 300]);
    assert_eq!([1800, 1799].map(|count| seconds(Some(300), count)), [300, 60]);
}

#[test]
fn all_nodes_are_looked_at_when_the_cluster_outgrows_its_size() {
    let woken = |count: usize| {
        let name = |at: usize| format!("n{at}");
        let nodes: Vec<Value> = (0..count).map(|at| node(&name(at), Some("0"))).collect();
        let view = view(&nodes);
        let new = view.nodes.list().pop();
        let mut enqueue = Enqueue::<Text>::default();
        node_changed(&view, &Change { old: None, new }, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!((woken(100), woken(101)), (0, 101));
}

#[test]
fn a_heartbeat_wakes_nobody_and_a_lost_annotation_does() {
    let woken = |new: Option<&str>| {
        let (old, new) = (node("a", Some("0")), node("a", new));
        let parse =
            |node: &Value| Some(std::sync::Arc::new(Node::deserialize(node).expect("sound")));
        let mut enqueue = Enqueue::<Text>::default();
        let change = Change { old: parse(&old), new: parse(&new) };
        node_changed(&view(std::slice::from_ref(&new)), &change, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!((woken(Some("0")), woken(None)), (0, 1));
}
