//! A cordoned node takes no new pods but those that tolerate it.

use api::views::{Pod, Taint, TaintEffect};

use super::shared::now_fits;
use crate::{
    NodeInfo,
    framework::{
        Actions, ClusterEvent, Code, CycleState, EventResource, Hint, Interest, Plugin, Point,
        Rejection, Verdict,
    },
};

#[derive(Debug)]
pub(super) struct NodeUnschedulable;

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::Filter]
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
    fn events(&self) -> &'static [Interest] {
        const {
            &[
                Interest::new(EventResource::Node, Actions::ADD.and(Actions::NODE_TAINT)),
                Interest::new(EventResource::TargetPod, Actions::POD_TOLERATION),
            ]
        }
    }
    fn hint(&self, pod: &Pod, event: &ClusterEvent) -> Hint {
        now_fits(event, |node| self.filter(&CycleState::default(), pod, node).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::shared::testing::{node, pod, verdict};
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
