//! A pod that names its node fits that node alone.

use api::views::Pod;

use crate::{
    NodeInfo,
    framework::{ClusterEvent, Code, Plugin, Rejection, Verdict},
};

#[derive(Debug)]
pub(super) struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }
    fn filter(&self, _: &crate::framework::CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
        let wanted = &pod.spec.node_name;
        let is_it = info.node.as_ref().is_some_and(|node| node.metadata.name == *wanted);
        if wanted.is_empty() || is_it {
            return Ok(());
        }
        Err(Rejection::new(
            self.name(),
            Code::UnschedulableAndUnresolvable,
            "node(s) didn't match the requested node name",
        ))
    }
    fn is_worth_retrying(&self, event: ClusterEvent, _pod: &Pod) -> bool {
        event == ClusterEvent::NodeAdd
    }
}
