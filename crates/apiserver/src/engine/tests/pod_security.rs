//! What Pod Security answers by the labels of a namespace, warns of, and tells the audit log (161).

use std::sync::Arc;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::lab::{Lab, at, pod};
use crate::{
    Content, EngineOptions, ListQuery, Outcome, PatchType, Verb,
    admission::{AdmissionOptions, AdmissionSetting},
};

/// A lab in whose namespace `shop` these labels hold.
async fn shop(labels: Value) -> Lab {
    shop_with(labels, json!({})).await
}

async fn shop_with(labels: Value, exemptions: Value) -> Lab {
    let configuration = json!({"apiVersion": "pod-security.admission.config.k8s.io/v1",
        "kind": "PodSecurityConfiguration", "exemptions": exemptions});
    let configurations = [("PodSecurity".to_owned(), configuration)].into();
    let setting = AdmissionSetting { configurations, ..AdmissionSetting::default() };
    let admission = Arc::new(AdmissionOptions::new(&setting).expect("a valid setting"));
    let lab = Lab::start_with(EngineOptions { admission, ..EngineOptions::default() }).await;
    lab.create(namespace(labels)).await;
    lab.create(json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "shop"}}))
        .await;
    lab
}

fn namespace(labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "shop", "labels": prefixed(labels)}})
}

fn prefixed(labels: Value) -> Value {
    let labels = labels.as_object().expect("labels").clone().into_iter();
    let named = |(name, value)| (format!("pod-security.kubernetes.io/{name}"), value);
    labels.map(named).collect::<serde_json::Map<_, _>>().into()
}

/// A pod that shares the host's network.
fn host_pod(name: &str) -> Value {
    let mut pod = pod(name);
    pod["metadata"]["namespace"] = "shop".into();
    pod["spec"]["hostNetwork"] = true.into();
    pod
}

fn create(path: &str, object: Value) -> (String, Verb) {
    let content = Content { value: object, ..Content::default() };
    (path.to_owned(), Verb::Create { content })
}

fn patch(path: &str, change: Value) -> (String, Verb) {
    let content = Content { value: change, ..Content::default() };
    (path.to_owned(), Verb::Patch { kind: PatchType::Strategic, patch: content })
}

/// What is answered, warned of, and noted.
async fn check(lab: &Lab, (path, verb): (String, Verb), wanted: Expect) {
    let operation = at(&path, verb);
    let notes = operation.notes.clone();
    let mut told = match lab.run(operation).await {
        Ok(Outcome::Object { warnings, .. } | Outcome::Value { warnings, .. }) => {
            let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
            std::iter::once("done".to_owned()).chain(warnings).collect()
        }
        Ok(other) => vec![format!("{other:?}")],
        Err(status) => vec![format!("{} {}", status.code, status.message)],
    };
    told.extend(notes.take().iter().map(|(name, text)| format!("{name}: {text}")));
    let told = told.join("\n") + "\n";
    wanted.assert_eq(&told);
}

#[tokio::test]
async fn check_161_a_pod_that_breaks_what_is_enforced_is_refused() {
    let lab = shop(json!({"enforce": "baseline", "audit": "restricted"})).await;
    check(
        &lab,
        create("pods/shop", host_pod("a")),
        expect![[r#"
            403 pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)
            pod-security.kubernetes.io/audit-violations: would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")
            pod-security.kubernetes.io/enforce-policy: baseline:latest
        "#]],
    )
    .await;
}

#[tokio::test]
async fn check_161_a_namespace_that_says_nothing_lets_everything_in() {
    let lab = shop(json!({})).await;
    check(
        &lab,
        create("pods/shop", host_pod("a")),
        expect![[r#"
            done
            pod-security.kubernetes.io/enforce-policy: privileged:latest
        "#]],
    )
    .await;
}

#[tokio::test]
async fn check_161_breaches_that_are_let_in_are_warned_of() {
    let lab = shop(json!({"warn": "baseline", "warn-version": "v1.20"})).await;
    check(
        &lab,
        create("pods/shop", host_pod("a")),
        expect![[r#"
            done
            warning: would violate PodSecurity "baseline:v1.20": host namespaces (hostNetwork=true)
            pod-security.kubernetes.io/enforce-policy: privileged:latest
        "#]],
    )
    .await;
}

#[tokio::test]
async fn check_161_workloads_are_warned_of_what_their_pods_would_be_refused_for() {
    let lab = shop(json!({"enforce": "baseline", "audit": "baseline"})).await;
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {
        "hostPID": true, "containers": [{"name": "c", "image": "i"}]}});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}});
    let told = || {
        expect![[r#"
        done
        warning: would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)
        pod-security.kubernetes.io/audit-violations: would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)
    "#]]
    };
    check(&lab, create("deployments.apps/shop", deployment), told()).await;
    let mut job = template.clone();
    job["spec"]["restartPolicy"] = "Never".into();
    let cron_job = json!({"apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": "shop"},
        "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": job}}}});
    check(&lab, create("cronjobs.batch/shop", cron_job), told()).await;
}

