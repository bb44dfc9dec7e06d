//! The order of things.

use expect_test::expect;
use runtime::Controller;
use testkit::{Scene, decide, show};

use super::{DaemonSetController, Memory, check, plan, plan_with};

#[test]
fn a_set_that_is_gone_needs_nothing() {
    assert!(decide::<DaemonSetController>(&Scene::default(), &mut Memory::default()).is_none());
}
#[test]
fn names_are_those_that_dashboards_know() {
    assert_eq!(DaemonSetController::NAME, "daemonset-controller");
    assert_eq!(DaemonSetController::QUEUE, "daemonset");
    assert_eq!(DaemonSetController::EVENT_SOURCE, "daemonset-controller");
}
#[test]
fn an_empty_selector_is_told_and_nothing_else_happens() {
    check(
        "select-all | node a",
        expect![[r#"
        announce # an empty selector would take every pod
          Warning SelectingAll: This daemon set is selecting all pods. A non-empty selector is required.
    "#]],
    );
}
#[test]
fn a_selector_that_cannot_be_understood_stops_everything() {
    check("bad-selector | node a", expect![[""]]);
}
#[test]
fn on_its_way_out_nothing_is_done() {
    check("deleting | node a | a1 ready on=a orphan", expect![[""]]);
}
#[test]
fn at_rest_nothing_is_done() {
    check("status=1/1/0/1/1/0/1 | node a | a1 ready on=a", expect![[""]]);
}
#[test]
fn the_same_facts_give_the_same_plan() {
    let scene =
        "rolling | node a | node b | node c | a1 ready on=a old | b1 Failed on=b | c1 ready on=c";
    assert_eq!(plan(scene), plan(scene));
}
#[test]
fn orphans_are_adopted_and_strays_let_go() {
    check(
        "| node a | a1 ready on=a orphan | b1 ready on=a stray",
        expect![[r#"
        patch pods a1 {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"DaemonSet","name":"web","uid":"web-uid"}]}} # the selector matches it and nobody owns it
        patch pods b1 {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}} # the selector no longer matches it
    "#]],
    );
}
#[test]
fn an_owner_that_lives_no_more_adopts_nothing_and_looks_again() {
    let mut scene = Scene::daemon("| node a | a1 ready on=a orphan");
    let mut live = scene.daemon_sets[0].clone();
    live["metadata"]["uid"] = "another".into();
    scene.live.push(live);
    let plan = decide::<DaemonSetController>(&scene, &mut Memory::default());
    expect![[r#"
        wake after 1s
    "#]]
    .assert_eq(&show(&plan.expect("it is there")));
}
#[test]
fn after_a_refusal_the_report_comes_first() {
    let mut memory = Memory::default();
    memory.note_failure();
    expect![[r#"
        patch daemonsets web/status {"status":{"desiredNumberScheduled":1,"numberUnavailable":1,"observedGeneration":2}} # what is reported has changed
        few: create pods web- # node a has no pod
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
    "#]].assert_eq(&show(&plan_with("generation=2 | node a", &mut memory)));
}
