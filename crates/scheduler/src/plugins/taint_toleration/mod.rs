//! Taints keep pods away, or make a node less liked.

use api::views::Pod;

use super::shared::{Direction, normalize, now_fits};
use crate::{
    NodeInfo,
    framework::{
        Actions, ClusterEvent, Code, CycleState, EventResource, Hint, Interest, NodeScore, Plugin,
        Point, Rejection, Verdict,
    },
};

#[derive(Debug)]
pub(super) struct TaintToleration;

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::Filter, Point::Score]
    }
    fn filter(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
        let mut hard = info.taints().iter().filter(|taint| !taint.is_soft());
        if hard.all(|taint| taint.is_tolerated(&pod.spec.tolerations)) {
            return Ok(());
        }
        Err(Rejection::new(
            self.name(),
            Code::UnschedulableAndUnresolvable,
            "node(s) had untolerated taint(s)",
        ))
    }
    fn score(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Result<i64, Rejection> {
        let soft = info.taints().iter().filter(|taint| taint.is_soft());
        let disliked = soft.filter(|taint| !taint.is_tolerated(&pod.spec.tolerations)).count();
        Ok(i64::try_from(disliked).unwrap_or(i64::MAX))
    }
    fn normalize(&self, _: &CycleState, _: &Pod, scores: &mut [NodeScore]) {
        normalize(scores, Direction::LessIsBetter);
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
    use serde_json::{Value, json};

    use super::super::shared::testing::{
        cluster, node, node_change, pod, scores, verdict, verdicts,
    };
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
        let disliked = json!({"taints": [taint]});
        let nodes = cluster(&[("a", disliked, json!({}), &[]), ("b", json!({}), json!({}), &[])]);
        assert_eq!(verdicts(&TaintToleration, &pod(json!({})), &nodes), "a: fits\nb: fits");
        assert_eq!(scores(&TaintToleration, &pod(json!({})), &nodes), "a: 0, b: 100");
    }

    #[test]
    fn a_pod_is_looked_at_again_when_its_last_hindrance_is_gone() {
        let taint = json!({"taints": [{"key": "team", "effect": "NoSchedule"}]});
        let [tainted, clean] = [taint, json!({})].map(|spec| node(spec, json!({}), &[]));
        let hint = |old, new| {
            TaintToleration.hint(&pod(json!({})), &node_change(Actions::NODE_TAINT, old, new))
        };
        assert_eq!(hint(Some(&tainted), &clean), Hint::Queue);
        assert_eq!(hint(Some(&clean), &clean), Hint::Skip);
        assert_eq!(hint(None, &tainted), Hint::Skip);
        assert_eq!(hint(None, &clean), Hint::Queue);
    }
}
