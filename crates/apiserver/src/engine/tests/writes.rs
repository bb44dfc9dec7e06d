//! Creates, updates and patches (31 to 47, 86, 103, 104).

use serde_json::{Value, json};

use super::lab::{Lab, at, config_map, deployment, pod, refusal, shown};
use crate::{Content, FieldValidation, Outcome, PatchType, Verb};

fn version(object: &Value) -> u64 {
    let text = object["metadata"]["resourceVersion"].as_str().expect("a version");
    text.parse().expect("a number")
}

fn create_of(object: Value) -> Verb {
    Verb::Create { content: Content { value: object, ..Content::default() } }
}

#[tokio::test]
async fn check_31_a_create_answers_201_with_the_stored_object() {
    let lab = Lab::start().await;
    let outcome = lab.run(at("configmaps/default", create_of(config_map("a")))).await;
    let Ok(Outcome::Object { object, created: true, .. }) = outcome else { panic!("{outcome:?}") };
    let value = object.value();
    assert_eq!(value["metadata"]["uid"].as_str().map(str::len), Some(36));
    assert_eq!(lab.get("configmaps/default/a").await, Ok(value));
}

#[tokio::test]
async fn check_32_what_is_missing_is_named_with_its_group() {
    let lab = Lab::start().await;
    let answer = refusal(lab.get("deployments.apps/default/a").await);
    assert_eq!(answer, r#"404 NotFound deployments.apps "a" not found"#);
    let answer = refusal(lab.get("configmaps/default/a").await);
    assert_eq!(answer, r#"404 NotFound configmaps "a" not found"#);
}

#[tokio::test]
async fn check_33_a_taken_name_is_refused_and_a_generated_one_is_free() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let answer = refusal(lab.try_create(config_map("a")).await);
    assert_eq!(answer, r#"409 AlreadyExists configmaps "a" already exists"#);
    let mut generated = config_map("");
    generated["metadata"] = json!({"generateName": "a-", "namespace": "default"});
    let first = lab.create(generated.clone()).await;
    let second = lab.create(generated).await;
    let name = first["metadata"]["name"].as_str().expect("a name");
    assert_eq!((name.len(), &name[..2]), (7, "a-"));
    assert_ne!(first["metadata"]["name"], second["metadata"]["name"]);
}

#[tokio::test]
async fn check_34_a_stale_update_conflicts() {
    let lab = Lab::start().await;
    let mut stale = lab.create(config_map("a")).await;
    lab.patch("configmaps/default/a", json!({"data": {"a": "2"}})).await.expect("patched");
    stale["data"]["a"] = "3".into();
    let answer = refusal(lab.update("configmaps/default/a", stale).await);
    assert_eq!(
        answer,
        r#"409 Conflict Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again"#
    );
}

#[tokio::test]
async fn check_35_an_update_without_version_is_for_kinds_that_allow_it() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let mut new = config_map("a");
    new["data"]["a"] = "2".into();
    let updated = lab.update("configmaps/default/a", new).await.expect("updated");
    assert_eq!(updated["data"]["a"], "2");
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "l", "namespace": "default"}, "spec": {"holderIdentity": "x"}});
    lab.create(lease.clone()).await;
    let answer = refusal(lab.update("leases.coordination.k8s.io/default/l", lease).await);
    assert_eq!(
        answer,
        r#"422 Invalid leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"#
    );
}

#[tokio::test]
async fn check_36_an_update_creates_where_the_kind_allows_it() {
    let lab = Lab::start().await;
    let answer = refusal(lab.update("configmaps/default/a", config_map("a")).await);
    assert_eq!(answer, r#"404 NotFound configmaps "a" not found"#);
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "r"}, "rules": []});
    let created = lab.update("clusterroles.rbac.authorization.k8s.io/r", role).await;
    assert_eq!(created.expect("created")["metadata"]["name"], "r");
}

#[tokio::test]
async fn check_37_body_and_url_must_mean_the_same_object() {
    let lab = Lab::start().await;
    let uid = lab.create(config_map("a")).await["metadata"]["uid"].clone();
    let answer = refusal(lab.update("configmaps/default/a", config_map("b")).await);
    assert_eq!(
        answer,
        "400 BadRequest the name of the object (b) does not match the name on the URL (a)"
    );
    let mut nameless = config_map("a");
    nameless["metadata"] = json!({});
    let answer = refusal(lab.update("configmaps/default/a", nameless).await);
    assert_eq!(
        answer,
        "400 BadRequest the name of the object (a based on URL) was undeterminable: name must be provided"
    );
    let mut elsewhere = config_map("a");
    elsewhere["metadata"]["namespace"] = "kube-system".into();
    let answer = refusal(lab.update("configmaps/default/a", elsewhere).await);
    assert_eq!(
        answer,
        "400 BadRequest the namespace of the provided object does not match the namespace sent on the request"
    );
    let mut other = config_map("a");
    other["metadata"]["uid"] = "x".into();
    let answer = refusal(lab.update("configmaps/default/a", other).await);
    let wanted = format!(
        r#"409 Conflict Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: {}"#,
        uid.as_str().expect("a uid")
    );
    assert_eq!(answer, wanted);
}

