//! Taints keep pods away, or make a node less liked.

use api::views::Pod;

use super::{Direction, normalize};
use crate::{
    NodeInfo,
    framework::{ClusterEvent, Code, CycleState, Plugin, Rejection, Verdict},
};

#[derive(Debug)]
pub(super) struct TaintToleration;

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }
    fn filter(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
        let taints = info.node.as_ref().map_or(&[][..], |node| &node.spec.taints);
        let mut hard = taints.iter().filter(|taint| !taint.is_soft());
        if hard.all(|taint| taint.is_tolerated(&pod.spec.tolerations)) {
            return Ok(());
        }
        Err(Rejection::new(
            self.name(),
            Code::UnschedulableAndUnresolvable,
            "node(s) had untolerated taint(s)",
        ))
    }
    fn score(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Option<i64> {
        let taints = info.node.as_ref().map_or(&[][..], |node| &node.spec.taints);
        let soft = taints.iter().filter(|taint| taint.is_soft());
        let disliked = soft.filter(|taint| !taint.is_tolerated(&pod.spec.tolerations)).count();
        i64::try_from(disliked).ok()
    }
    fn normalize(&self, scores: &mut [i64]) {
        normalize(scores, Direction::LessIsBetter);
    }
    fn weight(&self) -> i64 {
        3
    }
    fn is_worth_retrying(&self, event: ClusterEvent, _pod: &Pod) -> bool {
        matches!(event, ClusterEvent::NodeAdd | ClusterEvent::NodeTaint | ClusterEvent::PodUpdate)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{node, pod, verdict};
    use super::*;

    fn check(tolerations: Value, expected: &str) {
        let taint = json!({"key": "team", "value": "a", "effect": "NoSchedule"});
        let tainted = node(json!({"taints": [taint]}), json!({}), &[]);
        let pod = pod(json!({ "tolerations": tolerations }));
        assert_eq!(verdict(&TaintToleration, &pod, &tainted), expected);
    }

    #[test]
    fn a_taint_must_be_tolerated_by_key_value_and_effect() {
        let untolerated = "node(s) had untolerated taint(s)";
        check(json!([]), untolerated);
        check(json!([{"key": "team", "value": "a", "effect": "NoSchedule"}]), "fits");
        check(json!([{"key": "team", "value": "b"}]), untolerated);
        check(json!([{"key": "team", "operator": "Exists", "effect": "NoExecute"}]), untolerated);
        check(json!([{"operator": "Exists"}]), "fits");
    }

    #[test]
    fn a_soft_taint_only_makes_the_node_less_liked() {
        let taint = json!({"key": "team", "effect": "PreferNoSchedule"});
        let disliked = node(json!({"taints": [taint]}), json!({}), &[]);
        let pod = pod(json!({}));
        assert_eq!(verdict(&TaintToleration, &pod, &disliked), "fits");
        let mut scores = [1, 0];
        TaintToleration.normalize(&mut scores);
        assert_eq!(scores, [0, 100]);
    }
}
