//! Deletes, finalizers, namespaces (43, 46, 96 to 103, 231).

use serde_json::{Value, json};

use super::lab::{Lab, at, config_map, pod, refusal};
use crate::{DeleteOptions, ListQuery, Outcome, Verb};

fn policy(name: &str) -> DeleteOptions {
    DeleteOptions { propagation_policy: Some(name.to_owned()), ..DeleteOptions::default() }
}

fn grace(seconds: i64) -> DeleteOptions {
    DeleteOptions { grace_period_seconds: Some(seconds), ..DeleteOptions::default() }
}

#[tokio::test]
async fn check_101_a_delete_answers_with_a_status_or_the_object() {
    let lab = Lab::start().await;
    let uid = lab.create(config_map("a")).await["metadata"]["uid"].clone();
    let status = lab.delete("configmaps/default/a").await.expect("deleted");
    assert_eq!(
        status,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {},
        "status": "Success", "details": {"name": "a", "kind": "configmaps", "uid": uid}})
    );
    let answer = refusal(lab.delete("configmaps/default/a").await);
    assert_eq!(answer, r#"404 NotFound configmaps "a" not found"#);
    lab.create(pod("p")).await;
    let last = lab.delete("pods/default/p").await.expect("deleted");
    assert_eq!(last["kind"], "Pod");
}

#[tokio::test]
async fn check_96_bad_options_come_before_the_missing_object() {
    let lab = Lab::start().await;
    let answer = refusal(lab.delete_with("configmaps/default/x", policy("Foo")).await);
    assert!(answer.starts_with("422 Invalid DeleteOptions.meta.k8s.io"), "{answer}");
}

#[tokio::test]
async fn check_98_preconditions_guard_the_object() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let options = DeleteOptions { uid: Some("x".to_owned()), ..DeleteOptions::default() };
    let answer = refusal(lab.delete_with("configmaps/default/a", options).await);
    assert!(
        answer
            .starts_with(r#"409 Conflict Operation cannot be fulfilled on ConfigMap "a": the UID"#)
    );
    let options =
        DeleteOptions { resource_version: Some("1".to_owned()), ..DeleteOptions::default() };
    let answer = refusal(lab.delete_with("configmaps/default/a", options).await);
    assert!(answer.contains("the ResourceVersion in the precondition (1)"), "{answer}");
}

#[tokio::test]
async fn check_100_finalizers_hold_and_their_removal_lets_go() {
    let lab = Lab::start().await;
    let mut held = config_map("a");
    held["metadata"]["finalizers"] = json!(["x.io/y"]);
    lab.create(held).await;
    let path = "configmaps/default/a";
    let going = lab.delete(path).await.expect("marked");
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 0);
    let again = lab.delete(path).await.expect("kept");
    assert_eq!(again, going);
    let exists = refusal(lab.try_create(config_map("a")).await);
    assert_eq!(
        exists,
        r#"409 AlreadyExists object is being deleted: configmaps "a" already exists"#
    );
    let late = json!({"metadata": {"finalizers": ["x.io/y", "x.io/z"]}});
    let answer = refusal(lab.patch(path, late).await);
    assert!(answer.contains(r#"metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/z"}"#), "{answer}");
    lab.patch(path, json!({"data": {"b": "2"}})).await.expect("data may change");
    let before = lab.get(path).await.expect("there")["metadata"]["resourceVersion"].clone();
    let last = lab.patch(path, json!({"metadata": {"finalizers": null}})).await.expect("let go");
    assert_eq!(last["metadata"]["resourceVersion"], before);
    assert!(lab.get(path).await.is_err());
}

#[tokio::test]
async fn check_99_the_policy_shows_as_a_finalizer() {
    let lab = Lab::start().await;
    for (name, finalizer) in [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")] {
        let object = name.to_lowercase();
        lab.create(config_map(&object)).await;
        let path = format!("configmaps/default/{object}");
        let going = lab.delete_with(&path, policy(name)).await.expect("marked");
        assert_eq!(going["metadata"]["finalizers"], json!([finalizer]));
    }
}

#[tokio::test]
async fn check_231_a_scheduled_pod_goes_in_two_steps() {
    let lab = Lab::start().await;
    let mut placed = pod("p");
    placed["spec"]["nodeName"] = "node-0".into();
    lab.create(placed).await;
    let going = lab.delete("pods/default/p").await.expect("marked");
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(going["metadata"]["generation"], 2);
    let status = json!({"status": {"phase": "Failed"}});
    lab.patch("pods/default/p/status", status).await.expect("kubelets still report");
    let last = lab.delete_with("pods/default/p", grace(0)).await.expect("gone");
    assert_eq!(last["metadata"]["deletionGracePeriodSeconds"], 0);
    assert!(lab.get("pods/default/p").await.is_err());
}

#[tokio::test]
async fn check_43_a_collection_is_deleted_by_selector() {
    let lab = Lab::start().await;
    for name in ["a", "b", "c"] {
        lab.create(config_map(name)).await;
    }
    let query = ListQuery { label_selector: "name!=b".to_owned(), ..ListQuery::default() };
    let verb = Verb::DeleteCollection { options: DeleteOptions::default(), query };
    let outcome = lab.run(at("configmaps/default", verb)).await;
    let Ok(Outcome::List(deleted)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(deleted.items.len(), 2);
    assert_eq!(lab.names("configmaps/default", ListQuery::default()).await, ["b"]);
}

#[tokio::test]
async fn check_103_a_dry_delete_leaves_the_object() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let mut operation =
        at("configmaps/default/a", Verb::Delete { options: DeleteOptions::default() });
    operation.dry_run = true;
    lab.run(operation).await.expect("as if deleted");
    assert!(lab.get("configmaps/default/a").await.is_ok());
}

async fn namespace(lab: &Lab, name: &str) -> Value {
    lab.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).await
}

