//! Custom resources follow their definition (143 to 151).

use std::sync::Arc;

use api::catalog::ResourceFacts;
use serde_json::{Value, json};
use world::yield_now;

use super::lab::{Lab, at, on, refusal, shown};
use crate::{Content, DeleteOptions, ListQuery, Outcome, PatchType, Status, Verb};

const DEFINITION: &str = "customresourcedefinitions.apiextensions.k8s.io/foos.fc.io";
/// The server settles definitions by itself, soon.
const STEPS_MAX: usize = 1_000_000;

fn definition(spec: Value) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "foos.fc.io"}, "spec": {
        "group": "fc.io", "scope": "Namespaced",
        "names": {"plural": "foos", "kind": "Foo"},
        "versions": [
            {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": spec}}}},
            {"name": "v1alpha1", "served": true, "storage": false, "schema": {
                "openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}},
        ],
    }})
}

fn colored() -> Value {
    json!({"type": "object", "properties": {"color": {"type": "string"}}})
}

async fn facts(lab: &Lab, version: &str) -> Arc<ResourceFacts> {
    for _ in 0..STEPS_MAX {
        let served = lab.engine.served();
        if let Some(facts) = served.resource("fc.io", version, "foos") {
            return Arc::clone(facts);
        }
        yield_now().await;
    }
    panic!("not served");
}

async fn with_foos(spec: Value) -> Lab {
    let lab = Lab::start().await;
    lab.create(definition(spec)).await;
    facts(&lab, "v1").await;
    lab
}

async fn run(lab: &Lab, version: &str, name: &str, verb: Verb) -> Result<Value, Status> {
    let facts = facts(lab, version).await;
    shown(lab.run(on(&facts, "default", name, verb)).await)
}

async fn create(lab: &Lab, version: &str, spec: Value) -> Result<Value, Status> {
    let value = json!({"apiVersion": format!("fc.io/{version}"), "kind": "Foo",
        "metadata": {"name": "a"}, "spec": spec});
    let content = Content { value, ..Content::default() };
    run(lab, version, "", Verb::Create { content }).await
}

async fn get(lab: &Lab, version: &str) -> Result<Value, Status> {
    run(lab, version, "a", Verb::Get { resource_version: String::new() }).await
}

async fn names(lab: &Lab) -> Vec<String> {
    let facts = facts(lab, "v1").await;
    let listed = lab.run(on(&facts, "default", "", Verb::List(ListQuery::default()))).await;
    let Ok(Outcome::List(listed)) = listed else { panic!("a list") };
    listed.items.iter().map(|item| item.key.name.to_string()).collect()
}

#[tokio::test]
async fn check_144_a_definition_is_settled_and_then_served() {
    let lab = with_foos(colored()).await;
    let definition = lab.get(DEFINITION).await.expect("there");
    let conditions = definition["status"]["conditions"].as_array().expect("a list");
    let shown: Vec<String> =
        conditions.iter().map(|one| format!("{}={}", one["type"], one["reason"])).collect();
    assert_eq!(
        shown,
        [r#""NamesAccepted"="NoConflicts""#, r#""Established"="InitialNamesAccepted""#]
    );
    assert_eq!(definition["status"]["acceptedNames"]["listKind"], "FooList");
}

#[tokio::test]
async fn check_154_versions_are_one_object_under_several_names() {
    let lab = with_foos(colored()).await;
    create(&lab, "v1alpha1", json!({"color": "red"})).await.expect("created");
    assert_eq!(get(&lab, "v1").await.expect("there")["apiVersion"], "fc.io/v1");
    let old = get(&lab, "v1alpha1").await.expect("there");
    assert_eq!(
        (&old["apiVersion"], &old["spec"]["color"]),
        (&json!("fc.io/v1alpha1"), &json!("red"))
    );
    assert_eq!(names(&lab).await, ["a"]);
}

#[tokio::test]
async fn check_147_what_was_stored_before_is_read_as_the_definition_wants_it_now() {
    let lab = with_foos(colored()).await;
    create(&lab, "v1", json!({"color": "red"})).await.expect("created");
    assert_eq!(names(&lab).await, ["a"]);
    let sized =
        json!({"type": "object", "properties": {"size": {"type": "integer", "default": 3}}});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": sized}}});
    let patch = json!([
        {"op": "replace", "path": "/spec/versions/0/schema", "value": schema},
        {"op": "remove", "path": "/spec/versions/1"},
    ]);
    let patch = Content { value: patch, ..Content::default() };
    let verb = Verb::Patch { kind: PatchType::Json, patch };
    shown(lab.run(at(DEFINITION, verb)).await).expect("changed");
    lab.engine.catch_up().await;
    assert_eq!(get(&lab, "v1").await.expect("there")["spec"], json!({"size": 3}));
    assert!(lab.engine.served().resource("fc.io", "v1alpha1", "foos").is_none());
}

#[tokio::test]
async fn check_145_a_definition_waits_for_its_instances() {
    let lab = with_foos(colored()).await;
    create(&lab, "v1", json!({})).await.expect("created");
    let waiting = json!({"metadata": {"finalizers": ["fc.io/wait"]}});
    let hold = |value: Value| Verb::Patch {
        kind: PatchType::Merge,
        patch: Content { value, ..Content::default() },
    };
    run(&lab, "v1", "a", hold(waiting)).await.expect("patched");
    let delete = Verb::Delete { options: DeleteOptions::default() };
    shown(lab.run(at(DEFINITION, delete)).await).expect("marked");
    lab.engine.catch_up().await;
    assert_eq!(
        refusal(create(&lab, "v1", json!({})).await),
        r#"403 Forbidden foos.fc.io "a" is forbidden: create not allowed while custom resource definition is terminating"#
    );
    let let_go = hold(json!({"metadata": {"finalizers": null}}));
    for _ in 0..STEPS_MAX {
        if get(&lab, "v1").await.is_ok_and(|one| !one["metadata"]["deletionTimestamp"].is_null()) {
            break;
        }
        yield_now().await;
    }
    run(&lab, "v1", "a", let_go).await.expect("patched");
    for _ in 0..STEPS_MAX {
        if lab.get(DEFINITION).await.is_err() {
            assert!(lab.engine.served().resources().is_empty());
            return;
        }
        yield_now().await;
        lab.engine.catch_up().await;
    }
    panic!("the definition is still there");
}
