//! Which changes wake which budgets.

use std::sync::Arc;

use api::views::{Deployment, Pod};
use runtime::{Change, Enqueue};
use serde_json::{Value, json};

use super::{
    super::{on_owner, on_pod},
    notation::parse,
};

fn pod_wakes(change: impl Fn(&mut Value)) -> usize {
    let scene = parse("min=1 beside | a");
    let mut changed = scene.pods[0].clone();
    change(&mut changed);
    let decode = |pod: &Value| Arc::new(serde_json::from_value::<Pod>(pod.clone()).expect("a pod"));
    let mut enqueue = Enqueue::default();
    let change = Change { old: Some(decode(&scene.pods[0])), new: Some(decode(&changed)) };
    on_pod(&scene.view(), &change, &mut enqueue);
    enqueue.keys().len()
}

#[test]
fn all_budgets_that_mean_a_pod_or_meant_it_look_at_it() {
    assert_eq!(pod_wakes(|pod| pod["status"]["conditions"] = json!([])), 2);
    assert_eq!(pod_wakes(|pod| pod["metadata"]["labels"] = json!({})), 2);
    assert_eq!(
        pod_wakes(|pod| pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1",
        "kind": "X", "name": "x", "uid": "x", "controller": true}])),
        2
    );
}

#[test]
fn what_no_budget_counts_wakes_none() {
    assert_eq!(pod_wakes(|pod| pod["metadata"]["annotations"] = json!({"a": "b"})), 0);
}

#[test]
fn a_new_size_of_an_owner_wakes_the_budgets_that_count_by_owners() {
    let wakes = |budget: &str, replicas: i32| {
        let scene = parse(budget);
        let deployment = |replicas: i32| {
            let deployment = json!({"metadata": {"name": "web", "namespace": "shop"},
                "spec": {"replicas": replicas}});
            Some(Arc::new(serde_json::from_value::<Deployment>(deployment).expect("sound")))
        };
        let mut enqueue = Enqueue::default();
        let change = Change { old: deployment(3), new: deployment(replicas) };
        on_owner(&scene.view(), &change, &mut enqueue, |owner| owner.spec.replicas);
        enqueue.keys().len()
    };
    assert_eq!((wakes("max=1 |", 4), wakes("max=1 |", 3), wakes("min=1 |", 4)), (1, 0, 0));
}
