//! What admission does to pods (158, 159, 162, 163).

use serde_json::{Value, json};

use super::lab::{Lab, pod, refusal};
use crate::ListQuery;

#[tokio::test]
async fn check_159_a_pod_gets_its_account_and_token() {
    let lab = Lab::start().await;
    let created = lab.create(pod("p")).await;
    let spec = &created["spec"];
    assert_eq!(spec["serviceAccountName"], "default");
    let volume = spec["volumes"][0]["name"].as_str().expect("a volume");
    assert!(volume.starts_with("kube-api-access-"), "{volume}");
    assert_eq!(spec["containers"][0]["volumeMounts"][0]["name"], volume);
    let mut own = pod("q");
    own["spec"]["serviceAccountName"] = "nope".into();
    let answer = refusal(lab.try_create(own).await);
    assert_eq!(
        answer,
        r#"403 Forbidden pods "q" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found"#
    );
}

#[tokio::test]
async fn a_pod_waits_for_the_account_that_each_namespace_is_given() {
    let lab = Lab::start().await;
    lab.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}})).await;
    let in_new = |mut object: Value| {
        object["metadata"]["namespace"] = "new".into();
        object
    };
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default"}});
    let (created, _) = tokio::join!(lab.create(in_new(pod("p"))), lab.create(in_new(account)));
    assert_eq!(created["spec"]["serviceAccountName"], "default");
}

#[tokio::test]
async fn a_pod_is_refused_if_the_account_does_not_come() {
    let lab = Lab::start().await;
    lab.delete("serviceaccounts/default/default").await.expect("deleted");
    let mut created = std::pin::pin!(lab.try_create(pod("p")));
    let answer = loop {
        tokio::select! {
            biased;
            answer = &mut created => break answer,
            () = lab.advance(1) => {}
        }
    };
    assert_eq!(
        refusal(answer),
        r#"403 Forbidden pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found"#
    );
}

#[tokio::test]
async fn check_162_a_class_becomes_a_priority() {
    let lab = Lab::start().await;
    let plain = lab.create(pod("plain")).await;
    assert_eq!(
        (&plain["spec"]["priority"], &plain["spec"]["preemptionPolicy"]),
        (&0.into(), &"PreemptLowerPriority".into())
    );
    let mut critical = pod("critical");
    critical["spec"]["priorityClassName"] = "system-node-critical".into();
    assert_eq!(lab.create(critical).await["spec"]["priority"], 2_000_001_000);
    let mut unknown = pod("unknown");
    unknown["spec"]["priorityClassName"] = "nope".into();
    let answer = refusal(lab.try_create(unknown).await);
    assert_eq!(
        answer,
        r#"403 Forbidden pods "unknown" is forbidden: no PriorityClass with name nope was found"#
    );
}

#[tokio::test]
async fn check_163_a_pod_stays_five_minutes_on_a_node_in_trouble() {
    let lab = Lab::start().await;
    let created = lab.create(pod("p")).await;
    let tolerations = &created["spec"]["tolerations"];
    assert_eq!(
        tolerations[0],
        json!({"key": "node.kubernetes.io/not-ready",
        "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    );
    assert_eq!(tolerations[1]["key"], "node.kubernetes.io/unreachable");
}

#[tokio::test]
async fn check_158_a_namespace_has_defaults_and_limits() {
    let lab = Lab::start().await;
    lab.create(json!({"apiVersion": "v1", "kind": "LimitRange",
        "metadata": {"name": "l", "namespace": "default"}, "spec": {"limits": [
            {"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "1"}}]}}))
        .await;
    lab.names("limitranges/default", ListQuery::default()).await;
    let created = lab.create(pod("a")).await;
    let resources = json!({"requests": {"cpu": "1"}, "limits": {"cpu": "1"}});
    assert_eq!(created["spec"]["containers"][0]["resources"], resources);
    assert_eq!(
        created["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: cpu request for container c; cpu limit for container c"
    );
    let mut excessive = pod("b");
    excessive["spec"]["containers"][0]["resources"] =
        json!({"requests": {"cpu": "50m"}, "limits": {"cpu": "2"}});
    assert_eq!(
        refusal(lab.try_create(excessive).await),
        r#"403 Forbidden pods "b" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 1, but limit is 2]"#
    );
}
