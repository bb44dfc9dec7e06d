//! Which changes make a set be looked at.

use std::sync::Arc;

use api::views::{ControllerRevision, DaemonSet, Kind, Node, Pod};
use meta::object::ObjectKey;
use runtime::{Change, Enqueue};
use serde_json::Value;
use testkit::{Scene, view};

use super::{super::View, DaemonSetController};
use crate::daemonset::{on_node, on_pod, on_revision, on_set};

/// How many sets are woken by an object that was `old` and is `new`.
fn woken<K: Kind>(
    handler: fn(&View, &Change<K>, &mut Enqueue<ObjectKey>),
    old: Option<&Value>,
    new: Option<&Value>,
) -> usize {
    let view = view::<DaemonSetController>(&Scene::daemon("selects=ssd"));
    let decode = |object: &Value| Arc::new(K::deserialize(object).expect("sound"));
    let mut woken = Enqueue::default();
    handler(&view, &Change { old: old.map(decode), new: new.map(decode) }, &mut woken);
    woken.keys().len()
}

#[test]
fn whatever_happens_to_a_set_wakes_it() {
    let set = &Scene::daemon("").daemon_sets[0];
    assert_eq!(woken::<DaemonSet>(on_set, None, Some(set)), 1);
    assert_eq!(woken::<DaemonSet>(on_set, Some(set), None), 1);
}
#[test]
fn its_pods_and_revisions_wake_it() {
    let scene = Scene::daemon("| a1 ready on=a | b1 ready on=b orphan stray");
    assert_eq!(woken::<Pod>(on_pod, Some(&scene.pods[0]), None), 1);
    assert_eq!(woken::<Pod>(on_pod, None, Some(&scene.pods[1])), 0);
    let revision = &scene.controller_revisions[0];
    assert_eq!(woken::<ControllerRevision>(on_revision, Some(revision), None), 1);
}
#[test]
fn nodes_wake_it_when_they_come_or_go_or_its_pods_may_run_there_no_more() {
    let node = |text: &str| Scene::daemon(&format!("| node {text}")).nodes.remove(0);
    let woken = |old: Option<&str>, new: Option<&str>| {
        woken::<Node>(on_node, old.map(node).as_ref(), new.map(node).as_ref())
    };
    assert_eq!(woken(None, Some("a")), 1);
    assert_eq!(woken(Some("a"), None), 1);
    assert_eq!(woken(Some("a disk=ssd"), Some("a disk=ssd")), 0);
    assert_eq!(woken(Some("a disk=ssd"), Some("a disk=hdd")), 1);
    assert_eq!(woken(Some("a disk=hdd"), Some("a")), 0);
    assert_eq!(woken(Some("a disk=ssd"), Some("a disk=ssd taint=NoSchedule")), 1);
    assert_eq!(woken(Some("a disk=ssd"), Some("a disk=ssd taint=PreferNoSchedule")), 0);
}