#[tokio::test]
async fn check_161_only_updates_that_change_what_runs_are_looked_at() {
    let lab = shop(json!({})).await;
    lab.create(host_pod("a")).await;
    let label = patch(
        "namespaces/shop",
        json!({"metadata": {"labels":
        prefixed(json!({"enforce": "baseline"}))}}),
    );
    check(
        &lab,
        label,
        expect![[r#"
            done
            warning: existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"
            warning: a: host namespaces
        "#]],
    )
    .await;
    // A list waits for what the caches have not heard of.
    lab.names("namespaces", ListQuery::default()).await;
    let harmless = json!({"metadata": {"labels": {"x": "y"}}});
    check(
        &lab,
        patch("pods/shop/a", harmless),
        expect![[r#"
        done
    "#]],
    )
    .await;
    let image = json!({"spec": {"containers": [{"name": "c", "image": "other"}]}});
    check(
        &lab,
        patch("pods/shop/a", image),
        expect![[r#"
            403 pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)
            pod-security.kubernetes.io/enforce-policy: baseline:latest
        "#]],
    )
    .await;
    let debug = json!({"spec": {"ephemeralContainers": [{"name": "d", "image": "debug",
        "terminationMessagePolicy": "File"}]}});
    check(
        &lab,
        patch("pods/shop/a/ephemeralcontainers", debug),
        expect![[r#"
            403 pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)
            pod-security.kubernetes.io/enforce-policy: baseline:latest
        "#]],
    )
    .await;
}

#[tokio::test]
async fn check_161_a_stricter_namespace_tells_of_its_pods_by_what_is_wrong() {
    let lab = shop(json!({})).await;
    for name in ["c", "a", "b"] {
        lab.create(host_pod(name)).await;
    }
    let mut plain = pod("d");
    plain["metadata"]["namespace"] = "shop".into();
    lab.create(plain).await;
    let enforce = |level: &str| {
        let labels = prefixed(json!({ "enforce": level }));
        patch("namespaces/shop", json!({"metadata": {"labels": labels}}))
    };
    check(
        &lab,
        enforce("restricted"),
        expect![[r#"
            done
            warning: existing pods in namespace "shop" violate the new PodSecurity enforce level "restricted:latest"
            warning: a (and 2 other pods): host namespaces, allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile
            warning: d: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile
        "#]],
    )
    .await;
    check(
        &lab,
        enforce("baseline"),
        expect![[r#"
        done
    "#]],
    )
    .await;
}

#[tokio::test]
async fn check_161_labels_that_cannot_be_read_are_refused() {
    let lab = shop(json!({})).await;
    let labels = prefixed(json!({"enforce": "foo", "warn-version": "1.2"}));
    check(
        &lab,
        patch("namespaces/shop", json!({"metadata": {"labels": labels}})),
        expect![[r#"
            422 Namespace "shop" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "foo": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn check_161_exemptions_spare_namespaces_users_and_classes() {
    let strict = json!({"enforce": "restricted", "warn": "baseline"});
    for (exemptions, by) in
        [(json!({"namespaces": ["shop"]}), "namespace"), (json!({"usernames": ["admin"]}), "user")]
    {
        let lab = shop_with(strict.clone(), exemptions).await;
        let operation = at("pods/shop", create("", host_pod("a")).1);
        let notes = operation.notes.clone();
        lab.run(operation).await.expect("let in");
        let wanted = [("pod-security.kubernetes.io/exempt".to_owned(), by.to_owned())];
        assert_eq!(notes.take(), wanted.into());
    }
    let lab = shop_with(json!({}), json!({"namespaces": ["shop"]})).await;
    check(
        &lab,
        patch("namespaces/shop", json!({"metadata": {"labels": prefixed(strict)}})),
        expect![[r#"
            done
            warning: namespace "shop" is exempt from Pod Security, and the policy (enforce=restricted:latest, warn=baseline:latest) will be ignored
        "#]],
    )
    .await;
}
