//! Making, finding and failing to make the new ReplicaSet.

use api::views::{Deployment, Template};
use expect_test::{Expect, expect};
use runtime::{Action, ApiError, ClientError, Controller, Step};
use serde::Deserialize;
use serde_json::json;
use testkit::{Scene, decide, show};

use super::{DeploymentController, Memory, check, check_sizes, plan};
use crate::deployment::{Why, new_replica_set};

#[test]
fn equality_decides_which_is_new_and_of_equals_the_oldest() {
    check_sizes(
        "3 +1 -0 | new 3/3/3 | new 3/3/3",
        expect![[r#"
        web-new2=0 # 6 pods are available and 3 must be
    "#]],
    );
    let with_hash =
        json!({"metadata": {"labels": {"a": "b", "pod-template-hash": "x"}}, "spec": {}});
    let without = json!({"metadata": {"labels": {"a": "b"}}, "spec": {}});
    assert_eq!(Template::from(with_hash), Template::from(without));
}
#[test]
fn the_body_carries_hash_owner_revision_and_sizes() {
    let plan = plan("3 +1 -0 minready=5 note=hello applied=x | old 3/3/3 revision=4");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    let text = serde_json::to_string_pretty(object).expect("prints");
    expect![[r#"
        {
          "metadata": {
            "annotations": {
              "deployment.kubernetes.io/desired-replicas": "3",
              "deployment.kubernetes.io/max-replicas": "4",
              "deployment.kubernetes.io/revision": "5",
              "note": "hello"
            },
            "labels": {
              "app": "web",
              "pod-template-hash": "7c699c44d6"
            },
            "name": "web-7c699c44d6",
            "namespace": "shop",
            "ownerReferences": [
              {
                "apiVersion": "apps/v1",
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": "Deployment",
                "name": "web",
                "uid": "web-uid"
              }
            ]
          },
          "spec": {
            "minReadySeconds": 5,
            "replicas": 1,
            "selector": {
              "matchLabels": {
                "app": "web",
                "pod-template-hash": "7c699c44d6"
              }
            },
            "template": {
              "metadata": {
                "labels": {
                  "app": "web",
                  "pod-template-hash": "7c699c44d6"
                }
              },
              "spec": {
                "containers": [
                  {
                    "image": "new",
                    "name": "main"
                  }
                ]
              }
            }
          }
        }"#]]
    .assert_eq(&text);
}
#[test]
fn made_with_pods_it_is_announced() {
    check(
        "3 +1 -0 deadline=10",
        expect![[r#"
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
          Normal ScalingReplicaSet: Scaled up replica set web-7c699c44d6 from 0 to 3
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"conditions":["Progressing=True NewReplicaSetCreated: Created new replica set \"web-7c699c44d6\"","Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"terminatingReplicas":0,"unavailableReplicas":3}} # what is reported has changed
        wake after 11s
    "#]],
    );
}
#[test]
fn made_without_pods_it_is_not_announced() {
    check(
        "3 +1 -0 deadline=10 | old 4/4/4 revision=1",
        expect![[r#"
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
        patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"4"}},"spec":{"replicas":3}} # 4 pods are available and 3 must be
          Normal ScalingReplicaSet: Scaled down replica set web-old from 4 to 3
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"availableReplicas":4,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True ReplicaSetUpdated: ReplicaSet \"web-7c699c44d6\" is progressing."],"readyReplicas":4,"replicas":4}} # what is reported has changed
        wake after 11s
    "#]],
    );
}
#[test]
fn an_existing_one_follows_and_the_deployment_shows_its_revision() {
    cov_mark::check!(deployment_new_replica_set_follows);
    check(
        "3 +1 -0 minready=5 note=hello deadline=10 | new 3/3/3 note=bye | old 0/0/0 revision=1",
        expect![[r#"
            patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2","note":"hello"}},"spec":{"minReadySeconds":5}} # the new ReplicaSet follows the Deployment
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True NewReplicaSetAvailable: ReplicaSet \"web-new\" has successfully progressed."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
        "#]],
    );
}
#[test]
fn old_ones_keep_their_annotations_and_min_ready_seconds() {
    check(
        "3 +1 -0 minready=5 note=hello | new 3/3/3 revision=2 note=hello minready=5 | old 0/0/0 revision=1 note=bye",
        expect![[r#"
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_change_of_min_ready_seconds_alone_makes_no_revision() {
    check(
        "3 +1 -0 minready=5 revision=1 | new 3/3/3 revision=1",
        expect![[r#"
        patch replicasets web-new {"spec":{"minReadySeconds":5}} # the new ReplicaSet follows the Deployment
        patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn an_old_one_with_an_equal_template_becomes_new_and_is_found() {
    check(
        "3 +1 -0 deadline=10 | new 3/3/3 revision=1",
        expect![[r#"
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True NewReplicaSetAvailable: ReplicaSet \"web-new\" has successfully progressed."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn what_is_found_under_way_is_told_as_found() {
    check(
        "3 +1 -0 deadline=10 status=3/3/1/1 | new 3/1/1 revision=1",
        expect![[r#"
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"conditions":["Progressing=True FoundNewReplicaSet: Found new replica set \"web-new\"","Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"unavailableReplicas":2}} # what is reported has changed
        wake after 11s
    "#]],
    );
}
#[test]
fn a_long_name_is_cut_so_that_the_hash_fits() {
    let mut scene = Scene::parse("3 +1 -0");
    scene.deployments[0]["metadata"]["name"] = "w".repeat(253).into();
    let deployment = Deployment::deserialize(&scene.deployments[0]).expect("sound");
    let name = new_replica_set::name(&deployment);
    assert_eq!(name.len(), 253);
    assert!(name.ends_with("ww-7c699c44d6"), "{name}");
}
#[test]
fn a_name_that_is_taken_is_counted_as_a_collision() {
    cov_mark::check!(deployment_counts_a_collision);
    let name = created_name("3 +1 -0");
    check(
        &format!("3 +1 -0 deadline=10 | old 0/0/0 name={name}"),
        expect![[r#"
        patch deployments web/status {"status":{"collisionCount":1}} # another ReplicaSet is called web-7c699c44d6
    "#]],
    );
}
#[test]
fn the_collision_count_makes_another_name() {
    cov_mark::check!(deployment_hash_depends_on_the_collision_count);
    assert_ne!(created_name("3 +1 -0"), created_name("3 +1 -0 collisions=1"));
    assert_eq!(created_name("3 +1 -0"), created_name("9 +1 -0"));
}
#[test]
fn a_refusal_is_reported_before_the_next_attempt() {
    check_refused(
        "3 +1 -0 deadline=10",
        refusal(403, "Forbidden"),
        expect![[r#"
        patch deployments web/status {"status":{"conditions":["Progressing=False ReplicaSetCreateError: Failed to create new replica set \"web-7c699c44d6\": replicasets is forbidden"]}} # the new ReplicaSet was refused
        announce # the new ReplicaSet was refused
          Warning ReplicaSetCreateError: Failed to create new replica set "web-7c699c44d6": replicasets is forbidden
    "#]],
    );
}
#[test]
fn a_refusal_that_is_known_is_only_announced() {
    check_refused(
        "3 +1 -0 deadline=10 progress=ReplicaSetCreateError@5",
        refusal(403, "Forbidden"),
        expect![[r#"
            announce # the new ReplicaSet was refused
              Warning ReplicaSetCreateError: Failed to create new replica set "web-7c699c44d6": replicasets is forbidden
            create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
              Normal ScalingReplicaSet: Scaled up replica set web-7c699c44d6 from 0 to 3
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"conditions":["Progressing=True NewReplicaSetCreated: Created new replica set \"web-7c699c44d6\"","Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"terminatingReplicas":0,"unavailableReplicas":3}} # what is reported has changed
            wake after 11s
        "#]],
    );
}
#[test]
fn without_a_deadline_a_refusal_is_only_announced() {
    check_refused(
        "3 +1 -0",
        refusal(403, "Forbidden"),
        expect![[r#"
        announce # the new ReplicaSet was refused
          Warning ReplicaSetCreateError: Failed to create new replica set "web-7c699c44d6": replicasets is forbidden
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
          Normal ScalingReplicaSet: Scaled up replica set web-7c699c44d6 from 0 to 3
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"terminatingReplicas":0,"unavailableReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_taken_name_that_the_cache_does_not_show_yet_is_tried_again() {
    cov_mark::check!(deployment_waits_for_the_cache_to_show_the_taken_name);
    let taken = refusal(409, "AlreadyExists");
    check_refused(
        "3 +1 -0",
        taken,
        expect![[r#"
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
          Normal ScalingReplicaSet: Scaled up replica set web-7c699c44d6 from 0 to 3
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"terminatingReplicas":0,"unavailableReplicas":3}} # what is reported has changed
    "#]],
    );
}

fn created_name(scene: &str) -> String {
    let plan = plan(scene);
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

fn refusal(code: u16, reason: &str) -> ApiError {
    ApiError {
        code,
        reason: reason.to_owned(),
        message: "replicasets is forbidden".to_owned(),
        causes: Vec::new(),
        retry_after: None,
    }
}

/// What is planned after the create was refused.
fn check_refused(scene: &str, error: ApiError, expected: Expect) {
    let first = plan(scene);
    let is_create = |step: &&Step<Why>| matches!(step.action, Action::Create { .. });
    let create = first.steps().find(is_create).expect("a create");
    let mut memory = Memory::default();
    DeploymentController::failed(&mut memory, create, &ClientError::Api(error));
    let scene = Scene::parse(scene);
    let plan = decide::<DeploymentController>(&scene, &mut memory).expect("it is there");
    expected.assert_eq(&show(&plan));
}
