//! What admission does to claims, ingresses, runtime classes, certificates and bindings (164 to 167).

use std::sync::Arc;

use serde_json::{Value, json};

use super::lab::{Lab, at, pod, refusal};
use crate::{
    Content, EngineOptions, User, Verb,
    admission::{AdmissionOptions, AdmissionSetting},
};

async fn with_plugin(name: &str) -> Lab {
    let setting = AdmissionSetting { enable: vec![name.to_owned()], ..AdmissionSetting::default() };
    let admission = Arc::new(AdmissionOptions::new(&setting).expect("a plugin"));
    Lab::start_with(EngineOptions { admission, ..EngineOptions::default() }).await
}

fn storage_class(name: &str, expands: &str) -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "example.com/p",
        "metadata": {"name": name, "annotations":
            {"storageclass.kubernetes.io/is-default-class": "true"}},
        "allowVolumeExpansion": expands == "expands"})
}

fn claim(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}})
}

#[tokio::test]
async fn check_164_a_claim_takes_the_default_class_unless_it_says_none() {
    let lab = Lab::start().await;
    let before = lab.create(claim("before")).await;
    assert!(before["spec"]["storageClassName"].is_null());
    lab.create(storage_class("fast", "fixed")).await;
    assert_eq!(lab.create(claim("after")).await["spec"]["storageClassName"], "fast");
    let mut none = claim("none");
    none["spec"]["storageClassName"] = "".into();
    assert_eq!(lab.create(none).await["spec"]["storageClassName"], "");
}

#[tokio::test]
async fn check_164_a_claim_grows_where_its_class_allows_it() {
    let lab = Lab::start().await;
    for (class, wanted) in [
        ("expands", "200"),
        (
            "fixed",
            r#"403 Forbidden persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"#,
        ),
    ] {
        lab.create(storage_class(class, class)).await;
        let mut own = claim(class);
        own["spec"]["storageClassName"] = class.into();
        own["spec"]["volumeName"] = "v".into();
        lab.create(own).await;
        let path = format!("persistentvolumeclaims/default/{class}");
        let bound = json!({"status": {"phase": "Bound"}});
        lab.patch(&format!("{path}/status"), bound).await.expect("bound");
        let more = json!({"spec": {"resources": {"requests": {"storage": "2Gi"}}}});
        let answer = match lab.patch(&path, more).await {
            Ok(_) => "200".to_owned(),
            Err(status) => refusal(Err(status)),
        };
        assert_eq!(answer, wanted);
    }
}

#[tokio::test]
async fn check_164_storage_is_protected_where_the_plugin_is_asked_for() {
    let lab = with_plugin("StorageObjectInUseProtection").await;
    let created = lab.create(claim("c")).await;
    assert_eq!(created["metadata"]["finalizers"], json!(["kubernetes.io/pvc-protection"]));
    let plain = Lab::start().await;
    assert!(plain.create(claim("c")).await["metadata"]["finalizers"].is_null());
}

#[tokio::test]
async fn check_164_an_ingress_takes_the_one_default_class() {
    let lab = Lab::start().await;
    let class = |name: &str| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": name, "annotations":
                {"ingressclass.kubernetes.io/is-default-class": "true"}},
            "spec": {"controller": "example.com/c"}})
    };
    let ingress = |name: &str| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": "default"}, "spec": {"defaultBackend":
                {"service": {"name": "s", "port": {"number": 80}}}}})
    };
    lab.create(class("one")).await;
    assert_eq!(lab.create(ingress("a")).await["spec"]["ingressClassName"], "one");
    lab.create(class("two")).await;
    assert_eq!(
        refusal(lab.try_create(ingress("b")).await),
        r#"403 Forbidden ingresses.networking.k8s.io "b" is forbidden: Internal error occurred: 2 default IngressClasses were found, only 1 allowed"#
    );
}

#[tokio::test]
async fn check_165_a_runtime_class_must_be_there_and_says_what_it_costs() {
    let lab = Lab::start().await;
    let running = |class: &str| {
        let mut pod = pod("p");
        pod["spec"]["runtimeClassName"] = class.into();
        pod
    };
    assert_eq!(
        refusal(lab.try_create(running("nope")).await),
        r#"403 Forbidden pods "p" is forbidden: pod rejected: RuntimeClass "nope" not found"#
    );
    lab.create(json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
        "metadata": {"name": "vm"}, "handler": "vm", "overhead": {"podFixed": {"cpu": "250m"}},
        "scheduling": {"nodeSelector": {"vm": "yes"}}}))
        .await;
    let created = lab.create(running("vm")).await;
    assert_eq!(created["spec"]["overhead"], json!({"cpu": "250m"}));
    assert_eq!(created["spec"]["nodeSelector"], json!({"vm": "yes"}));
    let mut costly = pod("q");
    costly["spec"]["overhead"] = json!({"cpu": "1"});
    assert_eq!(
        refusal(lab.try_create(costly).await),
        r#"403 Forbidden pods "q" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"#
    );
}

#[tokio::test]
async fn check_166_who_vouches_for_a_signer_needs_a_right_on_it() {
    let lab = Lab::start().await;
    let bundle = json!({"apiVersion": "certificates.k8s.io/v1beta1", "kind": "ClusterTrustBundle",
        "metadata": {"name": "b"},
        "spec": {"signerName": "example.com/s", "trustBundle": "x"}});
    let content = Content { value: bundle, ..Content::default() };
    let Some(mut operation) = served("clustertrustbundles.certificates.k8s.io", content) else {
        return;
    };
    operation.user = User { name: "ann".to_owned(), ..User::default() };
    let status = lab.run(operation).await.expect_err("refused");
    assert!(
        status.message.ends_with(r#"user not permitted to attest for signerName "example.com/s""#),
        "{status}"
    );
}

fn served(resource: &str, content: Content) -> Option<crate::Operation> {
    let (plural, group) = resource.split_once('.')?;
    let mut known = api::catalog::builtin().resources().iter();
    known.find(|facts| facts.resource.plural == plural && facts.resource.group == group)?;
    Some(at(resource, Verb::Create { content }))
}

#[tokio::test]
async fn check_167_a_bound_pod_tells_where_its_node_is() {
    let lab = Lab::start().await;
    lab.create(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": {
        "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", "x": "y"}}}))
        .await;
    let mut own = pod("p");
    own["metadata"]["labels"] = json!({"topology.kubernetes.io/region": "mine"});
    lab.create(own).await;
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"}});
    lab.post("pods/default/p/binding", binding).await.expect("bound");
    let bound = lab.get("pods/default/p").await.expect("a pod");
    assert_eq!(bound["metadata"]["labels"]["topology.kubernetes.io/zone"], "z");
    assert!(bound["metadata"]["labels"]["x"].is_null());
}

#[tokio::test]
async fn check_168_optional_plugins_run_where_they_are_asked_for() {
    let lab = with_plugin("AlwaysPullImages").await;
    let created = lab.create(pod("p")).await;
    assert_eq!(created["spec"]["containers"][0]["imagePullPolicy"], "Always");
    let lab = with_plugin("DenyServiceExternalIPs").await;
    let service = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "s", "namespace": "default"},
        "spec": {"ports": [{"port": 80}], "externalIPs": ["192.0.2.1"]}});
    assert_eq!(
        refusal(lab.try_create(service).await),
        r#"403 Forbidden services "s" is forbidden: Use of external IPs is denied by admission control."#
    );
}
