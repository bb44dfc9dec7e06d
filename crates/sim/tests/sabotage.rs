//! A checker that nothing can break checks nothing: each broken promise fails a run.

use std::time::Duration;

use serde_json::{Value, json};
use sim::{
    Detail,
    plan::{Component, Draft, Plan, Sabotage, Strategy, Verb, What},
    run,
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn web() -> Draft {
    Draft {
        name: "web".to_owned(),
        image: "app:1".to_owned(),
        replicas: 2,
        strategy: Strategy::Recreate,
        deadline_seconds: 60,
        min_ready_seconds: 0,
        history_limit: 0,
    }
}

/// A Deployment comes, gets another image, and goes: its controllers write, watch, list and delete.
fn plan() -> Plan {
    let name = || "web".to_owned();
    Plan::calm(1)
        .does(seconds(5), Verb::Create(web()))
        .does(seconds(30), Verb::SetImage { name: name(), image: "app:2".to_owned() })
        .does(seconds(30), Verb::Scale { name: name(), replicas: 1 })
}

fn fails(plan: &Plan, with: &str) {
    let failure = run(plan, Detail::Silent).expect_err(with);
    assert!(failure.reason.contains(with), "{} and not {with}", failure.reason);
}

#[test]
fn without_a_broken_promise_the_run_passes() {
    if let Err(failure) = run(&plan(), Detail::Silent) {
        panic!("{failure}");
    }
}

#[test]
fn each_broken_promise_is_noticed() {
    let rows = [
        (Sabotage::SkipEvent, "a watch of"),
        (Sabotage::RepeatEvent, "back to"),
        // It is the user's, who misses it before anybody counts what was acknowledged.
        (Sabotage::ForgetWrite, "and should be There"),
        (Sabotage::BareDelete, "whichever it is"),
        (Sabotage::ForgeEpoch, "under a term that is not"),
        (Sabotage::LogError, "an error was logged"),
        (Sabotage::Panic, "a task panicked"),
    ];
    for (how, with) in rows {
        println!("{how:?}");
        fails(&plan().at(seconds(34), What::Sabotage { how }), with);
    }
}

#[test]
fn a_list_of_the_past_is_noticed() {
    let restart = What::Crash { component: Component::Nodes, down: seconds(1) };
    let age = What::Sabotage { how: Sabotage::StaleList };
    fails(&plan().at(seconds(30), age).at(seconds(31), restart), "was acknowledged before");
}

#[test]
fn a_list_that_hides_an_object_is_noticed() {
    let restart = What::Crash { component: Component::Nodes, down: seconds(1) };
    let hide = What::Sabotage { how: Sabotage::HideObject };
    fails(&plan().at(seconds(30), hide).at(seconds(31), restart), "is wrong about");
}

fn edited(key: &str, pointer: &str, value: Value) -> Plan {
    let (key, pointer) = (format!("/registry/{key}"), pointer.to_owned());
    plan().at(seconds(60), What::Edit { key, pointer, value })
}

#[test]
fn each_state_that_may_not_be_is_noticed() {
    let web = "deployments/shop/web";
    let rows = [
        (web, "/metadata/uid", json!("another"), "changes its identity"),
        (web, "/metadata/generation", json!(1), "generation falls"),
        (web, "/metadata/creationTimestamp", json!("2020-01-01T00:00:00Z"), "creation time"),
        (web, "/status/observedGeneration", json!(1), "observed generation falls"),
        (web, "/status/observedGeneration", json!(99), "before there was more than"),
        (
            web,
            "/status/conditions/0/lastTransitionTime",
            json!("2020-01-01T00:00:00Z"),
            "changes its time",
        ),
    ];
    for (key, pointer, value, with) in rows {
        println!("{pointer}");
        fails(&edited(key, pointer, value), with);
    }
}

#[test]
fn an_object_that_goes_in_spite_of_its_finalizers_is_noticed() {
    let metadata = json!({"name": "kept", "finalizers": ["example.com/keep"]});
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
    let key = "/registry/configmaps/shop/kept".to_owned();
    let plan = plan()
        .does(seconds(1), Verb::CreateObject { object })
        .at(seconds(80), What::Poison { key, value: Value::Null });
    fails(&plan, "in spite of its finalizers");
}

#[test]
fn a_flood_of_pods_is_noticed() {
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "u",
        "controller": true});
    let pod = |number: u32| {
        let metadata = json!({"name": format!("p-{number}"), "ownerReferences": [owner]});
        let resources = json!({"requests": {"cpu": "500m"}});
        let spec =
            json!({"containers": [{"name": "app", "image": "app:1", "resources": resources}]});
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    };
    let flood = (0..200).map(|number| Verb::CreateObject { object: pod(number) });
    let plan = flood.fold(plan(), |plan, verb| plan.does(Duration::ZERO, verb));
    fails(&plan, "within a minute");
}
