//! One pod on each node.

use std::time::Duration;

use expect_test::expect;

use super::{Memory, check, check_pods, plan, plan_with, pods};

#[test]
fn pods_are_made_by_slow_start() {
    check(
        "| node a | node b",
        expect![[r#"
        few: create pods web- # node a has no pod
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        few: create pods web- # node b has no pod
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch daemonsets web/status {"status":{"desiredNumberScheduled":2,"numberUnavailable":2}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_pod_that_is_meant_for_a_node_counts_before_it_is_bound() {
    check_pods("| node a | web-a Pending for=a", expect![[""]]);
    check_pods("| node a | web-a ready on=a deleting", expect![[""]]);
}
#[test]
fn what_has_ended_and_goes_is_in_nobodys_way() {
    check_pods(
        "| node a | web-a Failed on=a deleting",
        expect![[r#"
        + # node a has no pod
    "#]],
    );
}
#[test]
fn of_several_the_bound_and_oldest_stays() {
    check_pods(
        "| node a | web-1 ready on=a age=10 | web-2 ready on=a age=20 | web-3 Pending for=a age=90",
        expect![[r#"
            -web-1 # one pod on a node is enough
            -web-3 # one pod on a node is enough
        "#]],
    );
}
#[test]
fn a_pod_for_a_node_that_is_gone_goes_unless_it_was_bound() {
    check_pods(
        "| web-a Pending for=a | web-b ready on=b | web-c Pending for=c deleting",
        expect![[r#"
            -web-a # there is no node a
        "#]],
    );
}
#[test]
fn a_pod_that_succeeded_is_replaced() {
    check(
        "status=1/1/0/0/0/1/1 | node a | web-a Succeeded on=a",
        expect![[r#"
        announce # people should know
          Normal SucceededDaemonPod: Found succeeded daemon pod shop/web-a on node a, will try to delete it
        all: delete pods web-a # the pod is Succeeded and makes room
          Normal SuccessfulDelete: Deleted pod: web-a
          if refused: Warning FailedDelete: Error deleting: {error}
    "#]],
    );
}
#[test]
fn a_pod_that_failed_is_replaced_ever_more_slowly() {
    cov_mark::check!(daemon_set_keeps_a_failed_pod_for_a_while);
    let (scene, mut memory) =
        ("status=1/1/0/0/0/1/1 | node a | web-a Failed on=a", Memory::default());
    expect![[r#"
        announce # people should know
          Warning FailedDaemonPod: Found failed daemon pod shop/web-a on node a, will try to kill it
        all: delete pods web-a # the pod is Failed and makes room
          Normal SuccessfulDelete: Deleted pod: web-a
          if refused: Warning FailedDelete: Error deleting: {error}
    "#]]
    .assert_eq(&testkit::show(&plan_with(scene, &mut memory)));
    let again = plan_with(scene, &mut memory);
    assert_eq!((pods(&again).as_str(), again.wake_after), ("", Some(Duration::from_secs(1))));
}
#[test]
fn with_a_surge_a_successor_comes_beside_what_goes() {
    check_pods(
        "surge=1 | node a | web-a ready on=a deleting",
        expect![[r#"
        + # node a has no pod
    "#]],
    );
    check_pods(
        "surge=1 | node a | web-a Failed on=a",
        expect![[r#"
        + # node a has no pod
        -web-a # the pod is Failed and makes room
    "#]],
    );
}
#[test]
fn with_a_surge_failed_pods_do_not_pile_up() {
    let (scene, mut memory) = ("surge=1 | node a | web-a Failed on=a", Memory::default());
    plan_with(scene, &mut memory);
    assert_eq!(pods(&plan_with(scene, &mut memory)), "");
}
#[test]
fn with_a_surge_the_old_goes_once_the_new_serves() {
    check_pods(
        "rolling surge=1 | node a | web-1 ready on=a old | web-2 ready on=a",
        expect![[r#"
        -web-1 # its successor serves
    "#]],
    );
    check_pods(
        "rolling surge=1 | node a | web-1 ready on=a old | web-2 Pending on=a",
        expect![[""]],
    );
    check_pods(
        "rolling surge=1 | node a | web-1 Running on=a old | web-2 Pending on=a",
        expect![[r#"
            -web-1 # an old pod that is not available serves nobody
        "#]],
    );
    check_pods(
        "rolling surge=1 | node a | web-1 ready on=a old age=9 | web-2 ready on=a old age=8 | web-3 Pending on=a",
        expect![[r#"
            -web-2 # one pod on a node is enough
        "#]],
    );
}
#[test]
fn no_more_than_a_burst_at_once() {
    let nodes = (0..300).fold(String::new(), |nodes, n| format!("{nodes}| node n{n} "));
    assert_eq!(pods(&plan(&nodes)).lines().count(), 250);
}
