//! A cordoned node takes no new pods but those that tolerate it.

use api::views::{Pod, Taint, TaintEffect};

use crate::{
    NodeInfo,
    framework::{ClusterEvent, Code, CycleState, Plugin, Rejection, Verdict},
};

#[derive(Debug)]
pub(super) struct NodeUnschedulable;

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }
    fn filter(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
        let taint = Taint {
            key: "node.kubernetes.io/unschedulable".into(),
            effect: TaintEffect::NoSchedule,
            ..Taint::default()
        };
        let cordoned = info.node.as_ref().is_some_and(|node| node.spec.unschedulable);
        if !cordoned || taint.is_tolerated(&pod.spec.tolerations) {
            return Ok(());
        }
        Err(Rejection::new(
            self.name(),
            Code::UnschedulableAndUnresolvable,
            "node(s) were unschedulable",
        ))
    }
    fn is_worth_retrying(&self, event: ClusterEvent, _pod: &Pod) -> bool {
        matches!(event, ClusterEvent::NodeAdd | ClusterEvent::NodeTaint | ClusterEvent::PodUpdate)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{node, pod, verdict};
    use super::*;

    #[test]
    fn a_cordoned_node_takes_only_pods_that_tolerate_it() {
        let cordoned = node(json!({"unschedulable": true}), json!({}), &[]);
        let tolerant = json!({"tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]});
        assert_eq!(
            verdict(&NodeUnschedulable, &pod(json!({})), &cordoned),
            "node(s) were unschedulable"
        );
        assert_eq!(verdict(&NodeUnschedulable, &pod(tolerant), &cordoned), "fits");
    }
}
