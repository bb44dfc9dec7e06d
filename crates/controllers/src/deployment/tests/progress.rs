//! Progress, completion and the deadline.

use expect_test::expect;
use testkit::show;

use super::{check, plan};

#[test]
fn without_a_deadline_there_is_no_progress() {
    cov_mark::check!(deployment_without_deadline_has_no_progress);
    check(
        "3 +1 -0 revision=1 progress=ReplicaSetUpdated@5 status=3/3/3/3 | new 3/3/3 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
        "#]],
    );
}
#[test]
fn complete_means_all_new_all_available_none_left() {
    check(
        "3 +1 -0 deadline=10 revision=1 progress=ReplicaSetUpdated@5 status=3/3/2/2 | new 3/3/3 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True NewReplicaSetAvailable: ReplicaSet \"web-new\" has successfully progressed."],"readyReplicas":3}} # what is reported has changed
        "#]],
    );
}
#[test]
fn once_complete_lost_pods_are_no_lack_of_progress() {
    cov_mark::check!(deployment_once_complete_is_not_judged_again);
    check(
        "3 +1 -0 deadline=10 revision=1 progress=NewReplicaSetAvailable@500 status=3/3/3/3 | new 3/2/2 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":2,"conditions":["Progressing=True NewReplicaSetAvailable: as before","Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"readyReplicas":2,"unavailableReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn any_count_that_moves_is_progress() {
    let rest = "deadline=10 revision=2 progress=ReplicaSetUpdated@5";
    check(
        &format!("3 +1 -0 {rest} status=3/0/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1"),
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True ReplicaSetUpdated: ReplicaSet \"web-new\" is progressing."],"replicas":4,"unavailableReplicas":1,"updatedReplicas":1}} # what is reported has changed
            wake after 11s
        "#]],
    );
    check(
        &format!("3 +1 -0 {rest} status=4/1/3/3 | new 1/1/0 revision=2 | old 3/3/3 revision=1"),
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True ReplicaSetUpdated: ReplicaSet \"web-new\" is progressing."],"readyReplicas":4,"unavailableReplicas":1}} # what is reported has changed
            wake after 11s
        "#]],
    );
    check(
        &format!("3 +1 -0 {rest} status=4/1/4/3 | new 1/1/1 revision=2 | old 3/3/3 revision=1"),
        expect![[r#"
            patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"4"}},"spec":{"replicas":2}} # 4 pods are available and 3 must be
              Normal ScalingReplicaSet: Scaled down replica set web-old from 3 to 2
            patch deployments web/status {"status":{"availableReplicas":4,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True ReplicaSetUpdated: ReplicaSet \"web-new\" is progressing."]}} # what is reported has changed
            wake after 11s
        "#]],
    );
    check(
        &format!("3 +1 -0 {rest} status=4/1/3/3 | new 1/0/0 revision=2 | old 2/2/2 revision=1"),
        expect![[r#"
            patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"4"}},"spec":{"replicas":2}} # 3 pods are planned and 4 may be
              Normal ScalingReplicaSet: Scaled up replica set web-new from 1 to 2
            patch deployments web/status {"status":{"availableReplicas":2,"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.","Progressing=True ReplicaSetUpdated: ReplicaSet \"web-new\" is progressing."],"readyReplicas":2,"replicas":3,"unavailableReplicas":1}} # what is reported has changed
            wake after 11s
        "#]],
    );
}
#[test]
fn a_wait_ends_with_the_deadline() {
    check(
        "3 +1 -0 deadline=10 revision=2 progress=ReplicaSetUpdated@4 status=4/1/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Progressing=True ReplicaSetUpdated: as before","Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"unavailableReplicas":1}} # what is reported has changed
            wake after 7s
        "#]],
    );
}
#[test]
fn the_deadline_has_passed_only_after_its_second() {
    check(
        "3 +1 -0 deadline=10 revision=2 progress=ReplicaSetUpdated@10 status=4/1/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Progressing=True ReplicaSetUpdated: as before","Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"unavailableReplicas":1}} # what is reported has changed
            wake after 1s
        "#]],
    );
    check(
        "3 +1 -0 deadline=10 revision=2 progress=ReplicaSetUpdated@11 status=4/1/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=False ProgressDeadlineExceeded: ReplicaSet \"web-new\" has timed out progressing."],"unavailableReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_passed_deadline_stays_until_something_moves() {
    check(
        "3 +1 -0 deadline=10 revision=2 progress=ProgressDeadlineExceeded@60 status=4/1/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Progressing=False ProgressDeadlineExceeded: as before","Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"unavailableReplicas":1}} # what is reported has changed
        "#]],
    );
    check(
        "3 +1 -0 deadline=10 revision=2 progress=ProgressDeadlineExceeded@60 status=4/1/3/3 | new 1/1/1 revision=2 | old 3/3/3 revision=1",
        expect![[r#"
            patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"4"}},"spec":{"replicas":2}} # 4 pods are available and 3 must be
              Normal ScalingReplicaSet: Scaled down replica set web-old from 3 to 2
            patch deployments web/status {"status":{"availableReplicas":4,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True ReplicaSetUpdated: ReplicaSet \"web-new\" is progressing."],"readyReplicas":4}} # what is reported has changed
            wake after 11s
        "#]],
    );
}
#[test]
fn nothing_is_waited_for_once_complete_even_if_a_pod_is_lost() {
    check(
        "3 +1 -0 deadline=10 revision=1 progress=NewReplicaSetAvailable@500 status=3/3/2/2 | new 3/2/2 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Progressing=True NewReplicaSetAvailable: as before","Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"unavailableReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_deployment_of_no_pods_is_complete_as_soon_as_it_is_made() {
    check(
        "0 +1 -0 deadline=10",
        expect![[r#"
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True NewReplicaSetAvailable: ReplicaSet \"web-7c699c44d6\" has successfully progressed."],"terminatingReplicas":0}} # what is reported has changed
    "#]],
    );
}
#[test]
fn without_a_new_one_the_deployment_is_the_subject() {
    check(
        "3 +0 -0 recreate deadline=10 available progress=ReplicaSetUpdated@5 status=3/0/3/3 | old 0/0/0 pods=2",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":null,"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.","Progressing=True ReplicaSetUpdated: Deployment \"web\" is progressing."],"readyReplicas":null,"replicas":2}} # what is reported has changed
            wake after 11s
        "#]],
    );
}
#[test]
fn a_rollout_that_begins_long_after_the_last_one_was_complete_is_not_stuck() {
    let plan = show(&plan(
        "3 +1 -0 deadline=10 revision=2 progress=NewReplicaSetAvailable@500 status=4/1/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1",
    ));
    assert!(plan.contains("Progressing=True NewReplicaSetAvailable: as before"), "{plan}");
}
