//! Nodes as they present themselves to the cluster.

use meta::time::Time;
use serde_json::{Value, json};

use super::status::status;

/// The Node object that a simulated node registers with, ready from the start.
pub fn registration(name: &str, now: Time) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux", "type": "pilothouse",
            },
            "annotations": {
                "io.pilothouse/node": "simulated", "node.alpha.kubernetes.io/ttl": "0",
            },
        },
        "status": status(name, &[], None, now),
    })
}
