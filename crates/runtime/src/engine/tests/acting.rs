//! Plans are carried out once, in order, and survive what goes wrong.

use std::time::Duration;

use api::resources::REPLICA_SETS;
use expect_test::expect;
use meta::object::ObjectKey;

use super::{Bench, PODS_PATH, SECOND};
use crate::testing::Fault;

#[test]
fn a_set_gets_its_pods_and_then_there_is_rest() {
    let bench = Bench::new();
    bench.set("web", 2);
    let running = bench.start();
    assert_eq!(bench.pods(), 2);
    bench.expect_log(expect![[r#"
        Post /api/v1/namespaces/shop/pods
        Post /api/v1/namespaces/shop/pods
        Patch /apis/apps/v1/namespaces/shop/replicasets/web/status"#]]);
    bench.world.run_for(SECOND * 600);
    bench.expect_log(expect![""]);
    bench.set("web", 0);
    bench.world.run_for(SECOND);
    assert_eq!(bench.pods(), 0);
    running.stop();
    bench.set("web", 3);
    bench.world.run_for(SECOND);
    assert_eq!(bench.pods(), 0);
}

#[test]
fn no_pod_is_created_twice_while_the_cache_lags() {
    let bench = Bench::new();
    bench.start();
    bench.server.hold(PODS_PATH);
    bench.set("web", 7);
    bench.world.run_for(SECOND * 4);
    bench.set("web", 9);
    bench.world.run_for(SECOND / 2);
    assert_eq!(bench.pods(), 7);
    bench.server.release(PODS_PATH);
    bench.world.run_for(SECOND);
    assert_eq!(bench.pods(), 9);
}

#[test]
fn a_cache_that_lags_for_too_long_is_listed_anew() {
    let bench = Bench::new();
    bench.start();
    bench.server.hold(PODS_PATH);
    bench.set("web", 3);
    bench.world.run_for(SECOND * 4);
    bench.set("web", 4);
    bench.world.run_for(SECOND * 6);
    assert_eq!(bench.pods(), 4);
}

#[test]
fn nothing_is_created_twice_however_long_the_cache_cannot_be_fed() {
    let bench = Bench::new();
    bench.server.no_streaming_lists();
    bench.start();
    bench.server.hold(PODS_PATH);
    for _ in 0..30 {
        bench.server.fail("Get /api/v1/pods?", Fault::Refuse(500, "InternalError"));
    }
    bench.set("web", 3);
    bench.world.run_for(SECOND * 4);
    bench.set("web", 4);
    bench.world.run_for(SECOND * 60);
    assert_eq!(bench.pods(), 3);
    bench.world.run_for(SECOND * 240);
    assert_eq!(bench.pods(), 4);
}

#[test]
fn what_is_hopeless_costs_one_request_per_look_and_backs_off() {
    let bench = Bench::new();
    bench.start();
    for _ in 0..12 {
        bench.server.fail("Post /api/v1/namespaces/shop/pods", Fault::Refuse(403, "Forbidden"));
    }
    bench.set("web", 100);
    bench.world.run_for(Duration::from_millis(100));
    let tried = bench.server.take_log().len();
    assert_eq!(tried, 5);
    bench.world.run_for(SECOND * 60);
    assert_eq!(bench.pods(), 100);
}

#[test]
fn a_refused_step_is_told_of() {
    let bench = Bench::new();
    bench.start();
    bench.server.fail("Post /api/v1/namespaces/shop/pods", Fault::Refuse(403, "Forbidden"));
    bench.set("web", 1);
    bench.world.run_for(SECOND);
    let told: Vec<String> = bench
        .server
        .names("/api/v1/events")
        .iter()
        .filter_map(|name| bench.server.object(&format!("/api/v1/namespaces/shop/events/{name}")))
        .map(|event| format!("{} {} {}", event["type"], event["reason"], event["message"]))
        .collect();
    expect![[r#"
        "Warning" "Failed" "Error creating: refused: Forbidden"
        "Normal" "Created" "Created pod: web-3""#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn a_lost_reply_makes_no_second_pod() {
    let bench = Bench::new();
    bench.start();
    bench.server.hold(PODS_PATH);
    bench.server.fail("Post /api/v1/namespaces/shop/pods", Fault::LoseReply);
    bench.set("web", 1);
    bench.world.run_for(SECOND * 3);
    bench.server.release(PODS_PATH);
    bench.world.run_for(SECOND * 30);
    assert_eq!(bench.pods(), 1);
}

#[test]
fn a_conflict_is_planned_again_on_the_newer_state() {
    let bench = Bench::new();
    bench.start();
    bench.set("web", 1);
    bench.server.fail("replicasets/web/status", Fault::Refuse(409, "Conflict"));
    bench.world.run_for(Duration::from_millis(1));
    bench.expect_log(expect![[r#"
        Post /api/v1/namespaces/shop/pods
        Patch /apis/apps/v1/namespaces/shop/replicasets/web/status
        Get /apis/apps/v1/namespaces/shop/replicasets/web
        Patch /apis/apps/v1/namespaces/shop/replicasets/web/status"#]]);
}

#[test]
fn a_namespace_that_goes_is_left_alone() {
    let bench = Bench::new();
    bench.start();
    bench.server.fail("Post", Fault::Refuse(403, "NamespaceTerminating"));
    bench.set("web", 5);
    bench.world.run_for(SECOND * 60);
    assert_eq!(bench.server.take_log().len(), 1);
}

#[test]
fn a_panic_at_one_key_does_not_harm_the_others() {
    let bench = Bench::new();
    bench.set("odd", 1);
    bench.set("odder", 1);
    bench.set("web", 2);
    bench.start();
    assert_eq!(bench.pods(), 2);
    bench.set("odder", 2);
    bench.set("web", 3);
    bench.world.run_for(SECOND);
    assert_eq!(bench.pods(), 3);
}

#[test]
fn nothing_is_planned_before_all_caches_are_current() {
    let bench = Bench::new();
    bench.set("web", 1);
    bench.server.fail("Get /api/v1/namespaces?limit=1", Fault::Unreachable);
    bench.manager().start();
    bench.world.run_for(SECOND / 4);
    assert_eq!(bench.pods(), 0);
    bench.world.run_for(SECOND);
    assert_eq!(bench.pods(), 1);
}

#[test]
fn an_explanation_writes_nothing() {
    let bench = Bench::new();
    bench.set("web", 2);
    let running = bench.manager().start_idle();
    bench.world.run_for(SECOND);
    let explained = bench
        .world
        .run(async move { running.explain(&REPLICA_SETS, &ObjectKey::new("shop", "web")).await });
    assert_eq!(explained[0].steps[0], ("create pods shop/web-…".into(), "one is missing".into()));
    assert_eq!(explained[0].steps.len(), 2);
    bench.expect_log(expect![""]);
}

#[test]
fn the_same_run_twice_is_the_same() {
    let run = || -> Vec<String> {
        let bench = Bench::new();
        bench.start();
        bench.server.fail("Post", Fault::LoseReply);
        bench.server.fail("Patch", Fault::Refuse(409, "Conflict"));
        for set in 0..20 {
            bench.set(&format!("web-{set}"), 5);
        }
        bench.world.run_for(SECOND * 60);
        assert_eq!(bench.pods(), 100);
        bench.server.take_log()
    };
    assert_eq!(run(), run());
}

#[test]
fn an_answer_that_never_comes_is_not_waited_for() {
    let bench = Bench::new();
    bench.start();
    bench.server.fail("Post /api/v1/namespaces/shop/pods", Fault::Silence);
    bench.set("web", 1);
    bench.world.run_for(SECOND * 59);
    assert_eq!(bench.pods(), 0);
    bench.world.run_for(SECOND * 10);
    assert_eq!(bench.pods(), 1);
}
