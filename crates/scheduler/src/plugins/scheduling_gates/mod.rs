//! Keeps a pod out of the queue until its gates are lifted.

use api::views::Pod;

use crate::framework::{Actions, Code, EventResource, Interest, Plugin, Point, Rejection, Verdict};

#[derive(Debug)]
pub(super) struct SchedulingGates;

impl Plugin for SchedulingGates {
    fn name(&self) -> &'static str {
        "SchedulingGates"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreEnqueue]
    }
    fn pre_enqueue(&self, pod: &Pod) -> Verdict {
        let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| &*gate.name).collect();
        if gates.is_empty() {
            return Ok(());
        }
        let reason = format!("waiting for scheduling gates: [{}]", gates.join(" "));
        Err(Rejection::new(self.name(), Code::UnschedulableAndUnresolvable, reason))
    }
    fn events(&self) -> &'static [Interest] {
        const { &[Interest::new(EventResource::TargetPod, Actions::POD_GATES_ELIMINATED)] }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::shared::testing::pod;
    use super::*;

    #[test]
    fn a_gated_pod_waits_and_says_for_what() {
        let gated = pod(json!({"schedulingGates": [{"name": "a"}, {"name": "b"}]}));
        let rejection = SchedulingGates.pre_enqueue(&gated).expect_err("gated");
        assert_eq!(rejection.reasons, ["waiting for scheduling gates: [a b]"]);
        assert!(SchedulingGates.pre_enqueue(&pod(json!({}))).is_ok());
    }
}
