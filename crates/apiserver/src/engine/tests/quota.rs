//! Quotas are charged with the write (236 to 239).

use serde_json::{Value, json};

use super::lab::{Lab, config_map, pod, refusal};
use crate::ListQuery;

const QUOTA: &str = "resourcequotas/default/q";

/// A quota as its controller leaves it.
async fn limit(lab: &Lab, hard: Value, used: Value) {
    lab.create(json!({"apiVersion": "v1", "kind": "ResourceQuota",
        "metadata": {"name": "q", "namespace": "default"}, "spec": {"hard": hard}}))
        .await;
    let change = json!({"status": {"hard": hard, "used": used}});
    lab.patch(&format!("{QUOTA}/status"), change).await.expect("counted");
    // A list is as new as the last write: from here on admission knows the quota.
    lab.names("resourcequotas/default", ListQuery::default()).await;
}

async fn used(lab: &Lab) -> Value {
    lab.get(QUOTA).await.expect("there")["status"]["used"].take()
}

#[tokio::test]
async fn check_239_a_creation_is_charged_at_once() {
    let lab = Lab::start().await;
    limit(&lab, json!({"configmaps": "2"}), json!({"configmaps": "1"})).await;
    lab.create(config_map("a")).await;
    assert_eq!(used(&lab).await, json!({"configmaps": "2"}));
    let quota = lab.get(QUOTA).await.expect("there");
    let entries = quota["metadata"]["managedFields"].as_array().expect("a list");
    assert!(entries.iter().any(|entry| entry["manager"] == "kube-apiserver"));
}

#[tokio::test]
async fn check_238_what_exceeds_a_quota_is_refused_in_its_words() {
    let lab = Lab::start().await;
    limit(&lab, json!({"pods": "1"}), json!({"pods": "1"})).await;
    assert_eq!(
        refusal(lab.try_create(pod("b")).await),
        r#"403 Forbidden pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"#
    );
    let mut invalid = pod("b");
    invalid["spec"]["containers"] = json!([]);
    assert!(refusal(lab.try_create(invalid).await).starts_with("422"), "validation comes first");
}

#[tokio::test]
async fn what_is_not_stored_is_not_paid_for() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    limit(&lab, json!({"configmaps": "5"}), json!({"configmaps": "1"})).await;
    let refused = refusal(lab.try_create(config_map("a")).await);
    assert!(refused.starts_with("409 AlreadyExists"), "{refused}");
    assert_eq!(used(&lab).await, json!({"configmaps": "1"}));
}

#[tokio::test]
async fn of_many_at_once_exactly_as_many_pass_as_are_allowed() {
    let lab = Lab::start().await;
    limit(&lab, json!({"configmaps": "3"}), json!({"configmaps": "0"})).await;
    let names: Vec<String> = (0..12).map(|number| format!("c{number}")).collect();
    let creates = names.iter().map(|name| lab.try_create(config_map(name)));
    let answers = crate::engine::collection::all(creates.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert_eq!(used(&lab).await, json!({"configmaps": "3"}));
}

#[tokio::test]
async fn a_service_pays_for_the_ports_it_comes_to_need() {
    let lab = Lab::start().await;
    let hard = json!({"services": "1", "services.nodeports": "1"});
    limit(&lab, hard, json!({"services": "0", "services.nodeports": "0"})).await;
    lab.create(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "s", "namespace": "default"}, "spec": {"ports": [{"port": 80}]}}))
        .await;
    let path = "services/default/s";
    lab.patch(path, json!({"spec": {"type": "NodePort"}})).await.expect("one port is free");
    assert_eq!(used(&lab).await, json!({"services": "1", "services.nodeports": "1"}));
    let ports = json!([{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]);
    let refused = refusal(lab.patch(path, json!({"spec": {"ports": ports}})).await);
    assert!(
        refused.contains("exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1"),
        "{refused}"
    );
}
