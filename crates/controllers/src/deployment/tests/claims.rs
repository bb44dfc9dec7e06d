//! Taking in and letting go.

use expect_test::expect;
use serde_json::json;
use testkit::{Scene, decide, show};

use super::{DeploymentController, Memory, check};

#[test]
fn a_matching_orphan_is_adopted_before_anything_else() {
    check(
        "3 +1 -0 | orphan-new 3/3/3 revision=1 | orphan 0/0/0",
        expect![[r#"
        patch replicasets web-orphan {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"Deployment","name":"web","uid":"web-uid"}]}} # the selector matches it and nobody owns it
        patch replicasets web-orphan-new {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"Deployment","name":"web","uid":"web-uid"}]}} # the selector matches it and nobody owns it
    "#]],
    );
}
#[test]
fn an_owned_one_that_no_longer_matches_is_let_go() {
    check(
        "3 +1 -0 | new 3/3/3 | stray 1/1/1",
        expect![[r#"
        patch replicasets web-stray {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}} # the selector no longer matches it
    "#]],
    );
}
#[test]
fn a_deployment_on_its_way_out_takes_nothing_in_and_lets_nothing_go() {
    check(
        "3 +1 -0 deleting revision=1 | new 3/3/3 revision=1 | stray 1/1/1 | orphan 1/1/1",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
        "#]],
    );
}
#[test]
fn an_owner_that_lives_no_more_adopts_nothing_and_looks_again() {
    let mut scene = Scene::parse("3 +1 -0 | orphan 3/3/3");
    let mut gone = Scene::parse("3 +1 -0").deployments.remove(0);
    gone["metadata"]["uid"] = json!("another");
    scene.live.push(gone);
    let plan = decide::<DeploymentController>(&scene, &mut Memory::default()).expect("it is there");
    expect![[r#"
        wake after 1s
    "#]]
    .assert_eq(&show(&plan));
}
#[test]
fn another_owners_is_left_alone() {
    let mut scene = Scene::parse("0 +1 -0 | old 3/3/3");
    scene.replica_sets[0]["metadata"]["ownerReferences"][0]["uid"] = json!("another");
    let plan = decide::<DeploymentController>(&scene, &mut Memory::default()).expect("it is there");
    expect![[r#"
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"terminatingReplicas":0}} # what is reported has changed
    "#]].assert_eq(&show(&plan));
}
