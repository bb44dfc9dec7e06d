//! Which path is taken.

use api::resources::{DEPLOYMENTS, REPLICA_SETS};
use expect_test::expect;
use meta::object::ObjectKey;
use runtime::{Answers, Controller, Observation};
use serde_json::json;
use testkit::{Scene, decide, view};

use super::{DeploymentController, Memory, check};

#[test]
fn a_deployment_that_is_gone_needs_nothing() {
    assert!(decide::<DeploymentController>(&Scene::default(), &mut Memory::default()).is_none());
}
#[test]
fn an_empty_selector_is_told_and_nothing_else_happens() {
    check(
        "3 +1 -0 select-all generation=2 observed=1",
        expect![[r#"
        announce # an empty selector would take every pod
          Warning SelectingAll: This deployment is selecting all pods. A non-empty selector is required.
        patch deployments web/status {"status":{"observedGeneration":2}} # an empty selector would take every pod
    "#]],
    );
}
#[test]
fn a_selector_that_cannot_be_understood_stops_everything() {
    check("3 +1 -0 bad-selector generation=2 observed=1", expect![[""]]);
}
#[test]
fn names_are_those_that_dashboards_know() {
    assert_eq!(DeploymentController::NAME, "deployment-controller");
    assert_eq!(DeploymentController::QUEUE, "deployment");
    assert_eq!(DeploymentController::EVENT_SOURCE, "deployment-controller");
}
#[test]
fn only_a_deployment_has_a_key_of_its_own() {
    let key = ObjectKey::new("shop", "web");
    assert_eq!(DeploymentController::key_of(&DEPLOYMENTS, &key), Some(key.clone()));
    assert_eq!(DeploymentController::key_of(&REPLICA_SETS, &key), None);
}
#[test]
fn an_unknown_strategy_is_left_alone() {
    check("3 +1 -0 strategy=Surprise | new 1/1/1 revision=1", expect![[""]]);
}
#[test]
fn pods_are_looked_at_only_to_recreate() {
    let left = |scene: &str| {
        let view = view::<DeploymentController>(&Scene::parse(scene));
        let key = ObjectKey::new("shop", "web");
        match DeploymentController::observe(&view, &key, &Answers::default()) {
            Observation::Ready(rollout) => rollout.pods_left.into_values().collect::<Vec<_>>(),
            Observation::Gone | Observation::Ask(_) => panic!("it is there"),
        }
    };
    let pods = "old 0/0/0 | pod web-old Running | pod web-old Failed | new 0/0/0";
    assert!(left(&format!("3 +1 -0 | {pods}")).is_empty());
    assert_eq!(left(&format!("3 +0 -0 recreate | {pods}")), [0, 1]);
}
#[test]
fn the_same_facts_give_the_same_plan() {
    let scene = "10 +3 -2 deadline=10 | new 5/2/2 revision=2 | old 8/8/8 revision=1";
    assert_eq!(super::plan(scene), super::plan(scene));
}
#[test]
fn a_person_is_told_what_is_seen_and_what_new_pods_wait_for() {
    let mut scene = Scene::parse(
        "3 +1 -0 deadline=10 progress=ReplicaSetUpdated@4 status=4/1/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1 | pod web-new Pending | pod web-old Running",
    );
    let waiting = json!([{"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]);
    scene.pods[0]["status"]["containerStatuses"] = waiting;
    expect![[r#"
        wanted: 3 pods, 1 more or 0 fewer while they are replaced
        new: web-new (revision 2) wants 1 pods; 0 ready, 0 available
        old: web-old (revision 1) wants 3 pods; 3 ready, 3 available
        waiting: 1 new pods for ImagePullBackOff
        condition: Progressing=True ReplicaSetUpdated: as before
        deadline: 6s left of 10s without progress"#]]
    .assert_eq(&seen(&scene));
    scene.pods[0]["status"] = json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    ]});
    assert!(seen(&scene).contains("waiting: 1 new pods for Unschedulable"), "{}", seen(&scene));
}

/// What a person is told.
fn seen(scene: &Scene) -> String {
    let key = ObjectKey::new("shop", "web");
    let view = view::<DeploymentController>(scene);
    match DeploymentController::observe(&view, &key, &Answers::default()) {
        Observation::Ready(rollout) => {
            DeploymentController::describe(&rollout, testkit::now()).join("\n")
        }
        Observation::Gone | Observation::Ask(_) => panic!("it is there"),
    }
}
#[test]
fn new_pods_are_waited_for_where_they_are_missing_and_all_that_is_known_is_reported() {
    let waits = |scene: &str| {
        let pods = "pod web-new Pending | pod web-new Failed";
        let seen = seen(&Scene::parse(&format!("3 +1 -0 {scene} | old 3/3/3 | {pods}")));
        seen.matches("waiting: ").count()
    };
    assert_eq!(waits("status=4/1/3/3 | new 1/0/0"), 1);
    assert_eq!(waits("status=4/1/4/4 | new 1/1/1"), 0);
    assert_eq!(waits("status=4/0/3/3 | new 1/0/0"), 0);
    assert_eq!(waits("status=4/1/2/3 | new 1/0/0"), 0);
}
