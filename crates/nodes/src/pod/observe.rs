//! A pod together with what its node knows of it.

use std::sync::Arc;

use api::views::{ContainerState, Node, Pod, Status};
use meta::object::ObjectKey;
use runtime::{Cache, Index, Observation};

use crate::{
    GHOST_LABEL, Rules,
    address::Addresses,
    node::{NodeFailure, failure},
    node_address,
};

/// Caches of the simulated kubelets, and the addresses they gave.
pub struct View {
    pub(super) pods: Arc<Cache<Pod>>,
    pub(super) nodes: Arc<Cache<Node>>,
    pub(super) rules: Arc<Rules>,
    pub(super) addresses: Addresses,
}

/// Pods by the node they are bound to.
pub(super) static BY_NODE: Index<Pod> = Index {
    name: "spec.nodeName",
    values: |pod| {
        let name = &pod.spec.node_name;
        if name.is_empty() { Vec::new() } else { vec![name.clone()] }
    },
};

/// Everything a kubelet looks at to decide about one pod.
#[derive(Debug)]
pub struct PodOnNode {
    pub(super) pod: Arc<Pod>,
    pub(super) rules: Arc<Rules>,
    pub(super) address: String,
    pub(super) host: String,
}

pub(super) fn observe(view: &View, key: &ObjectKey) -> Observation<PodOnNode> {
    let Some(pod) = view.pods.get(key).filter(|pod| !pod.spec.node_name.is_empty()) else {
        return Observation::Gone;
    };
    let node = view.nodes.get(&ObjectKey::new("", pod.spec.node_name.clone()));
    if !node.is_some_and(|node| acts(&node)) {
        return Observation::Gone;
    }
    let address = view.addresses.of(&pod.metadata.uid);
    Observation::Ready(PodOnNode {
        rules: Arc::clone(&view.rules),
        address: address.map(|address| address.to_string()).unwrap_or_default(),
        host: node_address(&pod.spec.node_name).to_string(),
        pod,
    })
}

/// Whether the node's kubelet does something for its pods: one that was away tells of the node first.
pub(super) fn acts(node: &Node) -> bool {
    node.ready() != Some(Status::Unknown)
        && !node.metadata.labels.contains_key(GHOST_LABEL)
        && failure::of(node) != Some(NodeFailure::Unreachable)
}

/// What a person wants to know of a pod: one fact a line.
pub(super) fn describe(pod: &Pod) -> Vec<String> {
    let deleting = if pod.metadata.is_deleting() { ", being deleted" } else { "" };
    let (phase, node) = (pod.status.phase, &pod.spec.node_name);
    let mut lines = vec![format!("pod: {phase:?} on {node}{deleting}")];
    let containers =
        pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    lines.extend(containers.map(|container| {
        let ready = if container.ready { ", ready" } else { "" };
        let restarts = container.restart_count;
        format!(
            "container: {} {}{ready}, {restarts} restarts",
            container.name,
            state(&container.state)
        )
    }));
    lines
}

fn state(state: &ContainerState) -> String {
    match (&state.running, &state.terminated, &state.waiting) {
        (Some(_), _, _) => "runs".to_owned(),
        (None, Some(ended), _) => format!("ended with code {}", ended.exit_code),
        (None, None, Some(waiting)) => format!("waits: {}", waiting.reason),
        (None, None, None) => "waits".to_owned(),
    }
}
