//! A checker that nothing can break checks nothing: each promise is broken, and the run must fail with it.

use std::{collections::BTreeSet, time::Duration};

use meta::int_or_string::IntOrString;
use serde_json::{Value, json};
use sim::{
    Detail, Promise,
    plan::{Cluster, Component, Draft, Plan, Sabotage, Strategy, Verb, What},
    run, run_twice,
};

/// Broken by tests of their own, since no plan can do it: `check::tests`, `check::tables`, and below.
const ELSEWHERE: [Promise; 3] = [Promise::RevisionsGrow, Promise::Tables, Promise::Determinism];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn web(strategy: Strategy) -> Draft {
    Draft {
        name: "web".to_owned(),
        image: "app:1".to_owned(),
        replicas: 2,
        strategy,
        deadline_seconds: 60,
        min_ready_seconds: 0,
        history_limit: 0,
    }
}

fn image(image: &str) -> Verb {
    Verb::SetImage { name: "web".to_owned(), image: image.to_owned() }
}

/// A Deployment comes, gets another image, and goes: its controllers write, watch, list and delete.
fn plan() -> Plan {
    Plan::calm(1)
        .does(seconds(5), Verb::Create(web(Strategy::Recreate)))
        .does(seconds(30), image("app:2"))
        .does(seconds(30), Verb::Scale { name: "web".to_owned(), replicas: 1 })
}

/// One that rolls.
fn rolling() -> Plan {
    let strategy =
        Strategy::Rolling { surge: IntOrString::Int(1), unavailable: IntOrString::Int(0) };
    let plan = Plan::calm(1).does(seconds(5), Verb::Create(web(strategy)));
    Plan { cluster: Cluster { controller_managers: 1, ..plan.cluster }, ..plan }
}

fn sabotage(how: Sabotage) -> Plan {
    plan().at(seconds(34), What::Sabotage { how })
}

/// The nodes list anew after this.
fn lists_anew(how: Sabotage) -> Plan {
    let restart = What::Crash { component: Component::Nodes, down: seconds(1) };
    plan().at(seconds(30), What::Sabotage { how }).at(seconds(31), restart)
}

fn edit(key: &str, pointer: &str, value: Value) -> What {
    What::Edit { key: format!("/registry/{key}"), pointer: pointer.to_owned(), value }
}

fn edited(pointer: &str, value: Value) -> Plan {
    plan().at(seconds(60), edit("deployments/shop/web", pointer, value))
}

/// It is taken out of the store behind everybody's back.
fn vanishes(plan: Plan, time: u64, key: &str) -> Plan {
    let key = format!("/registry/{key}");
    plan.at(seconds(time), What::Poison { key, value: Value::Null })
}

fn creates(plan: Plan, object: Value) -> Plan {
    plan.does(seconds(1), Verb::CreateObject { object })
}

fn pod(name: &str, more: &[(&str, Value)]) -> Value {
    let resources = json!({"requests": {"cpu": "500m"}});
    let containers = json!([{"name": "app", "image": "app:1", "resources": resources}]);
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": containers}});
    for (pointer, value) in more {
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        pod.pointer_mut(parent).expect("is there")[field] = value.clone();
    }
    pod
}

fn a_disk_that_lies() -> Plan {
    let plan = plan();
    let plan = Plan { cluster: Cluster { disk: true, ..plan.cluster }, ..plan };
    let crash = What::Crash { component: Component::Store, down: seconds(1) };
    plan.at(seconds(20), What::Sabotage { how: Sabotage::LyingDisk }).at(seconds(40), crash)
}

/// A pod of the old template comes back beside the one of the new, because nobody hears that they may not
/// be together any more.
fn recreate_that_overlaps() -> Plan {
    let hold =
        What::Hold { component: Component::Controllers1, resource: "deployments".to_owned() };
    let strategy = edit("deployments/shop/web", "/spec/strategy", json!({"type": "Recreate"}));
    rolling()
        .does(seconds(30), image("no-such:1"))
        .does(seconds(30), Verb::DeletePod { name: "web".to_owned(), lot: 0 })
        .at(seconds(60), hold)
        .at(seconds(61), strategy)
}

/// The only ReplicaSet is emptied, and nobody can have seen a time at which its pods were not available.
fn all_taken_at_once() -> Plan {
    rolling().at(seconds(240), edit("replicasets/shop/web-", "/spec/replicas", json!(0)))
}

fn flood_of_pods() -> Plan {
    let owner = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "u",
        "controller": true}]);
    (0..200).fold(plan(), |plan, number| {
        let object = pod(&format!("p-{number}"), &[("/metadata/ownerReferences", owner.clone())]);
        plan.does(Duration::ZERO, Verb::CreateObject { object })
    })
}

fn flood_of_events() -> Plan {
    let about = json!({"kind": "Pod", "namespace": "shop", "name": "web-0"});
    (0..200).fold(plan(), |plan, number| {
        let object = json!({"apiVersion": "v1", "kind": "Event", "involvedObject": about,
            "metadata": {"name": format!("e-{number}")}, "reason": "Said", "type": "Normal"});
        plan.does(Duration::ZERO, Verb::CreateObject { object })
    })
}

fn a_job_each_minute() -> Value {
    let containers = json!([{"name": "app", "image": "once:0"}]);
    let pod = json!({"spec": {"restartPolicy": "Never", "containers": containers}});
    json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": pod}}}})
}

