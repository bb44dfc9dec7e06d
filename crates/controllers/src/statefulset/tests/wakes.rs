//! Which changes make a set be looked at.

use std::sync::Arc;

use api::views::{ControllerRevision, Kind, PersistentVolumeClaim, Pod, StatefulSet};
use runtime::{Change, Enqueue};
use serde_json::Value;
use testkit::{Scene, view};

use super::StatefulSetController;
use crate::statefulset::{on_claim, on_pod, on_revision, on_set};

/// How many sets are woken by an object that was `old` and is `new`.
fn woken<K: Kind>(
    handler: fn(&super::super::View, &Change<K>, &mut Enqueue<meta::object::ObjectKey>),
    old: Option<&Value>,
    new: Option<&Value>,
) -> usize {
    let view = view::<StatefulSetController>(&Scene::stateful("1 claims"));
    let decode = |object: &Value| Arc::new(K::deserialize(object).expect("sound"));
    let mut woken = Enqueue::default();
    handler(&view, &Change { old: old.map(decode), new: new.map(decode) }, &mut woken);
    woken.keys().len()
}

#[test]
fn whatever_happens_to_a_set_wakes_it() {
    let set = &Scene::stateful("1").stateful_sets[0];
    assert_eq!(woken::<StatefulSet>(on_set, None, Some(set)), 1);
    assert_eq!(woken::<StatefulSet>(on_set, Some(set), None), 1);
}
#[test]
fn its_pods_wake_it_and_so_do_strangers_with_their_names() {
    let pod = |text: &str| Scene::stateful(&format!("1 | {text}")).pods.remove(0);
    assert_eq!(woken::<Pod>(on_pod, None, Some(&pod("web-0 ready"))), 1);
    assert_eq!(woken::<Pod>(on_pod, Some(&pod("web-0 ready stranger")), None), 1);
    assert_eq!(woken::<Pod>(on_pod, None, Some(&pod("x ready orphan"))), 1);
    assert_eq!(woken::<Pod>(on_pod, None, Some(&pod("x ready orphan stray"))), 0);
    assert_eq!(woken::<Pod>(on_pod, None, Some(&pod("other-0 ready stranger"))), 0);
}
#[test]
fn its_revisions_wake_it() {
    let revision = &Scene::stateful("1").controller_revisions[0];
    assert_eq!(woken::<ControllerRevision>(on_revision, Some(revision), None), 1);
}
#[test]
fn claims_wake_it_by_their_names() {
    let claim = |name: &str| Scene::stateful(&format!("1 | claim {name}")).claims.remove(0);
    let woken = |name: &str| woken::<PersistentVolumeClaim>(on_claim, Some(&claim(name)), None);
    assert_eq!(woken("data-web-0"), 1);
    assert_eq!(woken("data-web-x"), 0);
    assert_eq!(woken("logs-web-0"), 0);
    assert_eq!(woken("data-web-more-0"), 0);
}
