//! Rollback by annotation.

use expect_test::expect;

use super::check;

#[test]
fn zero_means_the_revision_before_the_newest() {
    check(
        "1 +1 -0 rollback=0 note=mine applied=x revision=3 | new 1/1/1 revision=3 | old 0/0/0 revision=1 | old 0/0/0 revision=2 desired=1",
        expect![[r#"
            patch deployments web [{"op":"replace","path":"/metadata/annotations","value":{"deployment.kubernetes.io/revision":"3","kubectl.kubernetes.io/last-applied-configuration":"x"}},{"op":"replace","path":"/spec/template","value":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"web-old2","name":"main"}]}}}] # a rollback was asked for
              Normal DeploymentRollback: Rolled back deployment "web" to revision 2
        "#]],
    );
}
#[test]
fn template_and_annotations_come_from_the_revision_in_one_write() {
    check(
        "1 +1 -0 rollback=1 note=mine revision=2 | new 1/1/1 revision=2 | old 0/0/0 revision=1 note=theirs max=2",
        expect![[r#"
            patch deployments web [{"op":"replace","path":"/metadata/annotations","value":{"deployment.kubernetes.io/revision":"2","note":"theirs"}},{"op":"replace","path":"/spec/template","value":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"web-old","name":"main"}]}}}] # a rollback was asked for
              Normal DeploymentRollback: Rolled back deployment "web" to revision 1
        "#]],
    );
}
#[test]
fn without_an_earlier_revision_only_the_request_goes() {
    check(
        "1 +1 -0 rollback=0 | new 1/1/1 revision=3",
        expect![[r#"
        patch deployments web [{"op":"replace","path":"/metadata/annotations","value":{}}] # a rollback was asked for
          Warning DeploymentRollbackRevisionNotFound: Unable to find last revision.
    "#]],
    );
}
#[test]
fn an_unknown_revision_is_told() {
    check(
        "1 +1 -0 rollback=7 | new 1/1/1 revision=3",
        expect![[r#"
        patch deployments web [{"op":"replace","path":"/metadata/annotations","value":{}}] # a rollback was asked for
          Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.
    "#]],
    );
}
#[test]
fn the_current_revision_is_told() {
    check(
        "1 +1 -0 rollback=3 | new 1/1/1 revision=3",
        expect![[r#"
        patch deployments web [{"op":"replace","path":"/metadata/annotations","value":{}}] # a rollback was asked for
          Warning DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "web"
    "#]],
    );
}
#[test]
fn the_new_one_is_made_first() {
    check(
        "1 +1 -0 rollback=0 recreate | old 1/1/1 revision=3",
        expect![[r#"
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
          Normal ScalingReplicaSet: Scaled up replica set web-7c699c44d6 from 0 to 1
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"4"}},"status":{"availableReplicas":1,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":1,"replicas":1,"unavailableReplicas":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn what_is_no_number_is_no_request() {
    check(
        "1 +1 -0 rollback=x revision=3 status=1/1/1/1 | new 1/1/1 revision=3",
        expect![[r#"
        patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
    "#]],
    );
}
#[test]
fn while_paused_a_request_waits_and_history_is_kept() {
    check(
        "1 +1 -0 paused limit=0 rollback=1 revision=3 | new 1/1/1 revision=3 desired=1 max=2 | old 0/0/0 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":1,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":1,"replicas":1,"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
}
