//! Changes of size outside a rollout.

use expect_test::expect;

use super::{check, check_sizes};

#[test]
fn is_due_only_where_a_replica_set_with_pods_was_sized_for_another_number() {
    check_sizes(
        "5 +1 -0 | new 3/3/3 desired=3 max=4",
        expect![[r#"
        web-new=5 # 5 are desired and one ReplicaSet has all pods
    "#]],
    );
    check_sizes(
        "5 +1 -0 | new 3/3/3 desired=five | old 1/1/1",
        expect![[r#"
        web-new=5 # 4 pods are planned and 6 may be
    "#]],
    );
    check_sizes(
        "5 +1 -0 | new 0/0/0 desired=3 | old 0/0/0 desired=3",
        expect![[r#"
        web-new=5 # 0 pods are planned and 6 may be
    "#]],
    );
}
#[test]
fn the_only_one_with_pods_gets_all() {
    check_sizes(
        "5 +1 -0 | new 0/0/0 | old 3/3/3 desired=3",
        expect![[r#"
        web-old=5 # 5 are desired and one ReplicaSet has all pods
    "#]],
    );
    check_sizes(
        "0 +1 -0 | new 3/3/3 desired=3",
        expect![[r#"
        web-new=0 # 0 are desired and one ReplicaSet has all pods
    "#]],
    );
}
#[test]
fn where_none_has_pods_the_new_one_or_the_newest_old_one_gets_all() {
    check_sizes(
        "5 +1 -0 paused | new 0/0/0 | old 0/0/0",
        expect![[r#"
        web-new=5 # 5 are desired and one ReplicaSet has all pods
    "#]],
    );
    check_sizes(
        "5 +1 -0 paused | old 0/0/0 | old 0/0/0",
        expect![[r#"
        web-old2=5 # 5 are desired and one ReplicaSet has all pods
    "#]],
    );
}
#[test]
fn the_right_size_with_wrong_annotations_is_healed_and_the_rollout_goes_on() {
    check(
        "3 +1 -0 | old 3/3/3 desired=5 max=6 revision=1",
        expect![[r#"
        patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"4"}}} # 3 are desired and one ReplicaSet has all pods
        patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_saturated_new_one_leaves_nothing_to_the_old() {
    check_sizes(
        "3 +1 -0 | new 3/3/3 desired=3 | old 1/1/1 desired=2",
        expect![[r#"
        web-old=0 # the new ReplicaSet has all desired pods
    "#]],
    );
    check_sizes(
        "3 +0 -0 recreate | new 3/3/3 desired=3 | old 1/1/1 desired=2",
        expect![[r#"
        web-old=0 # the new ReplicaSet has all desired pods
    "#]],
    );
}
#[test]
fn what_is_recreated_is_not_shared_out_but_goes_on() {
    check_sizes(
        "3 +0 -0 recreate | new 1/1/1 desired=2 | old 1/1/1 desired=2",
        expect![[r#"
        web-old=0 # old pods go before new ones come
    "#]],
    );
}
#[test]
fn growth_is_shared_out_in_proportion() {
    check_sizes(
        "20 +3 -2 | new 5/5/5 desired=10 max=13 | old 8/8/8 desired=10 max=13",
        expect![[r#"
            web-new=9 # 23 pods may be, shared out in proportion
            web-old=14 # 23 pods may be, shared out in proportion
        "#]],
    );
}
#[test]
fn shrinking_is_shared_out_in_proportion() {
    check(
        "5 +3 -2 | new 5/5/5 desired=10 max=13 | old 8/8/8 desired=10 max=13",
        expect![[r#"
        patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"5","deployment.kubernetes.io/max-replicas":"8","deployment.kubernetes.io/revision":"1"}},"spec":{"replicas":3}} # 8 pods may be, shared out in proportion
          Normal ScalingReplicaSet: Scaled down replica set web-new from 5 to 3
        patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"5","deployment.kubernetes.io/max-replicas":"8"}},"spec":{"replicas":5}} # 8 pods may be, shared out in proportion
          Normal ScalingReplicaSet: Scaled down replica set web-old from 8 to 5
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"availableReplicas":13,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":13,"replicas":13,"updatedReplicas":5}} # what is reported has changed
    "#]],
    );
}
#[test]
fn to_zero_everything_goes() {
    check_sizes(
        "0 +3 -2 | new 5/5/5 desired=10 | old 8/8/8 desired=10",
        expect![[r#"
        web-new=0 # 0 pods may be, shared out in proportion
        web-old=0 # 0 pods may be, shared out in proportion
    "#]],
    );
}
#[test]
fn without_a_former_total_the_stored_number_of_pods_stands_in() {
    check_sizes(
        "20 +3 -2 status=13/5/13/13 | new 5/5/5 desired=10 | old 8/8/8 desired=10 max=x",
        expect![[r#"
            web-new=9 # 23 pods may be, shared out in proportion
            web-old=14 # 23 pods may be, shared out in proportion
        "#]],
    );
    check_sizes(
        "20 +3 -2 status=13/5/13/13 | new 5/5/5 desired=10 max=0 | old 8/8/8 desired=10 max=0",
        expect![[r#"
            web-new=9 # 23 pods may be, shared out in proportion
            web-old=14 # 23 pods may be, shared out in proportion
        "#]],
    );
    check_sizes(
        "20 +3 -2 | new 5/5/5 desired=10 | old 8/8/8 desired=10 max=0",
        expect![[r#"
        web-old=18 # 23 pods may be, shared out in proportion
    "#]],
    );
}
#[test]
fn of_equals_the_newest_grows_and_the_oldest_shrinks_first() {
    check_sizes(
        "7 +0 -1 | new 2/2/2 desired=6 max=6 | old 2/2/2 desired=6 max=6 | old 2/2/2 desired=6 max=6",
        expect![[r#"
            web-new=3 # 7 pods may be, shared out in proportion
        "#]],
    );
    check_sizes(
        "5 +0 -1 | new 2/2/2 desired=6 max=6 | old 2/2/2 desired=6 max=6 | old 2/2/2 desired=6 max=6",
        expect![[r#"
            web-old=1 # 5 pods may be, shared out in proportion
        "#]],
    );
}
#[test]
fn where_the_total_is_right_only_annotations_are_refreshed() {
    check(
        "10 +3 -2 | new 5/5/5 desired=9 max=13 revision=2 | old 8/8/8 desired=9 max=13 revision=1",
        expect![[r#"
            patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"10"}}} # 13 pods may be, shared out in proportion
            patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"10"}}} # 13 pods may be, shared out in proportion
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"availableReplicas":13,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":13,"replicas":13,"updatedReplicas":5}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_leftover_goes_to_the_largest_but_never_below_zero() {
    check_sizes(
        "3 +0 -1 | new 1/1/1 desired=2 max=2 | old 1/1/1 desired=2 max=2",
        expect![[r#"
        web-new=2 # 3 pods may be, shared out in proportion
    "#]],
    );
    check_sizes(
        "1 +0 -1 | new 2/2/2 desired=100 max=100 | old 3/3/3 desired=100 max=100",
        expect![[r#"
            web-new=1 # 1 pods may be, shared out in proportion
            web-old=0 # 1 pods may be, shared out in proportion
        "#]],
    );
}
