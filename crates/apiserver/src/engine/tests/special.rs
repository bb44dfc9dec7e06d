//! Subresources, shared storage and kinds that are not stored (87 to 91, 139, 140, 219, 232).

use serde_json::{Value, json};

use super::lab::{Lab, deployment, pod, refusal};
use crate::ListQuery;

#[tokio::test]
async fn check_87_a_scale_is_a_view_of_the_workload() {
    let lab = Lab::start().await;
    lab.create(deployment("d")).await;
    let path = "deployments.apps/default/d/scale";
    let mut scale = lab.get(path).await.expect("a scale");
    assert_eq!(scale["kind"], "Scale");
    assert_eq!(scale["spec"], json!({"replicas": 1}));
    assert_eq!(scale["status"], json!({"replicas": 0, "selector": "app=d"}));
    scale["spec"]["replicas"] = 0.into();
    let updated = lab.update(path, scale).await.expect("scaled");
    assert_eq!(updated["spec"], json!({}));
    let patched = lab.patch(path, json!({"spec": {"replicas": 4}})).await.expect("scaled");
    assert_eq!(patched["spec"]["replicas"], 4);
    let workload = lab.get("deployments.apps/default/d").await.expect("there");
    assert_eq!(workload["spec"]["replicas"], 4);
    assert_eq!(workload["metadata"]["generation"], 3);
    let answer = refusal(lab.patch(path, json!({"spec": {"replicas": -1}})).await);
    assert_eq!(
        answer,
        r#"422 Invalid Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"#
    );
}

fn binding(node: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": node}})
}

#[tokio::test]
async fn check_88_a_pod_is_bound_once() {
    let lab = Lab::start().await;
    lab.create(pod("p")).await;
    let path = "pods/default/p/binding";
    let done = lab.post(path, binding("node-0")).await.expect("bound");
    assert_eq!((&done["status"], &done["code"]), (&"Success".into(), &201.into()));
    let bound = lab.get("pods/default/p").await.expect("there");
    assert_eq!(bound["spec"]["nodeName"], "node-0");
    assert_eq!(bound["status"]["conditions"][0]["type"], "PodScheduled");
    let answer = refusal(lab.post(path, binding("node-1")).await);
    assert_eq!(
        answer,
        r#"409 Conflict Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node-0""#
    );
}

#[tokio::test]
async fn check_232_a_pod_without_budget_is_evicted() {
    let lab = Lab::start().await;
    lab.create(pod("p")).await;
    let eviction =
        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    let done = lab.post("pods/default/p/eviction", eviction).await.expect("evicted");
    assert_eq!(done["status"], "Success");
    assert!(lab.get("pods/default/p").await.is_err());
}

#[tokio::test]
async fn check_140_events_of_both_groups_are_the_same_objects() {
    let lab = Lab::start().await;
    lab.create(json!({"apiVersion": "v1", "kind": "Event", "message": "m", "reason": "R",
        "type": "Normal", "metadata": {"name": "e", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}}))
        .await;
    let other = lab.get("events.events.k8s.io/default/e").await.expect("there");
    assert_eq!((&other["apiVersion"], &other["note"]), (&"events.k8s.io/v1".into(), &"m".into()));
    assert_eq!(other["regarding"]["name"], "p");
    let query = ListQuery {
        field_selector: "involvedObject.name=p,reason=R".to_owned(),
        ..ListQuery::default()
    };
    assert_eq!(lab.names("events/default", query).await, ["e"]);
}

#[tokio::test]
async fn check_219_events_are_kept_an_hour() {
    let lab = Lab::start().await;
    lab.create(json!({"apiVersion": "v1", "kind": "Event", "reason": "R", "type": "Normal",
        "metadata": {"name": "e", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}}))
        .await;
    lab.advance(59 * 60).await;
    assert!(lab.get("events/default/e").await.is_ok());
    lab.advance(2 * 60).await;
    assert!(lab.get("events/default/e").await.is_err());
}

#[tokio::test]
async fn reviews_answer_who_asks_and_what_they_may() {
    let lab = Lab::start().await;
    let who = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let answer = lab.create(who).await;
    assert_eq!(answer["status"]["userInfo"]["username"], "admin");
    let may = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "create", "resource": "pods"}}});
    assert_eq!(lab.create(may).await["status"]["allowed"], true);
    let neither = json!({"apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview", "spec": {}});
    let answer = refusal(lab.try_create(neither).await);
    assert!(answer.ends_with("spec: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"), "{answer}");
}
