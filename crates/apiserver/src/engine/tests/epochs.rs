//! Writes under a lease are done while it lasts, and by nobody else.

use serde_json::{Value, json};

use super::lab::{Lab, at, config_map, refusal, shown};
use crate::{Content, Epoch, Status, Verb};

const LEASE: &str = "leases.coordination.k8s.io/kube-system/kcm";

fn lease(holder: &str, transitions: u64) -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "kcm", "namespace": "kube-system"},
        "spec": {"holderIdentity": holder, "leaseTransitions": transitions}})
}

fn epoch(lease: &Value) -> Epoch {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Epoch {
        namespace: "kube-system".to_owned(),
        name: "kcm".to_owned(),
        uid: text(&lease["metadata"]["uid"]),
        transitions: lease["spec"]["leaseTransitions"].as_u64().unwrap_or_default(),
        holder: text(&lease["spec"]["holderIdentity"]),
    }
}

async fn create(lab: &Lab, name: &str, epoch: &Epoch) -> Result<Value, Status> {
    let content = Content { value: config_map(name), ..Content::default() };
    let mut operation = at("configmaps/default", Verb::Create { content });
    operation.epoch = Some(epoch.clone());
    shown(lab.run(operation).await)
}

async fn delete(lab: &Lab, name: &str, epoch: &Epoch) -> Result<Value, Status> {
    let options = crate::DeleteOptions::default();
    let mut operation = at(&format!("configmaps/default/{name}"), Verb::Delete { options });
    operation.epoch = Some(epoch.clone());
    shown(lab.run(operation).await)
}

#[tokio::test]
async fn who_has_lost_the_lease_writes_nothing() {
    let lab = Lab::start().await;
    let first = epoch(&lab.create(lease("a", 0)).await);
    create(&lab, "one", &first).await.expect("it holds the lease");
    let taken = json!({"spec": {"holderIdentity": "b", "leaseTransitions": 1}});
    let second = epoch(&lab.patch(LEASE, taken).await.expect("taken over"));
    assert_eq!(
        refusal(create(&lab, "two", &first).await),
        "409 Conflict the term 0 of a as holder of the lease kube-system/kcm is over"
    );
    assert!(delete(&lab, "one", &first).await.is_err());
    create(&lab, "two", &second).await.expect("it holds the lease");
    lab.delete(LEASE).await.expect("deleted");
    assert!(create(&lab, "three", &second).await.is_err(), "nobody holds it");
    lab.get("configmaps/default/one").await.expect("still there");
}

#[tokio::test]
async fn a_lease_that_is_renewed_meanwhile_is_held() {
    let lab = Lab::start().await;
    let holder = epoch(&lab.create(lease("a", 0)).await);
    let engine = lab.engine.clone();
    lab.interposed.before("/registry/configmaps/default/one", async move {
        let renewal = json!({"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}});
        let patch = Content { value: renewal, ..Content::default() };
        let kind = crate::PatchType::Merge;
        engine.run(at(LEASE, Verb::Patch { kind, patch })).await.expect("renewed");
    });
    create(&lab, "one", &holder).await.expect("it holds the lease");
}

#[tokio::test]
async fn a_lease_that_is_lost_meanwhile_is_not_held() {
    let lab = Lab::start().await;
    let holder = epoch(&lab.create(lease("a", 0)).await);
    let engine = lab.engine.clone();
    lab.interposed.before("/registry/configmaps/default/one", async move {
        let taken = json!({"spec": {"holderIdentity": "b", "leaseTransitions": 1}});
        let patch = Content { value: taken, ..Content::default() };
        let kind = crate::PatchType::Merge;
        engine.run(at(LEASE, Verb::Patch { kind, patch })).await.expect("taken over");
    });
    assert!(create(&lab, "one", &holder).await.is_err());
    assert!(lab.get("configmaps/default/one").await.is_err());
}
