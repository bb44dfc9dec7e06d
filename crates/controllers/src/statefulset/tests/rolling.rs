//! Replacing outdated pods.

use expect_test::expect;

use super::check_pods;

#[test]
fn the_highest_outdated_pod_goes_first() {
    check_pods(
        "3 rolling | web-0 ready old | web-1 ready old | web-2 ready old",
        expect![[r#"
        -web-2 # it is not of revision web-new
    "#]],
    );
    check_pods(
        "3 rolling | web-0 ready old | web-1 ready old | web-2 ready",
        expect![[r#"
        -web-1 # it is not of revision web-new
    "#]],
    );
}
#[test]
fn nothing_goes_while_one_is_on_its_way() {
    check_pods("3 rolling | web-0 ready old | web-1 ready old | web-2 Pending", expect![[""]]);
    check_pods("2 rolling | web-0 ready old | web-1 ready old deleting", expect![[""]]);
}
#[test]
fn below_the_partition_nothing_is_touched() {
    check_pods(
        "3 rolling partition=2 | web-0 ready old | web-1 ready old | web-2 ready",
        expect![[""]],
    );
    check_pods("2 rolling partition=9 | web-0 ready old | web-1 ready old", expect![[""]]);
}
#[test]
fn the_partition_counts_places_and_not_ordinals() {
    check_pods(
        "2 rolling start=5 partition=1 | web-5 ready old | web-6 ready old",
        expect![[r#"
        -web-6 # it is not of revision web-new
    "#]],
    );
}
#[test]
fn the_budget_is_a_number_or_a_share_rounded_down_but_one() {
    let pods = "| web-0 ready old | web-1 ready old | web-2 ready old | web-3 ready old";
    check_pods(
        &format!("4 rolling max=2 {pods}"),
        expect![[r#"
        -web-3 # it is not of revision web-new
        -web-2 # it is not of revision web-new
    "#]],
    );
    check_pods(
        &format!("4 rolling max=80% {pods}"),
        expect![[r#"
        -web-3 # it is not of revision web-new
        -web-2 # it is not of revision web-new
        -web-1 # it is not of revision web-new
    "#]],
    );
    check_pods(
        &format!("4 rolling max=10% {pods}"),
        expect![[r#"
        -web-3 # it is not of revision web-new
    "#]],
    );
    check_pods(
        &format!("4 rolling no-block {pods}"),
        expect![[r#"
        -web-3 # it is not of revision web-new
    "#]],
    );
}
#[test]
fn on_delete_leaves_pods_alone() {
    check_pods("1 rolling ondelete | web-0 ready old", expect![[""]]);
}
#[test]
fn a_third_revision_or_none_is_outdated_too() {
    check_pods(
        "2 rolling max=2 | web-0 ready rev=web-older | web-1 ready rev=",
        expect![[r#"
        -web-1 # it is not of revision web-new
        -web-0 # it is not of revision web-new
    "#]],
    );
}
#[test]
fn a_parallel_set_replaces_broken_pods_whatever_the_budget() {
    cov_mark::check!(stateful_set_replaces_broken_pods_whatever_the_budget);
    check_pods(
        "4 rolling parallel | web-0 ready old | web-1 ready old | web-2 Pending old | web-3 Pending old",
        expect![[r#"
            -web-3 # it is not of revision web-new and serves nobody
            -web-2 # it is not of revision web-new and serves nobody
        "#]],
    );
}
#[test]
fn a_parallel_set_keeps_within_its_budget_otherwise() {
    check_pods(
        "4 rolling parallel max=2 | web-0 ready old | web-1 ready old | web-2 ready old | web-3 Pending",
        expect![[r#"
            -web-2 # it is not of revision web-new
        "#]],
    );
    check_pods("2 rolling parallel | web-0 ready old | web-1 ready deleting", expect![[""]]);
}
#[test]
fn a_pod_that_ended_is_deleted_once() {
    check_pods(
        "2 rolling parallel | web-0 ready old | web-1 Failed old",
        expect![[r#"
        -web-1 # the pod is Failed and makes room
    "#]],
    );
}
