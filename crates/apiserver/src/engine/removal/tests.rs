//! Rows: an object, options, and what a delete does to it.

use api::catalog::builtin;
use serde_json::json;

use super::*;

const NOW: i64 = 1_000_000;

fn facts(group: &str, plural: &str) -> &'static ResourceFacts {
    builtin().resource(group, "v1", plural).expect("served")
}

fn told(removal: &Removal) -> String {
    let describe = |word: &str, value: &Value| {
        let metadata = &value["metadata"];
        let at: Option<Time> = body::text(value, "deletionTimestamp").parse().ok();
        let wait = at.map_or("-".to_owned(), |at| (at.seconds() - NOW).to_string());
        let grace = &metadata["deletionGracePeriodSeconds"];
        format!("{word} +{wait} grace {grace} finalizers {}", metadata["finalizers"])
    };
    match removal {
        Removal::Keep => "keep".to_owned(),
        Removal::Mark(value) => describe("mark", value),
        Removal::Remove(value) => describe("remove", value),
    }
}

fn check(facts: &ResourceFacts, present: Value, options: &DeleteOptions, wanted: &str) {
    let removal = decide(facts, &present, options, Time::from_seconds(NOW));
    assert_eq!(told(&removal), wanted);
}

fn grace(seconds: i64) -> DeleteOptions {
    DeleteOptions { grace_period_seconds: Some(seconds), ..DeleteOptions::default() }
}

fn policy_named(name: &str) -> DeleteOptions {
    DeleteOptions { propagation_policy: Some(name.to_owned()), ..DeleteOptions::default() }
}

fn running_pod() -> Value {
    json!({"metadata": {"name": "p", "generation": 1}, "status": {"phase": "Running"},
        "spec": {"nodeName": "n", "terminationGracePeriodSeconds": 20}})
}

#[test]
fn a_running_pod_is_given_its_grace() {
    let pods = facts("", "pods");
    let marked = "mark +20 grace 20 finalizers null";
    check(pods, running_pod(), &DeleteOptions::default(), marked);
    check(pods, running_pod(), &grace(5), "mark +5 grace 5 finalizers null");
    check(pods, running_pod(), &grace(-7), "mark +1 grace 1 finalizers null");
    check(pods, running_pod(), &grace(0), "remove +0 grace 0 finalizers null");
}

#[test]
fn a_pod_that_nobody_runs_goes_at_once() {
    let pods = facts("", "pods");
    let gone = "remove +0 grace 0 finalizers null";
    let unscheduled = json!({"metadata": {"name": "p"}, "spec": {}});
    check(pods, unscheduled, &DeleteOptions::default(), gone);
    let mut finished = running_pod();
    finished["status"]["phase"] = "Failed".into();
    check(pods, finished, &DeleteOptions::default(), gone);
}

#[test]
fn a_second_delete_may_only_shorten() {
    let pods = facts("", "pods");
    let mut going = running_pod();
    Deadline { at: Time::from_seconds(NOW + 20), seconds: 20 }.mark(&mut going);
    assert_eq!(going["metadata"]["generation"], 2);
    check(pods, going.clone(), &DeleteOptions::default(), "keep");
    check(pods, going.clone(), &grace(30), "keep");
    check(pods, going.clone(), &grace(5), "mark +5 grace 5 finalizers null");
    check(pods, going, &grace(0), "remove +0 grace 0 finalizers null");
}

#[test]
fn finalizers_hold_an_object_of_any_kind() {
    let maps = facts("", "configmaps");
    let held = json!({"metadata": {"name": "c", "finalizers": ["a.io/x"]}});
    let marked = r#"mark +0 grace 0 finalizers ["a.io/x"]"#;
    check(maps, held, &DeleteOptions::default(), marked);
    let free = json!({"metadata": {"name": "c"}});
    check(maps, free, &DeleteOptions::default(), "remove +- grace null finalizers null");
}

#[test]
fn the_policy_becomes_a_finalizer() {
    let deployments = facts("apps", "deployments");
    let plain = || json!({"metadata": {"name": "d"}});
    let foreground = r#"mark +0 grace 0 finalizers ["foregroundDeletion"]"#;
    let orphan = r#"mark +0 grace 0 finalizers ["orphan"]"#;
    check(deployments, plain(), &policy_named("Foreground"), foreground);
    check(deployments, plain(), &policy_named("Orphan"), orphan);
    let gone = "remove +- grace null finalizers null";
    check(deployments, plain(), &policy_named("Background"), gone);
    let waiting = json!({"metadata": {"name": "d", "finalizers": ["foregroundDeletion"],
        "deletionTimestamp": Time::from_seconds(NOW).to_string(), "deletionGracePeriodSeconds": 0}});
    check(deployments, waiting.clone(), &policy_named("Orphan"), orphan);
    check(deployments, waiting, &DeleteOptions::default(), foreground);
}

#[test]
fn jobs_orphan_their_pods_unless_told_otherwise() {
    let jobs = facts("batch", "jobs");
    let plain = || json!({"metadata": {"name": "j"}});
    let orphan = r#"mark +0 grace 0 finalizers ["orphan"]"#;
    check(jobs, plain(), &DeleteOptions::default(), orphan);
    let old = DeleteOptions { orphan_dependents: Some(false), ..DeleteOptions::default() };
    check(jobs, plain(), &old, "remove +- grace null finalizers null");
}

#[test]
fn a_namespace_goes_when_its_content_is_gone() {
    let namespaces = facts("", "namespaces");
    let active = json!({"metadata": {"name": "n"}, "spec": {"finalizers": ["kubernetes"]}});
    let options = DeleteOptions::default();
    let marked = decide(namespaces, &active, &options, Time::from_seconds(NOW));
    let Removal::Mark(mut terminating) = marked else { panic!("{marked:?}") };
    assert_eq!(terminating["status"]["phase"], "Terminating");
    assert!(!is_ready_to_go(namespaces, &terminating));
    check(namespaces, terminating.clone(), &options, "keep");
    terminating["spec"]["finalizers"] = json!([]);
    assert!(is_ready_to_go(namespaces, &terminating));
}

#[test]
fn unknown_and_double_policies_are_refused() {
    let message = |options: &DeleteOptions| check_options(options).expect_err("refused").message;
    assert_eq!(
        message(&policy_named("Foo")),
        r#"DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil""#
    );
    let both = DeleteOptions { orphan_dependents: Some(true), ..policy_named("Orphan") };
    assert_eq!(
        message(&both),
        r#"DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set"#
    );
}

#[test]
fn a_precondition_that_fails_names_the_kind() {
    let present = json!({"metadata": {"name": "f", "uid": "y", "resourceVersion": "5"}});
    let options = DeleteOptions { uid: Some("x".to_owned()), ..DeleteOptions::default() };
    let status = check_preconditions(facts("", "configmaps"), &options, &present).expect_err("409");
    assert_eq!((status.code, status.kind.as_str()), (409, "ConfigMap"));
    assert_eq!(
        status.message,
        r#"Operation cannot be fulfilled on ConfigMap "f": the UID in the precondition (x) does not match the UID in record (y). The object might have been deleted and then recreated"#
    );
}
