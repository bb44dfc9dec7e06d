//! The built-in plugins, in the order of the default profile.

mod default_binder;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod preemption;
mod priority_sort;
mod scheduling_gates;
mod taint_toleration;

use std::sync::Arc;

use crate::framework::Plugin;

/// The plugins of the profile `default-scheduler`, in call order.
pub fn default_profile() -> Vec<Arc<dyn Plugin>> {
    vec![
        Arc::new(scheduling_gates::SchedulingGates),
        Arc::new(priority_sort::PrioritySort),
        Arc::new(node_name::NodeName),
        Arc::new(node_unschedulable::NodeUnschedulable),
        Arc::new(taint_toleration::TaintToleration),
        Arc::new(node_affinity::NodeAffinity),
        Arc::new(node_ports::NodePorts),
        Arc::new(node_resources_fit::NodeResourcesFit),
        Arc::new(preemption::DefaultPreemption),
        Arc::new(default_binder::DefaultBinder),
    ]
}

/// Brings scores to 0…100 by their largest; `reverse` makes the smallest the best.
fn normalize(scores: &mut [i64], reverse: Direction) {
    let highest = scores.iter().copied().max().unwrap_or(0);
    for score in scores {
        let share = if highest == 0 { 0 } else { *score * MAX_SCORE / highest };
        *score = match reverse {
            Direction::MoreIsBetter => share,
            Direction::LessIsBetter => MAX_SCORE - share,
        };
    }
}

/// The best score of a node.
const MAX_SCORE: i64 = 100;

#[derive(Clone, Copy)]
enum Direction {
    MoreIsBetter,
    LessIsBetter,
}

/// Nodes and pods for the plugins' rows.
#[cfg(test)]
mod testing {
    use std::sync::Arc;

    use api::views::{Node, Pod};
    use serde_json::{Value, json};

    use crate::{
        NodeInfo, Snapshot,
        framework::{CycleState, Plugin, PreFilter},
    };

    pub(super) fn pod(spec: Value) -> Pod {
        let object = json!({"metadata": {"name": "p", "namespace": "n", "uid": "p"}, "spec": spec});
        serde_json::from_value(object).expect("a pod")
    }

    pub(super) fn node(spec: Value, labels: Value, pods: &[Pod]) -> NodeInfo {
        let allocatable = json!({"cpu": "4", "memory": "8Gi", "pods": "3"});
        let object = json!({
            "metadata": {"name": "node-0", "labels": labels}, "spec": spec,
            "status": {"allocatable": allocatable},
        });
        let node: Node = serde_json::from_value(object).expect("a node");
        let mut snapshot = Snapshot::default();
        snapshot.set_node(&Arc::new(node));
        for (number, pod) in pods.iter().enumerate() {
            let mut pod = pod.clone();
            pod.metadata.uid = number.to_string().as_str().into();
            snapshot.assume(&Arc::new(pod), &"node-0".into());
        }
        let (_, info) = snapshot.nodes().next().expect("the node");
        info.clone()
    }

    /// What the plugin says of the pod on the node: reasons, or `fits`.
    pub(super) fn verdict(plugin: &dyn Plugin, pod: &Pod, node: &NodeInfo) -> String {
        let mut state = CycleState::default();
        match plugin.pre_filter(&mut state, pod, &Snapshot::default()) {
            Err(rejection) => return rejection.reasons.join(", "),
            Ok(PreFilter::Skip) => return "fits".to_owned(),
            Ok(PreFilter::All | PreFilter::Only(_)) => {}
        }
        match plugin.filter(&state, pod, node) {
            Ok(()) => "fits".to_owned(),
            Err(rejection) => rejection.reasons.join(", "),
        }
    }
}
