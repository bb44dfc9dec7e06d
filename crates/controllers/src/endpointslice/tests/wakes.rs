//! Which services a change of a node makes dirty.

use std::{sync::Arc, time::Duration};

use api::views::Node;
use meta::object::ObjectKey;
use runtime::{Change, Enqueue, Informers};
use serde_json::json;

use crate::{
    endpointslice::{EndpointSliceController, on_node},
    shared::service_notation::{pod, service},
};

fn node(text: &str) -> Option<Arc<Node>> {
    let mut words = text.split_whitespace();
    let name = words.next()?;
    let labels = words.next().map(|zone| json!({"topology.kubernetes.io/zone": zone}));
    let node = json!({"metadata": {"name": name, "labels": labels.unwrap_or_else(|| json!({}))}});
    Some(Arc::new(serde_json::from_value(node).expect("a node")))
}

/// Nodes are `name zone`; a pod of `web` is on `node-0`.
fn check(old: &str, new: &str, expected: &[&str]) {
    let view = <EndpointSliceController as runtime::Controller>::view(&mut Informers::default());
    view.services.insert(service("80"));
    view.pods.insert(pod("a 10.0.0.1 node=node-0"));
    let mut enqueue = Enqueue::default();
    on_node(&view, &Change { old: node(old), new: node(new) }, &mut enqueue);
    let expected: Vec<(ObjectKey, Duration)> =
        expected.iter().map(|name| (ObjectKey::new("shop", *name), Duration::ZERO)).collect();
    assert_eq!(enqueue.keys(), expected);
}

#[test]
fn a_node_that_comes_goes_or_moves_concerns_the_services_of_its_pods() {
    check("", "node-0", &["web"]);
    check("node-0", "", &["web"]);
    check("node-0 here", "node-0 there", &["web"]);
    check("node-0 here", "node-0 here", &[]);
    check("", "node-1", &[]);
}
