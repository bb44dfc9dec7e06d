//! Which changes make which Deployments dirty.

use std::{sync::Arc, time::Duration};

use api::views::{Deployment, Pod, ReplicaSet};
use meta::object::ObjectKey;
use runtime::{Change, Enqueue};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testkit::{Scene, view};

use super::DeploymentController;
use crate::deployment::{on_deployment, on_pod, on_replica_set};

fn change<K: DeserializeOwned>(old: Option<&Value>, new: Option<&Value>) -> Change<K> {
    let decode = |object: &Value| Arc::new(K::deserialize(object).expect("sound"));
    Change { old: old.map(decode), new: new.map(decode) }
}

fn has_web(woken: &Enqueue<ObjectKey>) -> bool {
    woken.keys().contains(&(ObjectKey::new("shop", "web"), Duration::ZERO))
}

/// Whether `shop/web` is woken by a ReplicaSet that was `old` and is `new`.
fn wakes(old: Option<&Value>, new: Option<&Value>) -> bool {
    let view = view::<DeploymentController>(&Scene::parse("3 +1 -0"));
    let mut woken = Enqueue::default();
    on_replica_set(&view, &change::<ReplicaSet>(old, new), &mut woken);
    has_web(&woken)
}

fn replica_set(role: &str) -> Value {
    Scene::parse(&format!("3 +1 -0 | {role} 3/3/3")).replica_sets.remove(0)
}

#[test]
fn whatever_happens_to_a_deployment_wakes_it() {
    let scene = Scene::parse("3 +1 -0");
    let (view, web) = (view::<DeploymentController>(&scene), Some(&scene.deployments[0]));
    for (old, new) in [(None, web), (web, web), (web, None)] {
        let mut woken = Enqueue::default();
        on_deployment(&view, &change::<Deployment>(old, new), &mut woken);
        assert!(has_web(&woken));
    }
}
#[test]
fn its_own_replica_set_wakes_it_whatever_happens_to_it() {
    let own = replica_set("old");
    assert!(wakes(None, Some(&own)));
    assert!(wakes(Some(&own), Some(&own)));
    assert!(wakes(Some(&own), None));
    assert!(wakes(None, Some(&Scene::parse("1 +1 -0 | old 1/1/1 deleting").replica_sets[0])));
}
#[test]
fn kind_name_and_uid_of_the_owner_must_agree() {
    let mut other = replica_set("old");
    other["metadata"]["ownerReferences"][0]["uid"] = json!("another");
    assert!(!wakes(None, Some(&other)));
    let mut other = replica_set("old");
    other["metadata"]["ownerReferences"][0]["kind"] = json!("Rollout");
    assert!(!wakes(None, Some(&other)));
    let mut other = replica_set("old");
    other["metadata"]["ownerReferences"][0]["apiVersion"] = json!("apps/v9");
    assert!(wakes(None, Some(&other)));
}
#[test]
fn a_replica_set_that_changes_hands_wakes_the_old_owner_too() {
    assert!(wakes(Some(&replica_set("old")), Some(&replica_set("orphan"))));
}
#[test]
fn an_orphan_wakes_all_that_select_it_when_it_comes_or_is_relabelled() {
    let orphan = replica_set("orphan");
    assert!(wakes(None, Some(&orphan)));
    let mut relabelled = orphan.clone();
    relabelled["metadata"]["labels"] = json!({"app": "web", "more": "yes"});
    assert!(wakes(Some(&relabelled), Some(&orphan)));
    assert!(!wakes(Some(&orphan), Some(&orphan)));
    assert!(!wakes(Some(&orphan), None));
}
#[test]
fn an_orphan_without_labels_or_on_its_way_out_wakes_nobody() {
    let mut bare = replica_set("orphan");
    bare["metadata"]["labels"] = json!({});
    assert!(!wakes(None, Some(&bare)));
    let mut going = replica_set("orphan");
    going["metadata"]["deletionTimestamp"] = json!(testkit::NOW);
    assert!(!wakes(None, Some(&going)));
}
#[test]
fn only_the_end_of_a_pod_wakes_and_only_to_recreate() {
    let woken = |scene: &str, is_gone: bool| {
        let scene = Scene::parse(scene);
        let (view, pod) = (view::<DeploymentController>(&scene), &scene.pods[0]);
        let (old, new) = if is_gone { (Some(pod), None) } else { (Some(pod), Some(pod)) };
        let mut woken = Enqueue::default();
        on_pod(&view, &change::<Pod>(old, new), &mut woken);
        has_web(&woken)
    };
    let pod = "old 1/1/1 | pod web-old Running";
    assert!(woken(&format!("3 +0 -0 recreate | {pod}"), true));
    assert!(!woken(&format!("3 +0 -0 recreate | {pod}"), false));
    assert!(!woken(&format!("3 +1 -0 | {pod}"), true));
    assert!(!woken("3 +0 -0 recreate | old 1/1/1 | pod web-gone Running", true));
}
