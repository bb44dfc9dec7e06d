//! What simulated nodes and their pods use now, as objects of `metrics.k8s.io`.

use api::views::{Container, ContainerStatus, Node, Pod};
use meta::{
    quantity::{Format, Quantity},
    time::Time,
};
use serde_json::{Value, json};

use crate::{GHOST_LABEL, Rules};

/// Over which time usage is said to have been measured.
const WINDOW: &str = "15s";
/// What a node uses for itself.
const NODE_CPU_MILLIS: i64 = 25;
const NODE_MEMORY_BYTES: i64 = 200 << 20;

/// The `PodMetrics` of a pod; `None` if it does not run.
pub fn pod_metrics(rules: &Rules, pod: &Pod, now: Time) -> Option<Value> {
    let running = running(pod);
    if running.is_empty() {
        return None;
    }
    let usage = |container: &&Container| {
        let usage = rules.usage(pod, container);
        json!({"name": container.name, "usage": {"cpu": usage.cpu, "memory": usage.memory}})
    };
    let containers: Vec<Value> = running.iter().map(usage).collect();
    let metadata = json!({
        "name": pod.metadata.name, "namespace": pod.metadata.namespace,
        "labels": pod.metadata.labels, "creationTimestamp": now.to_string(),
    });
    Some(measured(metadata, now, json!({ "containers": containers })))
}

/// The `NodeMetrics` of a node with these pods; `None` if nobody plays its kubelet.
pub fn node_metrics<'p>(
    rules: &Rules,
    node: &Node,
    pods: impl IntoIterator<Item = &'p Pod>,
    now: Time,
) -> Option<Value> {
    if node.metadata.labels.contains_key(GHOST_LABEL) {
        return None;
    }
    let mut cpu = Quantity::from_millis(NODE_CPU_MILLIS, Format::DecimalSi);
    let mut memory = Quantity::from_units(NODE_MEMORY_BYTES, Format::BinarySi);
    for pod in pods {
        for container in running(pod) {
            let usage = rules.usage(pod, container);
            cpu += usage.cpu;
            memory += usage.memory;
        }
    }
    let metadata = json!({
        "name": node.metadata.name, "labels": node.metadata.labels,
        "creationTimestamp": now.to_string(),
    });
    Some(measured(metadata, now, json!({"usage": {"cpu": cpu, "memory": memory}})))
}

fn measured(metadata: Value, now: Time, mut measured: Value) -> Value {
    measured["metadata"] = metadata;
    measured["timestamp"] = now.to_string().into();
    measured["window"] = WINDOW.into();
    measured
}

/// The containers of a pod that run, init containers among them.
fn running(pod: &Pod) -> Vec<&Container> {
    let statuses =
        || pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let runs = |container: &&Container| {
        let is_it = |status: &&ContainerStatus| status.name == container.name;
        statuses().find(is_it).is_some_and(|status| status.state.running.is_some())
    };
    pod.spec.containers.iter().chain(&pod.spec.init_containers).filter(runs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(state: &Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": "web", "namespace": "shop", "annotations": {"io.pilothouse/cpu": "100m"}},
            "spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]},
            "status": {"containerStatuses": [{"name": "a", "state": {"running": {}}},
                {"name": "b", "state": state}]},
        }))
        .expect("a pod")
    }

    #[test]
    fn only_what_runs_uses_anything() {
        let (rules, now) = (Rules::default(), Time::from_seconds(0));
        let metrics = pod_metrics(&rules, &pod(&json!({"waiting": {}})), now).expect("runs");
        let usage = json!({"name": "a", "usage": {"cpu": "100m", "memory": "8Mi"}});
        assert_eq!(metrics["containers"], json!([usage]));
        assert_eq!(
            (&metrics["timestamp"], &metrics["window"]),
            (&json!("1970-01-01T00:00:00Z"), &json!("15s"))
        );
        assert_eq!(pod_metrics(&rules, &Pod::default(), now), None);
    }

    #[test]
    fn a_node_uses_what_its_pods_use_and_something_for_itself() {
        let (rules, now) = (Rules::default(), Time::from_seconds(0));
        let pods = [pod(&json!({"running": {}})), pod(&json!({"terminated": {}}))];
        let metrics = node_metrics(&rules, &Node::default(), &pods, now).expect("played");
        assert_eq!(metrics["usage"], json!({"cpu": "325m", "memory": "224Mi"}));
        let ghost = json!({"metadata": {"name": "n", "labels": {"ghost": ""}}});
        let ghost: Node = serde_json::from_value(ghost).expect("a node");
        assert_eq!(node_metrics(&rules, &ghost, &pods, now), None);
    }
}