#[tokio::test]
async fn check_38_a_wrong_type_is_named() {
    let lab = Lab::start().await;
    let mut wrong = deployment("d");
    wrong["spec"]["replicas"] = "two".into();
    let answer = refusal(lab.try_create(wrong).await);
    assert_eq!(
        answer,
        r#"400 BadRequest Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"#
    );
}

#[tokio::test]
async fn check_40_what_the_server_gives_cannot_be_sent() {
    let lab = Lab::start().await;
    let mut versioned = config_map("a");
    versioned["metadata"]["resourceVersion"] = "7".into();
    let answer = refusal(lab.try_create(versioned).await);
    assert_eq!(answer, "500  resourceVersion should not be set on objects to be created");
    let mut sent = deployment("d");
    sent["metadata"]["uid"] = "mine".into();
    sent["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z".into();
    sent["metadata"]["deletionTimestamp"] = "2001-01-01T00:00:00Z".into();
    let stored = lab.create(sent).await;
    assert_ne!(stored["metadata"]["uid"], "mine");
    assert_ne!(stored["metadata"]["creationTimestamp"], "2001-01-01T00:00:00Z");
    assert_eq!(stored["metadata"].get("deletionTimestamp"), None);
    assert_eq!(stored["metadata"]["generation"], 1);
}

#[tokio::test]
async fn check_40_the_generation_counts_changes_of_the_spec() {
    let lab = Lab::start().await;
    lab.create(deployment("d")).await;
    let path = "deployments.apps/default/d";
    let generation = |object: Value| object["metadata"]["generation"].clone();
    let labelled = lab.patch(path, json!({"metadata": {"labels": {"x": "y"}}})).await;
    assert_eq!(generation(labelled.expect("patched")), 1);
    let scaled = lab.patch(path, json!({"spec": {"replicas": 3}})).await;
    assert_eq!(generation(scaled.expect("patched")), 2);
    let status = lab.patch(&format!("{path}/status"), json!({"status": {"replicas": 3}})).await;
    assert_eq!(generation(status.expect("patched")), 2);
}

#[tokio::test]
async fn check_41_the_namespace_comes_from_the_url() {
    let lab = Lab::start().await;
    let mut map = config_map("a");
    map["metadata"] = json!({"name": "a"});
    let created = shown(lab.run(at("configmaps/default", create_of(map))).await);
    assert_eq!(created.expect("created")["metadata"]["namespace"], "default");
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "r", "namespace": "dropped"}});
    assert_eq!(lab.create(role).await["metadata"].get("namespace"), None);
}

#[tokio::test]
async fn check_42_an_update_that_changes_nothing_writes_nothing() {
    let lab = Lab::start().await;
    let created = lab.create(config_map("a")).await;
    let again = lab.update("configmaps/default/a", created.clone()).await.expect("updated");
    assert_eq!(again, created);
    let patched = lab.patch("configmaps/default/a", json!({"data": {"a": "1"}})).await;
    assert_eq!(version(&patched.expect("patched")), version(&created));
}

#[tokio::test]
async fn check_42_one_of_two_writers_of_the_same_version_wins() {
    let lab = Lab::start().await;
    let base = lab.create(config_map("a")).await;
    let write = |text: &str| {
        let mut new = base.clone();
        new["data"]["a"] = text.into();
        lab.update("configmaps/default/a", new)
    };
    let (left, right) = tokio::join!(write("left"), write("right"));
    assert_ne!(left.is_ok(), right.is_ok());
}

#[tokio::test]
async fn check_42_patches_that_race_both_land() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let (left, right) = tokio::join!(
        lab.patch("configmaps/default/a", json!({"data": {"left": "1"}})),
        lab.patch("configmaps/default/a", json!({"data": {"right": "1"}})),
    );
    left.and(right).expect("both");
    let data = lab.get("configmaps/default/a").await.expect("there")["data"].clone();
    assert_eq!(data, json!({"a": "1", "left": "1", "right": "1"}));
}

