//! The order of things.

use expect_test::expect;
use runtime::Controller;
use testkit::{Scene, decide, show};

use super::{Memory, StatefulSetController, check, plan};

#[test]
fn a_set_that_is_gone_needs_nothing() {
    assert!(decide::<StatefulSetController>(&Scene::default(), &mut Memory::default()).is_none());
}
#[test]
fn names_are_those_that_dashboards_know() {
    assert_eq!(StatefulSetController::NAME, "statefulset-controller");
    assert_eq!(StatefulSetController::QUEUE, "statefulset");
    assert_eq!(StatefulSetController::EVENT_SOURCE, "statefulset-controller");
}
#[test]
fn a_selector_that_cannot_be_understood_stops_everything() {
    check("1 bad-selector", expect![[""]]);
}
#[test]
fn at_rest_nothing_is_done() {
    check("2 status=2/2/2/2/2 | web-0 ready | web-1 ready", expect![[""]]);
}
#[test]
fn the_same_facts_give_the_same_plan() {
    let scene = "3 rolling parallel | web-0 ready old | web-1 Failed | web-5 ready";
    assert_eq!(plan(scene), plan(scene));
}
#[test]
fn a_strategy_of_another_release_is_told_once_and_left_alone() {
    let (scene, mut memory) = (Scene::stateful("1 strategy=Recreate"), Memory::default());
    let mut text = || {
        let plan = decide::<StatefulSetController>(&scene, &mut memory);
        show(&plan.expect("it is there"))
    };
    expect![[r#"
        announce # something stands in the way
          Warning UnknownStrategy: statefulset shop/web uses Recreate strategy but feature gate StatefulSetRecreateStrategy is disabled
    "#]].assert_eq(&text());
    assert_eq!(text(), "");
}
#[test]
fn an_owner_that_lives_no_more_adopts_nothing_and_looks_again() {
    let mut scene = Scene::stateful("1 | web-0 ready orphan");
    let mut live = scene.stateful_sets[0].clone();
    live["metadata"]["uid"] = "another".into();
    scene.live.push(live);
    let plan = decide::<StatefulSetController>(&scene, &mut Memory::default());
    expect![[r#"
        wake after 1s
    "#]]
    .assert_eq(&show(&plan.expect("it is there")));
}
