//! Objects as their users would write them.

use client::{Request, WriteOptions};
use meta::resource::Resource;
use serde_json::{Value, json};

/// Enough for ten thousand pods.
pub(super) const NODES: u32 = 100;

pub(super) fn create(resource: &Resource, namespace: &str, object: &Value) -> Request {
    Request::create(resource, namespace, object, &WriteOptions::default())
}

/// A Deployment of the size and with the container that users have on the average.
pub(super) fn deployment(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": selector(name), "template": template(name)},
    })
}

pub(super) fn selector(name: &str) -> Value {
    json!({"matchLabels": {"app": name}})
}

pub(super) fn template(name: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "web", "image": "registry.example/web:1",
                "ports": [{"containerPort": 8080}],
                "env": [{"name": "MODE", "value": "production"}],
                "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
            }],
        },
    })
}

/// Whether a Deployment is as it was asked to be.
pub(super) fn is_complete(deployment: &Value) -> bool {
    let (status, metadata) = (&deployment["status"], &deployment["metadata"]);
    let counts = ["replicas", "updatedReplicas", "availableReplicas"];
    status["observedGeneration"] == metadata["generation"]
        && counts.into_iter().all(|count| status[count] == deployment["spec"]["replicas"])
}
