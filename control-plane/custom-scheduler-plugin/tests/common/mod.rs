//! Nodes, pods and schedulers for the tests.
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::Arc;

use api::views::{Node, Pod};
use scheduler::{Configuration, InvalidConfiguration, Rehearsal, Settings};
use serde_json::{Value, json};

/// The profile's name.
pub const PROFILE: &str = "rack-scheduler";

/// The profile with these arguments of the plugin, as YAML in flow style.
pub fn settings(arguments: &str) -> Result<Settings, InvalidConfiguration> {
    let yaml = format!(
        "apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: {PROFILE}
  plugins:
    multiPoint:
      enabled: [{{name: RackSpread, weight: 10}}]
  pluginConfig:
  - name: RackSpread
    args: {{{arguments}}}
"
    );
    Settings::new(Configuration::parse(&yaml)?, rack_scheduler::registry())
}

/// A scheduler with nodes: name, rack, cost.
pub fn rehearsal(arguments: &str, nodes: &[(&str, &str, u32)]) -> Rehearsal {
    let settings = settings(arguments).expect("a configuration");
    let mut scheduler = Rehearsal::new(&settings, 1).expect("a scheduler");
    for (name, rack, cost) in nodes {
        scheduler.set_node(&node(name, labels(rack, *cost)));
    }
    scheduler
}

/// The labels of a node.
pub fn labels(rack: &str, cost: u32) -> Value {
    json!({"topology.example.com/rack": rack, "node.example.com/cost-per-hour": cost.to_string()})
}

/// A node with labels.
pub fn node(name: &str, labels: Value) -> Arc<Node> {
    let allocatable = json!({"cpu": "32", "memory": "64Gi", "pods": "110"});
    let node = json!({
        "metadata": {"name": name, "labels": labels}, "status": {"allocatable": allocatable},
    });
    Arc::new(serde_json::from_value(node).expect("a node"))
}

/// A replica of an owner; of none if the owner has no name.
pub fn pod(name: &str, owner: &str) -> Arc<Pod> {
    let mut metadata = json!({"name": name, "namespace": "default", "uid": name});
    if !owner.is_empty() {
        metadata["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner,
            "controller": true,
        }]);
    }
    let spec =
        json!({"schedulerName": PROFILE, "containers": [{"name": "main", "image": "nginx"}]});
    Arc::new(serde_json::from_value(json!({"metadata": metadata, "spec": spec})).expect("a pod"))
}
