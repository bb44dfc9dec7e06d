//! Taking pods in, letting them go, and waking for them.

use std::sync::Arc;

use api::views::{Pod, ReplicaSet};
use expect_test::expect;
use runtime::{Change, Enqueue};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{Scene, view};

use super::{ReplicaSetController, check};
use crate::replicaset::{on_owner, on_pod};

#[test]
fn a_matching_orphan_is_adopted_before_anything_is_made() {
    check(
        "replicas 2 | a ready orphan",
        expect![[r#"
        patch pods a {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"ReplicaSet","name":"web","uid":"web-uid"}]}} # the selector matches it and nobody owns it
    "#]],
    );
}
#[test]
fn finished_or_terminating_orphans_are_left_alone() {
    check("replicas 0 terminating=0 | a Failed orphan | b ready orphan deleting", expect![[""]]);
}
#[test]
fn an_owned_pod_that_no_longer_matches_is_let_go() {
    check(
        "replicas 1 | a ready stray",
        expect![[r#"
        patch pods a {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}} # the selector no longer matches it
    "#]],
    );
}
#[test]
fn on_its_way_out_nothing_is_taken_in_or_let_go() {
    check("replicas 1 deleting terminating=0 | a ready stray | b ready orphan", expect![[""]]);
}

/// How many ReplicaSets are woken by a pod that was `old` and is `new`.
fn woken(old: Option<&Value>, new: Option<&Value>) -> usize {
    let view = view::<ReplicaSetController>(&Scene::parse("replicas 1"));
    let decode = |pod: &Value| Arc::new(Pod::deserialize(pod).expect("sound"));
    let change = Change { old: old.map(decode), new: new.map(decode) };
    let mut woken = Enqueue::default();
    on_pod(&view, &change, &mut woken);
    woken.keys().len()
}

fn pod(text: &str) -> Value {
    Scene::parse(&format!("replicas 1 | {text}")).pods.remove(0)
}

#[test]
fn whatever_happens_to_a_replica_set_wakes_it() {
    let scene = Scene::parse("replicas 1");
    let view = view::<ReplicaSetController>(&scene);
    let decode = |set: &Value| Arc::new(ReplicaSet::deserialize(set).expect("sound"));
    let set = || Some(decode(&scene.replica_sets[0]));
    for (old, new) in [(None, set()), (set(), set()), (set(), None)] {
        let mut woken = Enqueue::default();
        on_owner(&view, &Change { old, new }, &mut woken);
        assert_eq!(woken.keys().len(), 1);
    }
}
#[test]
fn whatever_happens_to_its_pods_wakes_it() {
    let own = pod("a ready");
    assert_eq!(woken(None, Some(&own)), 1);
    assert_eq!(woken(Some(&own), Some(&own)), 1);
    assert_eq!(woken(Some(&own), None), 1);
    assert_eq!(woken(None, Some(&pod("a ready deleting"))), 1);
}
#[test]
fn the_owners_uid_must_agree() {
    let mut other = pod("a ready");
    other["metadata"]["ownerReferences"][0]["uid"] = json!("another");
    assert_eq!(woken(None, Some(&other)), 0);
    assert_eq!(woken(Some(&pod("a ready")), Some(&other)), 1);
}
#[test]
fn an_orphan_wakes_those_that_select_it_when_it_comes_or_is_relabelled() {
    let orphan = pod("a ready orphan");
    let mut relabelled = orphan.clone();
    relabelled["metadata"]["labels"]["more"] = json!("yes");
    assert_eq!(woken(None, Some(&orphan)), 1);
    assert_eq!(woken(Some(&orphan), Some(&relabelled)), 1);
    assert_eq!(woken(Some(&orphan), Some(&orphan)), 0);
    assert_eq!(woken(Some(&orphan), None), 0);
    assert_eq!(woken(None, Some(&pod("a ready orphan stray"))), 0);
}