#[tokio::test]
async fn check_44_managed_fields_name_their_writer() {
    let lab = Lab::start().await;
    let created = lab.create(config_map("a")).await;
    let entries = created["metadata"]["managedFields"].as_array().expect("entries").clone();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (&entries[0]["manager"], &entries[0]["operation"]),
        (&"test".into(), &"Update".into())
    );
}

#[tokio::test]
async fn check_45_a_namespace_must_be_there() {
    let lab = Lab::start().await;
    let mut lost = config_map("a");
    lost["metadata"]["namespace"] = "nowhere".into();
    let answer = refusal(lab.try_create(lost).await);
    assert_eq!(answer, r#"404 NotFound namespaces "nowhere" not found"#);
    assert!(lab.names("configmaps/nowhere", crate::ListQuery::default()).await.is_empty());
}

#[tokio::test]
async fn check_76_a_patch_may_carry_a_version_but_no_other_identity() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let path = "configmaps/default/a";
    let stale = json!({"metadata": {"resourceVersion": "1"}, "data": {"a": "2"}});
    assert!(refusal(lab.patch(path, stale).await).starts_with("409 Conflict"));
    let renamed = refusal(lab.patch(path, json!({"metadata": {"name": "b"}})).await);
    assert!(renamed.starts_with("400 BadRequest the name of the object"), "{renamed}");
    let other = refusal(lab.patch(path, json!({"metadata": {"uid": "x"}})).await);
    assert!(other.contains("metadata.uid: Invalid value: \"x\": field is immutable"), "{other}");
    let missing = refusal(lab.patch("configmaps/default/b", json!({})).await);
    assert_eq!(missing, r#"404 NotFound configmaps "b" not found"#);
}

#[tokio::test]
async fn check_86_each_endpoint_writes_its_own_part() {
    let lab = Lab::start().await;
    lab.create(deployment("d")).await;
    let path = "deployments.apps/default/d";
    let change = json!({"spec": {"replicas": 5}, "status": {"replicas": 5}});
    let patched = lab.patch(path, change.clone()).await.expect("patched");
    assert_eq!(
        (&patched["spec"]["replicas"], patched["status"].get("replicas")),
        (&json!(5), None)
    );
    let change = json!({"spec": {"replicas": 7}, "status": {"replicas": 5}});
    let patched = lab.patch(&format!("{path}/status"), change).await.expect("patched");
    assert_eq!(
        (&patched["spec"]["replicas"], &patched["status"]["replicas"]),
        (&json!(5), &json!(5))
    );
}

#[tokio::test]
async fn check_103_a_dry_run_stores_nothing() {
    let lab = Lab::start().await;
    let mut operation = at("configmaps/default", create_of(config_map("a")));
    operation.dry_run = true;
    let outcome = lab.run(operation).await;
    let Ok(Outcome::Value { value, code: 201, .. }) = outcome else { panic!("{outcome:?}") };
    assert!(value["metadata"]["uid"].is_string());
    assert_eq!(value["metadata"].get("resourceVersion"), None);
    assert!(lab.get("configmaps/default/a").await.is_err());
}

#[tokio::test]
async fn check_104_unknown_fields_are_refused_warned_of_or_dropped() {
    let lab = Lab::start().await;
    let mut odd = deployment("d");
    odd["spec"]["foo"] = 1.into();
    let mut operation = at("deployments.apps/default", create_of(odd));
    operation.dry_run = true;
    operation.field_validation = FieldValidation::Strict;
    let answer = refusal(shown(lab.run(operation.clone()).await));
    assert_eq!(
        answer,
        r#"400 BadRequest Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo""#
    );
    operation.field_validation = FieldValidation::Warn;
    let outcome = lab.run(operation).await;
    let Ok(Outcome::Value { warnings, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(warnings, [r#"unknown field "spec.foo""#]);
}

#[tokio::test]
async fn check_105_in_patches_a_strict_failure_is_422() {
    let lab = Lab::start().await;
    lab.create(pod("p")).await;
    let patch = Content { value: json!({"spec": {"foo": 1}}), ..Content::default() };
    let mut operation = at("pods/default/p", Verb::Patch { kind: PatchType::Strategic, patch });
    operation.field_validation = FieldValidation::Strict;
    let answer = refusal(shown(lab.run(operation).await));
    assert!(answer.starts_with("422 Invalid  \"\" is invalid: patch: Invalid value: "), "{answer}");
    assert!(answer.ends_with(r#"strict decoding error: unknown field "spec.foo""#), "{answer}");
}
