//! Pause and resume.

use expect_test::expect;

use super::{check, check_sizes};

#[test]
fn a_pause_is_reported_first() {
    check(
        "3 +1 -0 deadline=10 paused progress=NewReplicaSetAvailable@60 | old 3/3/3",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Progressing=Unknown DeploymentPaused: Deployment is paused"]}} # a pause began or ended
        "#]],
    );
}
#[test]
fn so_is_its_end_and_the_deadline_starts_anew() {
    check(
        "3 +1 -0 deadline=10 progress=DeploymentPaused@600 | old 3/3/3",
        expect![[r#"
        patch deployments web/status {"status":{"conditions":["Progressing=Unknown DeploymentResumed: Deployment is resumed"]}} # a pause began or ended
    "#]],
    );
    check(
        "3 +1 -0 deadline=10 progress=DeploymentResumed@0 revision=1 | old 3/3/3 revision=1",
        expect![[r#"
            create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
              Normal ScalingReplicaSet: Scaled up replica set web-7c699c44d6 from 0 to 1
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","Progressing=True ReplicaSetUpdated: ReplicaSet \"web-7c699c44d6\" is progressing."],"readyReplicas":3,"replicas":3,"unavailableReplicas":1}} # what is reported has changed
            wake after 11s
        "#]],
    );
}
#[test]
fn a_passed_deadline_is_not_hidden_by_a_pause() {
    check_sizes(
        "3 +1 -0 deadline=10 paused progress=ProgressDeadlineExceeded@60 | old 5/5/5",
        expect![[r#"
            web-old=3 # 3 are desired and one ReplicaSet has all pods
        "#]],
    );
}
#[test]
fn without_a_deadline_there_is_nothing_to_report() {
    check(
        "3 +1 -0 paused | old 3/3/3 desired=3 max=4",
        expect![[r#"
        patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn while_paused_nothing_is_made_but_sizes_and_history_are_kept() {
    check(
        "6 +1 -0 paused limit=0 note=hello | new 1/1/1 desired=3 max=4 revision=3 | old 3/3/3 desired=3 max=4 revision=2 | old 0/0/0 revision=1",
        expect![[r#"
            patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"6","deployment.kubernetes.io/max-replicas":"7","note":"hello"}},"spec":{"replicas":2}} # 7 pods may be, shared out in proportion
              Normal ScalingReplicaSet: Scaled up replica set web-new from 1 to 2
            patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"6","deployment.kubernetes.io/max-replicas":"7"}},"spec":{"replicas":5}} # 7 pods may be, shared out in proportion
              Normal ScalingReplicaSet: Scaled up replica set web-old from 3 to 5
            delete replicasets web-old2 # 0 old ReplicaSets are kept as history
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"3"}},"status":{"availableReplicas":4,"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"readyReplicas":4,"replicas":4,"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn while_paused_no_deadline_is_checked() {
    check(
        "3 +1 -0 deadline=10 paused progress=DeploymentPaused@600 | old 3/3/3 desired=3 max=4",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Progressing=Unknown DeploymentPaused: as before","Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3}} # what is reported has changed
        "#]],
    );
}