#[tokio::test]
async fn check_46_a_namespace_begins_active_and_ends_with_finalize() {
    let lab = Lab::start().await;
    let created = namespace(&lab, "n").await;
    assert_eq!(created["metadata"]["labels"]["kubernetes.io/metadata.name"], "n");
    assert_eq!(created["spec"]["finalizers"], json!(["kubernetes"]));
    assert_eq!(created["status"]["phase"], "Active");
    let mut going = lab.delete("namespaces/n").await.expect("marked");
    assert_eq!(going["status"]["phase"], "Terminating");
    assert_eq!(lab.delete("namespaces/n").await.as_ref(), Ok(&going));
    going["spec"]["finalizers"] = json!([]);
    let finalize = crate::Content { value: going, ..crate::Content::default() };
    let mut operation = at("namespaces/n", Verb::Update { content: finalize });
    operation.subresource = "finalize".to_owned();
    lab.run(operation).await.expect("finalized");
    assert!(lab.get("namespaces/n").await.is_err());
}

#[tokio::test]
async fn check_45_nothing_is_created_in_a_namespace_that_goes() {
    let lab = Lab::start().await;
    namespace(&lab, "n").await;
    lab.delete("namespaces/n").await.expect("marked");
    let mut late = config_map("a");
    late["metadata"]["namespace"] = "n".into();
    let status = lab.try_create(late).await.expect_err("refused");
    assert_eq!(
        status.message,
        r#"configmaps "a" is forbidden: unable to create new content in namespace n because it is being terminated"#
    );
    assert_eq!((status.code, status.causes[0].reason.as_str()), (403, "NamespaceTerminating"));
}

#[tokio::test]
async fn a_create_that_races_the_end_of_its_namespace_leaves_nothing_behind() {
    let lab = Lab::start().await;
    namespace(&lab, "n").await;
    let engine = lab.engine.clone();
    lab.interposed.before("/registry/configmaps/n/a", async move {
        let options = DeleteOptions::default();
        engine.run(at("namespaces/n", Verb::Delete { options })).await.expect("marked");
    });
    let mut late = config_map("a");
    late["metadata"]["namespace"] = "n".into();
    let status = lab.try_create(late).await.expect_err("refused");
    assert_eq!((status.code, status.causes[0].reason.as_str()), (403, "NamespaceTerminating"));
}

#[tokio::test]
async fn a_create_goes_through_although_its_namespace_was_labelled_meanwhile() {
    let lab = Lab::start().await;
    namespace(&lab, "n").await;
    let engine = lab.engine.clone();
    lab.interposed.before("/registry/configmaps/n/a", async move {
        let value = json!({"metadata": {"labels": {"new": "label"}}});
        let patch = crate::Content { value, ..crate::Content::default() };
        let verb = Verb::Patch { kind: crate::PatchType::Merge, patch };
        engine.run(at("namespaces/n", verb)).await.expect("labelled");
    });
    let mut object = config_map("a");
    object["metadata"]["namespace"] = "n".into();
    lab.create(object).await;
}

#[tokio::test]
async fn check_46_some_namespaces_cannot_be_deleted() {
    let lab = Lab::start().await;
    for name in ["default", "kube-system", "kube-public"] {
        let answer = refusal(lab.delete(&format!("namespaces/{name}")).await);
        assert_eq!(
            answer,
            format!(
                r#"403 Forbidden namespaces "{name}" is forbidden: this namespace may not be deleted"#
            )
        );
    }
    assert!(lab.delete("namespaces/kube-node-lease").await.is_ok());
}

#[tokio::test]
async fn an_acknowledged_finalizer_holds_whatever_is_deleted_meanwhile() {
    let place = "configmaps/default/a";
    let finalizer = json!({"metadata": {"finalizers": ["x.io/y"]}});
    for patch_first in [true, false] {
        let lab = Lab::start().await;
        lab.create(config_map("a")).await;
        let patch = lab.patch(place, finalizer.clone());
        let (patched, deleted) = if patch_first {
            tokio::join!(patch, lab.delete(place))
        } else {
            let (deleted, patched) = tokio::join!(lab.delete(place), patch);
            (patched, deleted)
        };
        deleted.expect("a delete succeeds in any order");
        assert_eq!(patched.is_ok(), lab.get(place).await.is_ok());
    }
}
