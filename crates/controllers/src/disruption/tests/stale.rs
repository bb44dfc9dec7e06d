//! The word that a pod is to be disturbed is taken back in time.

use api::views::Pod;
use expect_test::{Expect, expect};
use meta::object::{ObjectKey, ResourceVersion};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde_json::{Value, json};
use testkit::{now, show};

use super::{super::StaleDisruptions, notation::ago};

fn pod(condition: Value, phase: &str) -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "4",
            "generation": 3},
        "status": {"phase": phase, "conditions": [condition]},
    }))
    .expect("a pod")
}

fn condition(reason: &str, seconds_ago: u64) -> Value {
    json!({"type": "DisruptionTarget", "status": "True", "reason": reason,
        "lastTransitionTime": ago(seconds_ago)})
}

fn check(pod: Pod, expected: Expect) {
    let mut informers = Informers::default();
    let view = StaleDisruptions::view(&mut informers);
    view.replace(vec![pod], ResourceVersion(9));
    let key = ObjectKey::new("shop", "web");
    let shown = match StaleDisruptions::observe(&view, &key, &Answers::default()) {
        Observation::Ready(announced) => show(&StaleDisruptions::plan(&mut (), &announced, now())),
        Observation::Gone => "nothing to do".to_owned(),
        Observation::Ask(reads) => format!("{reads:?}"),
    };
    expected.assert_eq(&shown);
}

#[test]
fn the_word_is_taken_back_after_two_minutes() {
    check(
        pod(condition("EvictionByEvictionAPI", 30), "Running"),
        expect![[r#"
        wake after 90s
    "#]],
    );
    check(
        pod(condition("EvictionByEvictionAPI", 120), "Running"),
        expect![[r#"
        patch pods web/status {"status":{"conditions":["DisruptionTarget=False : "]}} # the pod was to be disturbed and lives on
    "#]],
    );
}

#[test]
fn a_pod_that_has_ended_or_that_its_node_stops_is_left_alone() {
    check(pod(condition("EvictionByEvictionAPI", 130), "Failed"), expect!["nothing to do"]);
    check(pod(condition("TerminationByKubelet", 130), "Running"), expect!["nothing to do"]);
}

#[test]
fn only_the_word_wakes_it() {
    let view = StaleDisruptions::view(&mut Informers::default());
    let keys = |old: Option<Pod>, new: Option<Pod>| {
        let mut enqueue = Enqueue::default();
        let change = Change { old: old.map(Into::into), new: new.map(Into::into) };
        super::super::stale::on_pod(&view, &change, &mut enqueue);
        enqueue.keys().len()
    };
    let said = || Some(pod(condition("x", 9), "Running"));
    let silent = || Some(pod(json!({"type": "Ready", "status": "True"}), "Running"));
    assert_eq!((keys(None, said()), keys(silent(), said()), keys(said(), said())), (1, 1, 0));
    assert_eq!((keys(said(), silent()), keys(said(), None)), (0, 0));
}
