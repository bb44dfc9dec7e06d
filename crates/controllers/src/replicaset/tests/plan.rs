//! How many pods are made or deleted, and what is told when that fails.

use api::resources::{PODS, REPLICA_SETS};
use expect_test::{Expect, expect};
use meta::object::ObjectKey;
use runtime::{Action, Answers, ApiError, ClientError, Controller, Observation};
use testkit::{Scene, decide, show};

use super::{Memory, ReplicaSetController, check, plan};

#[test]
fn a_replica_set_that_is_gone_needs_nothing() {
    assert!(decide::<ReplicaSetController>(&Scene::default(), &mut Memory::default()).is_none());
}
#[test]
fn only_what_owns_pods_has_a_key_of_its_own() {
    let key = ObjectKey::new("shop", "web");
    assert_eq!(ReplicaSetController::key_of(&REPLICA_SETS, &key), Some(key.clone()));
    assert_eq!(ReplicaSetController::key_of(&PODS, &key), None);
}
#[test]
fn missing_pods_are_made_by_slow_start() {
    check(
        "replicas 3 | a ready",
        expect![[r#"
        2x few: create pods web- # 3 pods are wanted and 1 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch replicasets web/status {"status":{"availableReplicas":1,"fullyLabeledReplicas":1,"readyReplicas":1,"replicas":1,"terminatingReplicas":0}} # what is reported has changed
    "#]],
    );
}
#[test]
fn the_pod_is_the_template_with_a_generated_name_and_an_owner() {
    let plan = plan("replicas 1");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"
        {
          "metadata": {
            "generateName": "web-",
            "labels": {
              "app": "web"
            },
            "namespace": "shop",
            "ownerReferences": [
              {
                "apiVersion": "apps/v1",
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": "ReplicaSet",
                "name": "web",
                "uid": "web-uid"
              }
            ]
          },
          "spec": {
            "containers": []
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(object).expect("prints"));
}
#[test]
fn a_name_as_long_as_may_be_is_the_prefix_as_it_is() {
    let mut scene = Scene::parse("replicas 1");
    for (length, prefix_length) in [(252, 253), (253, 253)] {
        scene.replica_sets[0]["metadata"]["name"] = "w".repeat(length).into();
        let view = testkit::view::<ReplicaSetController>(&scene);
        let key = ObjectKey::new("shop", "w".repeat(length));
        let Observation::Ready(replicas) =
            ReplicaSetController::observe(&view, &key, &Answers::default())
        else {
            panic!("it is there")
        };
        let plan = ReplicaSetController::plan(&mut Memory::default(), &replicas, testkit::now());
        let step = plan.steps().next().expect("a create");
        let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
        let prefix = object["metadata"]["generateName"].as_str().unwrap_or_default();
        assert_eq!(prefix.len(), prefix_length);
    }
}
#[test]
fn a_selector_that_cannot_be_understood_stops_everything() {
    check("replicas 1 bad-selector | a ready", expect![[""]]);
}
#[test]
fn the_same_facts_give_the_same_plan() {
    let scene = "replicas 1 | a ready since=9 | b ready since=8 | c Pending";
    assert_eq!(plan(scene), plan(scene));
}
#[test]
fn no_more_than_a_burst_at_once() {
    assert_eq!(
        plan("replicas 2000").steps().filter(|s| matches!(s.action, Action::Create { .. })).count(),
        500
    );
}
#[test]
fn superfluous_pods_are_deleted_at_once() {
    check(
        "replicas 1 status=2/2/2/2 terminating=0 | a ready since=9000 | b Pending",
        expect![[r#"
            all: delete pods b # 1 pods are wanted and 2 are there
              Normal SuccessfulDelete: Deleted pod: b
              if refused: Warning FailedDelete: Error deleting: {error}
            patch replicasets web/status {"status":{"availableReplicas":1,"readyReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn scaled_to_zero_all_go() {
    check(
        "replicas 0 status=2/2/2/2 terminating=0 | a ready | b ready",
        expect![[r#"
            all: delete pods a # 0 pods are wanted and 2 are there
              Normal SuccessfulDelete: Deleted pod: a
              if refused: Warning FailedDelete: Error deleting: {error}
            all: delete pods b # 0 pods are wanted and 2 are there
              Normal SuccessfulDelete: Deleted pod: b
              if refused: Warning FailedDelete: Error deleting: {error}
        "#]],
    );
}
#[test]
fn finished_and_terminating_pods_are_replaced_at_once() {
    check(
        "replicas 3 | a Succeeded | b Failed age=9000 | c ready deleting",
        expect![[r#"
        3x few: create pods web- # 3 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch replicasets web/status {"status":{"terminatingReplicas":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn on_its_way_out_pods_are_only_counted() {
    check(
        "replicas 3 deleting | a ready",
        expect![[r#"
        patch replicasets web/status {"status":{"availableReplicas":1,"fullyLabeledReplicas":1,"readyReplicas":1,"replicas":1,"terminatingReplicas":0}} # what is reported has changed
    "#]],
    );
}
#[test]
fn at_rest_nothing_is_done() {
    check("replicas 1 status=1/1/1/1 terminating=0 | a ready since=5", expect![[""]]);
}
#[test]
fn a_template_without_labels_makes_no_pods() {
    check(
        "replicas 1 unlabelled",
        expect![[r#"
        patch replicasets web/status {"status":{"conditions":["ReplicaFailure=True FailedCreate: unable to create pods, no labels"],"terminatingReplicas":0}} # what is reported has changed
    "#]],
    );
    check("replicas 0 unlabelled terminating=0", expect![[""]]);
}
#[test]
fn a_refused_pod_is_reported_before_the_next_attempt() {
    check_refused(
        "replicas 2",
        refusal(),
        expect![[r#"
        patch replicasets web/status {"status":{"conditions":["ReplicaFailure=True FailedCreate: exceeded quota"],"terminatingReplicas":0}} # what is reported has changed
        2x few: create pods web- # 2 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
    "#]],
    );
}
#[test]
fn a_reported_failure_keeps_its_text_while_it_lasts() {
    cov_mark::check!(replica_set_failure_keeps_its_text);
    check_refused(
        "replicas 2 terminating=0 failure=FailedCreate",
        refusal(),
        expect![[r#"
        2x few: create pods web- # 2 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
    "#]],
    );
}
#[test]
fn a_plan_without_failure_takes_the_report_back() {
    check(
        "replicas 1 status=1/1/1/1 terminating=0 failure=FailedCreate | a ready",
        expect![[r#"
        patch replicasets web/status {"status":{"conditions":null}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_refused_deletion_is_reported() {
    check_refused(
        "replicas 0 status=1/1/1/1 terminating=0 | a ready",
        refusal(),
        expect![[r#"
            patch replicasets web/status {"status":{"conditions":["ReplicaFailure=True FailedDelete: unable to delete pods: exceeded quota"]}} # what is reported has changed
            all: delete pods a # 0 pods are wanted and 1 are there
              Normal SuccessfulDelete: Deleted pod: a
              if refused: Warning FailedDelete: Error deleting: {error}
        "#]],
    );
}
fn refusal() -> ApiError {
    ApiError {
        code: 403,
        reason: "Forbidden".to_owned(),
        message: "exceeded quota".to_owned(),
        causes: Vec::new(),
        retry_after: None,
    }
}

/// What is planned after the first step was refused.
fn check_refused(scene: &str, error: ApiError, expected: Expect) {
    let mut memory = Memory::default();
    let first = plan(scene);
    let step = first.steps().next().expect("a step");
    ReplicaSetController::failed(&mut memory, step, &ClientError::Api(error));
    let plan = decide::<ReplicaSetController>(&Scene::parse(scene), &mut memory);
    expected.assert_eq(&show(&plan.expect("it is there")));
}
