//! Evictions and the budgets they ask (232, 233).

use std::sync::Arc;

use serde_json::{Value, json};

use super::lab::{Lab, pod, refusal};

const POD: &str = "pods/default/p";
const BUDGET: &str = "poddisruptionbudgets.policy/default/b";

/// A pod that serves, and the budget that it is of.
async fn lab(allowed: i64) -> Lab {
    let lab = Lab::start().await;
    serving(&lab, "p").await;
    lab.create(budget("b")).await;
    grant(&lab, allowed).await;
    lab
}

async fn serving(lab: &Lab, name: &str) {
    let mut pod = pod(name);
    pod["metadata"]["labels"] = json!({"app": "web"});
    pod["spec"]["nodeName"] = "node-0".into();
    lab.create(pod).await;
    let status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
    let path = format!("pods/default/{name}/status");
    lab.patch(&path, json!({"status": status})).await.expect("runs");
}

fn budget(name: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}})
}

/// The controller has counted.
async fn grant(lab: &Lab, allowed: i64) {
    let status = json!({"observedGeneration": 1, "disruptionsAllowed": allowed,
        "currentHealthy": allowed + 1, "desiredHealthy": 1, "expectedPods": 3,
        "disruptedPods": null});
    let path = format!("{BUDGET}/status");
    lab.patch(&path, json!({"status": status})).await.expect("counted");
}

fn eviction(name: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}})
}

async fn evict(lab: &Lab, name: &str) -> String {
    match lab.post(&format!("pods/default/{name}/eviction"), eviction(name)).await {
        Ok(done) => format!("{} {}", done["code"], done["status"].as_str().unwrap_or_default()),
        Err(status) => refusal(Err(status)),
    }
}

#[tokio::test]
async fn check_232_an_eviction_charges_the_budget_and_says_so_on_the_pod() {
    let lab = lab(1).await;
    assert_eq!(evict(&lab, "p").await, "201 Success");
    let budget = lab.get(BUDGET).await.expect("there");
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
    assert!(budget["status"]["disruptedPods"]["p"].is_string());
    assert_eq!(budget["status"]["conditions"][0]["reason"], "InsufficientPods");
    let pod = lab.get(POD).await.expect("it has its grace");
    assert!(pod["metadata"]["deletionTimestamp"].is_string());
    let condition = &pod["status"]["conditions"][1];
    assert_eq!(
        (&condition["type"], &condition["reason"]),
        (&json!("DisruptionTarget"), &json!("EvictionByEvictionAPI"))
    );
}

#[tokio::test]
async fn check_232_nothing_left_is_too_many_requests() {
    let lab = lab(0).await;
    let no =
        "429 TooManyRequests Cannot evict pod as it would violate the pod's disruption budget.";
    assert_eq!(evict(&lab, "p").await, no);
    assert!(lab.get(POD).await.expect("there")["metadata"]["deletionTimestamp"].is_null());
}

#[tokio::test]
async fn check_232_two_budgets_are_a_fault() {
    let lab = lab(1).await;
    lab.create(budget("c")).await;
    assert_eq!(
        evict(&lab, "p").await,
        "500  This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    );
}

#[tokio::test]
async fn check_232_the_body_names_the_pod_of_the_path() {
    let lab = lab(1).await;
    let answer = lab.post("pods/default/p/eviction", eviction("q")).await;
    assert_eq!(
        refusal(answer),
        "400 BadRequest name in URL does not match name in Eviction object"
    );
}

#[tokio::test]
async fn check_232_a_dry_run_asks_the_budget_and_charges_nothing() {
    let lab = lab(1).await;
    let mut dry = eviction("p");
    dry["deleteOptions"] = json!({"dryRun": ["All"]});
    lab.post("pods/default/p/eviction", dry.clone()).await.expect("allowed");
    let budget = lab.get(BUDGET).await.expect("there");
    assert_eq!(budget["status"]["disruptionsAllowed"], 1);
    grant(&lab, 0).await;
    assert!(lab.post("pods/default/p/eviction", dry).await.is_err());
}

#[tokio::test]
async fn check_232_a_pod_that_waits_goes_at_once() {
    let lab = lab(0).await;
    lab.patch("pods/default/p/status", json!({"status": {"phase": "Pending"}}))
        .await
        .expect("waits");
    assert_eq!(evict(&lab, "p").await, "201 Success");
}

#[tokio::test]
async fn hb_29_who_is_charged_meanwhile_is_not_forgotten() {
    let lab = Arc::new(lab(1).await);
    serving(&lab, "q").await;
    // Another eviction takes the last one, right before this one would.
    let other = Arc::clone(&lab);
    lab.interposed.before("/registry/poddisruptionbudgets/default/b", async move {
        assert_eq!(evict(&other, "q").await, "201 Success");
    });
    let no =
        "429 TooManyRequests Cannot evict pod as it would violate the pod's disruption budget.";
    assert_eq!(evict(&lab, "p").await, no);
    let budget = lab.get(BUDGET).await.expect("there");
    assert_eq!(budget["status"]["disruptedPods"].as_object().map(serde_json::Map::len), Some(1));
}

#[tokio::test]
async fn check_233_an_unready_pod_that_becomes_ready_is_asked_for_again() {
    let lab = Arc::new(lab(0).await);
    lab.patch("pods/default/p/status", json!({"status": {"conditions": null}}))
        .await
        .expect("unready");
    let other = Arc::clone(&lab);
    lab.interposed.before("/registry/pods/default/p", async move {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let ready = json!({"status": {"conditions": ready}});
        other.patch("pods/default/p/status", ready).await.expect("ready");
    });
    let no =
        "429 TooManyRequests Cannot evict pod as it would violate the pod's disruption budget.";
    assert_eq!(evict(&lab, "p").await, no);
    assert!(lab.get(POD).await.expect("there")["metadata"]["deletionTimestamp"].is_null());
}
