//! `metrics.k8s.io` of a plane: what simulated nodes and their pods use, read from the shared caches.

use std::sync::Arc;

use api::views::{Node, Pod};
use apiserver::{ApiGroup, ReadOnlyRequest, ReadOnlyResource};
use meta::{object::ObjectKey, resource::Scope};
use nodes::{
    Rules,
    metrics::{node_metrics, pod_metrics},
};
use runtime::{Cache, Manager};
use serde_json::{Value, json};
use world::World;

const RESOURCES: &[ReadOnlyResource] = &[
    ReadOnlyResource {
        plural: "nodes",
        singular: "node",
        kind: "NodeMetrics",
        scope: Scope::Cluster,
    },
    ReadOnlyResource {
        plural: "pods",
        singular: "pod",
        kind: "PodMetrics",
        scope: Scope::Namespaced,
    },
];

/// What usage is read from.
struct Usage {
    world: World,
    rules: Rules,
    nodes: Arc<Cache<Node>>,
    pods: Arc<Cache<Pod>>,
}

/// The group, answered from the caches of a manager that runs the simulated nodes by `rules`.
pub fn metrics_api(world: &World, manager: &mut Manager, rules: Rules) -> ApiGroup {
    let usage = Usage {
        world: world.clone(),
        rules,
        nodes: manager.informers.cache(),
        pods: manager.informers.cache(),
    };
    ApiGroup {
        name: "metrics.k8s.io",
        version: "v1beta1",
        resources: RESOURCES,
        answer: Arc::new(move |asked| usage.answer(asked)),
    }
}

impl Usage {
    fn answer(&self, asked: &ReadOnlyRequest<'_>) -> Option<Value> {
        let is_of_nodes = asked.plural == "nodes";
        if !asked.name.is_empty() {
            let key = ObjectKey::new(asked.namespace, asked.name);
            return if is_of_nodes {
                self.node(&*self.nodes.get(&key)?)
            } else {
                self.pod(&*self.pods.get(&key)?)
            };
        }
        let items: Vec<Value> =
            if is_of_nodes { self.all_nodes(asked) } else { self.all_pods(asked) };
        Some(json!({"metadata": {}, "items": items}))
    }

    fn all_nodes(&self, asked: &ReadOnlyRequest<'_>) -> Vec<Value> {
        let mut nodes = self.nodes.list();
        nodes.retain(|node| asked.selector.matches(&node.metadata.labels));
        nodes.iter().filter_map(|node| self.node(node)).collect()
    }

    fn all_pods(&self, asked: &ReadOnlyRequest<'_>) -> Vec<Value> {
        let mut pods = match asked.namespace {
            "" => self.pods.list(),
            namespace => self.pods.in_namespace(namespace),
        };
        pods.retain(|pod| asked.selector.matches(&pod.metadata.labels));
        pods.iter().filter_map(|pod| self.pod(pod)).collect()
    }

    fn node(&self, node: &Node) -> Option<Value> {
        let pods = self.pods.list();
        let bound = pods.iter().filter(|pod| pod.spec.node_name == node.metadata.name);
        let bound = bound.map(|pod| &**pod);
        node_metrics(&self.rules, node, bound, self.world.clock.wall())
    }

    fn pod(&self, pod: &Pod) -> Option<Value> {
        pod_metrics(&self.rules, pod, self.world.clock.wall())
    }
}
