//! Sizes while rolling.

use expect_test::expect;

use super::{check, check_sizes};

#[test]
fn surge_rounds_up_and_unavailable_down() {
    check_sizes(
        "3 +25% -25% | old 3/3/3",
        expect![[r#"
        +web-7c699c44d6=1 # no ReplicaSet has this template yet
    "#]],
    );
    check_sizes(
        "10 +25% -25% | old 10/10/10",
        expect![[r#"
        +web-7c699c44d6=3 # no ReplicaSet has this template yet
        web-old=8 # 10 pods are available and 8 must be
    "#]],
    );
}
#[test]
fn with_neither_surge_nor_unavailable_one_pod_may_be_missing() {
    check_sizes(
        "1 +0 -25% | new 0/0/0 | old 1/1/1",
        expect![[r#"
        web-old=0 # 1 pods are available and 0 must be
    "#]],
    );
}
#[test]
fn unavailable_is_never_more_than_desired() {
    check_sizes(
        "2 +0 -5 | new 0/0/0 | old 2/2/2",
        expect![[r#"
        web-old=0 # 2 pods are available and 0 must be
    "#]],
    );
}
#[test]
fn the_new_one_grows_as_far_as_the_surge_allows() {
    check_sizes(
        "3 +1 -0 | new 1/1/1 | old 2/2/2",
        expect![[r#"
        web-new=2 # 3 pods are planned and 4 may be
    "#]],
    );
    check_sizes(
        "10 +3 -2 | new 3/0/0 | old 8/8/8",
        expect![[r#"
        web-new=5 # 11 pods are planned and 13 may be
    "#]],
    );
}
#[test]
fn the_new_one_never_grows_beyond_what_is_desired() {
    check_sizes(
        "3 +5 -0 | new 2/2/2 | old 1/1/1",
        expect![[r#"
        web-new=3 # 3 pods are planned and 8 may be
    "#]],
    );
}
#[test]
fn a_new_one_that_is_too_large_shrinks_at_once() {
    check_sizes(
        "3 +1 -0 | new 5/5/5",
        expect![[r#"
        web-new=3 # no more than 3 are desired
    "#]],
    );
}
#[test]
fn a_third_template_starts_at_zero_while_the_surge_is_used_up() {
    check_sizes(
        "3 +1 -0 | old 3/3/3 | old 1/0/0",
        expect![[r#"
        +web-7c699c44d6=0 # no ReplicaSet has this template yet
        web-old2=0 # old pods that are not available serve nobody
    "#]],
    );
}
#[test]
fn waits_while_nothing_is_spare() {
    check_sizes("3 +1 -0 | new 1/1/0 | old 3/3/3", expect![[""]]);
}
#[test]
fn waits_while_new_pods_never_become_available() {
    check_sizes("10 +3 -2 | new 5/0/0 | old 8/8/8", expect![[""]]);
}
#[test]
fn nothing_is_left_to_shrink() {
    check_sizes("3 +1 -0 | new 3/3/3 | old 0/0/0", expect![[""]]);
}
#[test]
fn an_old_pod_goes_for_each_new_one_that_is_available() {
    check_sizes(
        "3 +1 -0 | new 1/1/1 | old 3/3/3",
        expect![[r#"
        web-old=2 # 4 pods are available and 3 must be
    "#]],
    );
}
#[test]
fn unavailable_old_pods_go_first_oldest_replica_set_first() {
    check_sizes(
        "4 +2 -0 | new 2/2/2 | old 2/1/1 | old 2/0/0",
        expect![[r#"
        web-old=1 # old pods that are not available serve nobody
        web-old2=1 # old pods that are not available serve nobody
    "#]],
    );
}
#[test]
fn unavailable_old_pods_go_only_within_the_budget() {
    check_sizes(
        "4 +1 -0 | new 1/1/1 | old 4/1/1",
        expect![[r#"
        web-old=3 # old pods that are not available serve nobody
    "#]],
    );
}
#[test]
fn spare_old_pods_go_oldest_replica_set_first() {
    check_sizes(
        "4 +2 -0 | new 3/3/3 | old 1/1/1 | old 2/2/2",
        expect![[r#"
        web-old=0 # 6 pods are available and 4 must be
        web-old2=1 # 6 pods are available and 4 must be
    "#]],
    );
}
#[test]
fn a_status_that_lags_behind_a_scale_down_counts_only_pods_that_stay() {
    check_sizes(
        "4 +2 -0 | new 2/2/2 | old 1/3/3 | old 3/3/3",
        expect![[r#"
        web-old=0 # 6 pods are available and 4 must be
        web-old2=2 # 6 pods are available and 4 must be
    "#]],
    );
}
#[test]
fn terminating_pods_are_not_counted() {
    check_sizes(
        "3 +1 -0 | new 1/1/1 | old 2/2/2 terminating=1",
        expect![[r#"
        web-new=2 # 3 pods are planned and 4 may be
    "#]],
    );
}
#[test]
fn growing_and_shrinking_are_separate_plans_each_with_its_status() {
    check(
        "3 +1 -0 | new 1/1/1 revision=2 | old 2/2/2 revision=1",
        expect![[r#"
        patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"4"}},"spec":{"replicas":2}} # 3 pods are planned and 4 may be
          Normal ScalingReplicaSet: Scaled up replica set web-new from 1 to 2
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":1}} # what is reported has changed
    "#]],
    );
    check(
        "3 +1 -0 | new 2/2/2 revision=2 | old 2/2/2 revision=1",
        expect![[r#"
        patch replicasets web-old {"metadata":{"annotations":{"deployment.kubernetes.io/desired-replicas":"3","deployment.kubernetes.io/max-replicas":"4"}},"spec":{"replicas":1}} # 4 pods are available and 3 must be
          Normal ScalingReplicaSet: Scaled down replica set web-old from 2 to 1
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"2"}},"status":{"availableReplicas":4,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":4,"replicas":4,"updatedReplicas":2}} # what is reported has changed
    "#]],
    );
}
#[test]
fn at_rest_nothing_is_done() {
    check(
        "3 +1 -0 deadline=10 progress=NewReplicaSetAvailable@9000 status=3/3/3/3 revision=1 available | new 3/3/3 revision=1",
        expect![[""]],
    );
}
