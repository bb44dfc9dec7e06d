//! Replacing outdated pods.

use expect_test::expect;

use super::check_pods;

const NODES: &str = "| node a | node b | node c | node d";

#[test]
fn as_many_go_as_may_be_unavailable() {
    let old = "| a1 ready on=a old | b1 ready on=b old | c1 ready on=c old | d1 ready on=d old";
    check_pods(
        &format!("rolling {NODES} {old}"),
        expect![[r#"
        -a1 # it is of an old revision
    "#]],
    );
    check_pods(
        &format!("rolling max=2 {NODES} {old}"),
        expect![[r#"
        -a1 # it is of an old revision
        -b1 # it is of an old revision
    "#]],
    );
    check_pods(
        &format!("rolling max=30% {NODES} {old}"),
        expect![[r#"
        -a1 # it is of an old revision
        -b1 # it is of an old revision
    "#]],
    );
    check_pods(
        &format!("rolling max=0 {NODES} {old}"),
        expect![[r#"
        -a1 # it is of an old revision
    "#]],
    );
}
#[test]
fn what_is_unavailable_uses_the_budget_up() {
    check_pods("rolling | node a | node b | a1 Pending on=a | b1 ready on=b old", expect![[""]]);
    check_pods(
        "rolling | node a | node b | a1 ready on=a deleting old | b1 ready on=b old",
        expect![[""]],
    );
    check_pods(
        "rolling max=2 | node a | node b | a1 Pending on=a | b1 ready on=b old",
        expect![[r#"
            -b1 # it is of an old revision
        "#]],
    );
}
#[test]
fn an_old_pod_that_serves_nobody_goes_whatever_the_budget() {
    check_pods(
        "rolling | node a | node b | a1 Running on=a old | b1 Pending on=b old",
        expect![[r#"
            -a1 # an old pod that is not available serves nobody
            -b1 # an old pod that is not available serves nobody
        "#]],
    );
}
#[test]
fn a_new_pod_must_be_available_before_the_next_goes() {
    check_pods(
        "rolling minready=10 | node a | node b | a1 ready on=a since=4 | b1 ready on=b old since=99",
        expect![[""]],
    );
}
#[test]
fn on_delete_leaves_pods_alone() {
    check_pods("rolling ondelete | node a | a1 ready on=a old", expect![[""]]);
}
#[test]
fn a_surge_makes_successors_within_its_bounds() {
    let old = "| a1 ready on=a old | b1 ready on=b old | c1 ready on=c old | d1 ready on=d old";
    check_pods(
        &format!("rolling surge=1 {NODES} {old}"),
        expect![[r#"
        + # the pod of node a gets a successor beside it
    "#]],
    );
    check_pods(
        &format!("rolling surge=30% {NODES} {old}"),
        expect![[r#"
        + # the pod of node a gets a successor beside it
        + # the pod of node b gets a successor beside it
    "#]],
    );
    check_pods(&format!("rolling surge=1 {NODES} {old} | a2 Pending for=a"), expect![[""]]);
    check_pods(
        &format!("rolling surge=2 {NODES} {old} | a2 Pending for=a"),
        expect![[r#"
        + # the pod of node b gets a successor beside it
    "#]],
    );
}
#[test]
fn a_broken_pod_gets_its_successor_beside_the_surge() {
    check_pods(
        "rolling surge=1 | node a | node b | a1 Running on=a old | b1 ready on=b old",
        expect![[r#"
            + # the pod of node a gets a successor beside it
            + # the pod of node b gets a successor beside it
        "#]],
    );
}
#[test]
fn a_surge_looks_only_at_nodes_that_may_have_pods() {
    check_pods(
        "rolling surge=1 | node a taint=NoSchedule | a1 Running on=a old | b1 Running on=b old",
        expect![[r#"
            -a1 # an old pod that is not available serves nobody
        "#]],
    );
    check_pods(
        "rolling surge=1 | node a taint=NoSchedule | a1 ready on=a old",
        expect![[r#"
        -a1 # it is of an old revision
    "#]],
    );
}
#[test]
fn the_generation_says_what_a_pod_without_a_hash_is() {
    check_pods(
        "rolling template-generation=2 | node a | a1 ready on=a hashless generation=2",
        expect![[""]],
    );
    check_pods(
        "rolling template-generation=2 | node a | a1 ready on=a hashless generation=1",
        expect![[r#"
            -a1 # it is of an old revision
        "#]],
    );
    check_pods(
        "rolling template-generation=1 | node a | a1 ready on=a old generation=1",
        expect![[r#"
            -a1 # it is of an old revision
        "#]],
    );
}
