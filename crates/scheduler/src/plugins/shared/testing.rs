//! Nodes and pods for the plugins' rows.

use std::sync::Arc;

use api::views::{Node, Pod};
use meta::{object::Uid, text::Text};
use runtime::Change;
use serde_json::{Value, json};

use crate::{
    NodeInfo, Snapshot,
    framework::{
        Actions, ClusterEvent, CycleState, EventResource, NodeScore, Plugin, PreFilter, PreScore,
        Subject,
    },
};

pub(crate) fn pod(spec: Value) -> Pod {
    let object = json!({"metadata": {"name": "p", "namespace": "n", "uid": "p"}, "spec": spec});
    serde_json::from_value(object).expect("a pod")
}

/// A pod with labels.
pub(crate) fn labelled(labels: Value, spec: Value) -> Pod {
    let metadata = json!({"name": "p", "namespace": "n", "uid": "p", "labels": labels});
    serde_json::from_value(json!({"metadata": metadata, "spec": spec})).expect("a pod")
}

pub(crate) fn node(spec: Value, labels: Value, pods: &[Pod]) -> NodeInfo {
    let snapshot = cluster(&[("node-0", spec, labels, pods)]);
    snapshot.nodes().next().expect("the node").clone()
}

/// Nodes with their specifications, labels and pods.
pub(crate) fn cluster(nodes: &[(&str, Value, Value, &[Pod])]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, spec, labels, pods) in nodes {
        let allocatable = json!({"cpu": "4", "memory": "8Gi", "pods": "3"});
        let object = json!({
            "metadata": {"name": name, "labels": labels}, "spec": spec,
            "status": {"allocatable": allocatable},
        });
        let node: Node = serde_json::from_value(object).expect("a node");
        snapshot.set_node(&Arc::new(node));
        for (number, pod) in pods.iter().enumerate() {
            let mut pod = pod.clone();
            pod.metadata.uid = Uid(Text::from(format!("{name}-{number}").as_str()));
            snapshot.assume(&Arc::new(pod), &Text::from(*name));
        }
    }
    snapshot
}

/// What the plugin says of the pod on the node: reasons, or `fits`.
pub(crate) fn verdict(plugin: &dyn Plugin, pod: &Pod, node: &NodeInfo) -> String {
    judge(plugin, pod, &Snapshot::default(), node)
}

/// What the plugin says of the pod on each node of a cluster, by name.
pub(crate) fn verdicts(plugin: &dyn Plugin, pod: &Pod, cluster: &Snapshot) -> String {
    let lines = cluster
        .nodes()
        .map(|node| format!("{}: {}", node.name(), judge(plugin, pod, cluster, node)));
    lines.collect::<Vec<_>>().join("\n")
}

fn judge(plugin: &dyn Plugin, pod: &Pod, cluster: &Snapshot, node: &NodeInfo) -> String {
    let mut state = CycleState::default();
    match plugin.pre_filter(&mut state, &Arc::new(pod.clone()), cluster) {
        Err(rejection) => return rejection.text(),
        Ok(PreFilter::Skip) => return "fits".to_owned(),
        Ok(PreFilter::All | PreFilter::Only(_)) => {}
    }
    match plugin.filter(&state, pod, node) {
        Ok(()) => "fits".to_owned(),
        Err(rejection) => rejection.text(),
    }
}

/// The normalized score of each node of a cluster, by name; `skip` if the plugin has none.
pub(crate) fn scores(plugin: &dyn Plugin, pod: &Pod, cluster: &Snapshot) -> String {
    let mut state = CycleState::default();
    let pod = Arc::new(pod.clone());
    plugin.pre_filter(&mut state, &pod, cluster).expect("a look at the pod");
    let nodes: Vec<&NodeInfo> = cluster.nodes().collect();
    let looked = plugin.pre_score(&mut state, &pod, cluster, &nodes).expect("a look at nodes");
    if looked == PreScore::Skip {
        return "skip".to_owned();
    }
    let score = |node: &&NodeInfo| NodeScore {
        node: node.name().clone(),
        score: plugin.score(&state, &pod, node).expect("a score"),
    };
    let mut scores: Vec<NodeScore> = nodes.iter().map(score).collect();
    plugin.normalize(&state, &pod, &mut scores);
    let shown = scores.iter().map(|scored| format!("{}: {}", scored.node, scored.score));
    shown.collect::<Vec<_>>().join(", ")
}

/// An assigned pod is gone.
pub(crate) fn pod_gone(pod: &Pod) -> ClusterEvent {
    let change = Change { old: Some(Arc::new(pod.clone())), new: None };
    let resource = EventResource::AssignedPod;
    ClusterEvent { resource, action: Actions::DELETE, subject: Subject::Pod(change) }
}

/// A node changed from one thing to another.
pub(crate) fn node_change(action: Actions, old: Option<&NodeInfo>, new: &NodeInfo) -> ClusterEvent {
    let node = |info: &NodeInfo| info.node.clone();
    let change = Change { old: old.and_then(node), new: node(new) };
    ClusterEvent { resource: EventResource::Node, action, subject: Subject::Node(change) }
}
