//! Recreate.

use expect_test::expect;

use super::{check, check_sizes};

#[test]
fn old_pods_go_before_anything_is_made() {
    check(
        "3 +0 -0 recreate | old 3/3/3 revision=1",
        expect![[r#"
        patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"3"}},"spec":{"replicas":0}} # old pods go before new ones come
          Normal ScalingReplicaSet: Scaled down replica set web-old from 3 to 0
        patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn waits_for_old_pods_that_the_old_replica_set_still_counts() {
    check_sizes("3 +0 -0 recreate | old 0/0/0 pods=1", expect![[""]]);
}
#[test]
fn waits_for_old_replica_sets_that_have_not_seen_their_size() {
    check_sizes("3 +0 -0 recreate | old 0/0/0 generation=2 observed=1", expect![[""]]);
}
#[test]
fn waits_for_old_pods_that_terminate() {
    cov_mark::check!(deployment_recreate_waits_for_old_pods);
    check_sizes("3 +0 -0 recreate | old 0/0/0 | pod web-old Running deleting", expect![[""]]);
}
#[test]
fn waits_for_old_pods_in_any_unfinished_phase() {
    check_sizes("3 +0 -0 recreate | old 0/0/0 | pod web-old Pending", expect![[""]]);
    check_sizes("3 +0 -0 recreate | old 0/0/0 | pod web-old Unknown", expect![[""]]);
}
#[test]
fn finished_old_pods_and_pods_of_others_do_not_block() {
    check_sizes(
        "3 +0 -0 recreate | old 0/0/0 | pod web-old Succeeded | pod web-old Failed deleting | pod web-gone Running",
        expect![[r#"
            +web-7c699c44d6=3 # no ReplicaSet has this template yet
        "#]],
    );
}
#[test]
fn new_pods_do_not_block() {
    check_sizes(
        "3 +0 -0 recreate | new 2/2/2 | pod web-new Running",
        expect![[r#"
        web-new=3 # 2 pods are planned and 3 may be
    "#]],
    );
}
#[test]
fn then_the_new_one_is_made_at_full_size() {
    check(
        "3 +0 -0 recreate | old 0/0/0 revision=1",
        expect![[r#"
        create replicasets web-7c699c44d6 # no ReplicaSet has this template yet
          Normal ScalingReplicaSet: Scaled up replica set web-7c699c44d6 from 0 to 3
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"unavailableReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_change_of_size_while_paused_waits_for_the_pods_of_others_too() {
    check_sizes(
        "3 +0 -0 recreate paused | new 0/0/0 desired=3 | old 0/0/0 desired=3 | pod web-old Running deleting",
        expect![[""]],
    );
    check_sizes("3 +0 -0 recreate paused | old 0/0/0 pods=1 | old 0/0/0", expect![[""]]);
    check_sizes(
        "3 +0 -0 recreate paused | new 0/0/0 | old 0/0/0 | pod web-new Running deleting",
        expect![[r#"
            web-new=3 # 3 are desired and one ReplicaSet has all pods
        "#]],
    );
}
