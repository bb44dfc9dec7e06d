//! Which pod goes first.

use runtime::Action;

use super::plan;

/// Of two pods, the first one written must go.
fn check(scene: &str) {
    let goes = |scene: &str| {
        let plan = plan(scene);
        let first = plan.steps().next().expect("a delete");
        let Action::Delete { target, .. } = &first.action else { panic!("{first:?}") };
        target.key.name.to_string()
    };
    assert_eq!(goes(&format!("replicas 1 | {scene}")), "first");
    // Neither the order in the cache nor the name decides.
    let swapped = scene.replace("first", "x").replace("second", "first").replace('x', "second");
    assert_eq!(goes(&format!("replicas 1 | {swapped}")), "second");
}

#[test]
fn one_without_a_node() {
    check("first ready node= | second Pending");
}
#[test]
fn pending_before_unknown_before_running() {
    check("first Pending | second Unknown");
    check("first Unknown | second Running");
}
#[test]
fn one_that_is_not_ready() {
    check("first Running cost=9 | second ready");
}
#[test]
fn one_that_costs_less() {
    check("first ready cost=-1 | second ready");
    check("first ready cost=much | second ready cost=1");
}
#[test]
fn one_whose_node_has_more_pods_of_the_same_controller() {
    let plan = plan("replicas 2 owner=web | a ready node=n1 | b ready node=n2 | c ready node=n2");
    let first = plan.steps().next().expect("a delete");
    let Action::Delete { target, .. } = &first.action else { panic!("{first:?}") };
    assert_ne!(target.key.name, "a");
}
#[test]
fn finished_pods_make_no_node_fuller() {
    let pods = "a ready node=n1 | b ready node=n2 | c ready node=n2";
    let plan =
        plan(&format!("replicas 2 owner=web | {pods} | d Failed node=n1 | e Failed node=n1"));
    let first = plan.steps().next().expect("a delete");
    let Action::Delete { target, .. } = &first.action else { panic!("{first:?}") };
    assert_ne!(target.key.name, "a");
}
#[test]
fn without_a_controller_nodes_do_not_count() {
    let plan = plan(
        "replicas 2 | a ready since=1 node=n1 | b ready since=100 node=n2 | c ready since=100 node=n2",
    );
    let first = plan.steps().next().expect("a delete");
    let Action::Delete { target, .. } = &first.action else { panic!("{first:?}") };
    assert_eq!(target.key.name, "a");
}
#[test]
fn one_that_is_ready_for_a_shorter_time() {
    check("first ready since=10 | second ready since=100");
    check("first ready | second ready since=100");
}
#[test]
fn among_times_of_like_magnitude_the_uid_decides() {
    let plan = plan("replicas 1 | a ready since=109 restarts=0 | b ready since=100 restarts=9");
    let first = plan.steps().next().expect("a delete");
    let Action::Delete { target, .. } = &first.action else { panic!("{first:?}") };
    assert_eq!(target.key.name, "a");
}
#[test]
fn one_that_restarted_more_often() {
    check("first ready since=5 restarts=3 | second ready since=5 restarts=2");
    check("first ready since=5 side-restarts=1 | second ready since=5");
}
#[test]
fn one_that_is_younger() {
    check("first Running age=10 | second Running age=100");
}