/// Of a promise to readers, of writers, of the store, or of a run.
fn of_everybody() -> Vec<(Promise, &'static str, Plan)> {
    vec![
        (Promise::Durable, "the store ", a_disk_that_lies()),
        (Promise::Watches, "a watch of", sabotage(Sabotage::SkipEvent)),
        (Promise::Watches, "back to", sabotage(Sabotage::RepeatEvent)),
        (Promise::ConsistentReads, "was acknowledged before", lists_anew(Sabotage::StaleList)),
        (Promise::Lists, "is wrong about", lists_anew(Sabotage::HideObject)),
        // It is the user's, who misses it before anybody counts what was acknowledged.
        (Promise::Rest, "and should be There", sabotage(Sabotage::ForgetWrite)),
        (Promise::Preconditions, "whichever it is", sabotage(Sabotage::BareDelete)),
        (Promise::Terms, "under a term that is not", sabotage(Sabotage::ForgeEpoch)),
        (Promise::NoErrorLogged, "an error was logged", sabotage(Sabotage::LogError)),
        (Promise::NoPanic, "a task panicked", sabotage(Sabotage::Panic)),
        (Promise::TimePasses, "never waits", sabotage(Sabotage::Spin)),
        (
            Promise::Permissions,
            "denied",
            vanishes(plan(), 30, "clusterrolebindings/system:controller:replicaset-controller"),
        ),
        (Promise::UserEnds, "knows no", creates(plan(), json!({"kind": "Nothing"}))),
        (Promise::Silence, "at rest", creates(plan(), a_job_each_minute())),
        (Promise::Pace, "objects of", flood_of_pods()),
        (Promise::Pace, "Events of Pod shop/web-0", flood_of_events()),
    ]
}

/// Of what holds for objects of all kinds.
fn of_objects() -> Vec<(Promise, &'static str, Plan)> {
    let kept = json!({"name": "kept", "finalizers": ["example.com/keep"]});
    let kept = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": kept});
    let time = || json!("2020-01-01T00:00:00Z");
    let since = "/status/conditions/0/lastTransitionTime";
    vec![
        (Promise::Identity, "changes its identity", edited("/metadata/uid", json!("another"))),
        (Promise::Identity, "creation time", edited("/metadata/creationTimestamp", time())),
        (Promise::Generations, "generation falls", edited("/metadata/generation", json!(1))),
        (
            Promise::ObservedGenerations,
            "observed generation falls",
            edited("/status/observedGeneration", json!(1)),
        ),
        (
            Promise::ObservedGenerations,
            "before there was more than",
            edited("/status/observedGeneration", json!(99)),
        ),
        (Promise::ConditionTimes, "changes its time", edited(since, time())),
        (
            Promise::ConditionTimes,
            "changes its time",
            plan().at(seconds(60), edit("minions/node-", since, time())),
        ),
        (Promise::Readable, "cannot be read", edited("/spec/replicas", json!("many"))),
        (
            Promise::Finalizers,
            "in spite of its finalizers",
            vanishes(creates(plan(), kept), 80, "configmaps/shop/kept"),
        ),
    ]
}

/// Of what holds for workloads.
fn of_workloads() -> Vec<(Promise, &'static str, Plan)> {
    let selector = json!({"matchLabels": {"app": "lonely"}});
    let template = json!({"metadata": {"labels": {"app": "lonely"}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]}});
    let lonely = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "lonely"},
        "spec": {"replicas": 0, "selector": selector, "template": template}});
    let grown = edit("replicasets/shop/web-", "/spec/replicas", json!(9));
    let key = "/registry/replicasets/shop/web-".to_owned();
    let twin = What::Copy { key, name: "twin".to_owned() };
    vec![
        (
            Promise::Ownership,
            "belongs to nobody",
            vanishes(creates(plan(), lonely), 80, "replicasets/shop/lonely"),
        ),
        (Promise::OneSetPerTemplate, "has the same template", plan().at(seconds(30), twin)),
        (Promise::Surge, "grows, so that", plan().at(seconds(30), grown)),
        (Promise::Available, "shrinks, so that 0 of 2", all_taken_at_once()),
        (Promise::Recreate, "comes while", recreate_that_overlaps()),
        (
            Promise::Binding,
            "a nothing",
            creates(plan(), pod("lost", &[("/spec/nodeName", json!("node-99"))])),
        ),
    ]
}

fn fail(rows: Vec<(Promise, &'static str, Plan)>) {
    for (promise, with, plan) in rows {
        let failure = run(&plan, Detail::Silent).expect_err(with);
        assert!(failure.reason.contains(with), "{failure}\nand not {with}");
        assert_eq!(failure.promise, promise, "{failure}");
    }
}

#[test]
fn without_a_broken_promise_the_runs_pass() {
    for plan in [plan(), rolling()] {
        if let Err(failure) = run(&plan, Detail::Silent) {
            panic!("{failure}");
        }
    }
}

#[test]
fn what_is_promised_of_everybody_is_held_to() {
    fail(of_everybody());
}

#[test]
fn what_is_promised_of_objects_is_held_to() {
    fail(of_objects());
}

#[test]
fn what_is_promised_of_workloads_is_held_to() {
    fail(of_workloads());
}

#[test]
fn two_runs_of_a_plan_that_differ_are_noticed() {
    let unsteady = plan().at(seconds(34), What::Sabotage { how: Sabotage::Unsteady });
    let failure = run_twice(&unsteady).expect_err("they differ");
    assert_eq!(failure.promise, Promise::Determinism, "{failure}");
}

#[test]
fn every_promise_is_broken_by_some_row() {
    let rows = [of_everybody(), of_objects(), of_workloads()].concat();
    let broken: BTreeSet<Promise> = rows.iter().map(|(promise, ..)| *promise).collect();
    let all: BTreeSet<Promise> = Promise::ALL.into_iter().collect();
    let missing: BTreeSet<Promise> = all.difference(&broken).copied().collect();
    assert_eq!(missing, ELSEWHERE.into_iter().collect());
}
