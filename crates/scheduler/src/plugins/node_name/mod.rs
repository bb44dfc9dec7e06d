//! A pod that names its node fits that node alone.

use api::views::Pod;

use crate::{
    NodeInfo,
    framework::{
        Actions, Code, CycleState, EventResource, Interest, Plugin, Point, Rejection, Verdict,
    },
};

#[derive(Debug)]
pub(super) struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::Filter]
    }
    fn filter(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
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
    fn events(&self) -> &'static [Interest] {
        const { &[Interest::new(EventResource::Node, Actions::ADD)] }
    }
}
