//! A pod fits where what it asks for is free; of several nodes the emptier is better.

use api::views::Pod;

use super::MAX_SCORE;
use crate::{
    NodeInfo, Snapshot,
    framework::{ClusterEvent, Code, CycleState, Plugin, PreFilter, Rejection, Verdict},
    requests::{self, Requests},
};

#[derive(Debug)]
pub(super) struct NodeResourcesFit;

/// What the pod asks for, worked out once a cycle.
struct Wanted {
    requested: Requests,
    scored: Requests,
}

impl Plugin for NodeResourcesFit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }
    fn pre_filter(
        &self,
        state: &mut CycleState,
        pod: &Pod,
        _snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        state.put(Wanted { requested: requests::of(pod), scored: requests::for_scoring(pod) });
        Ok(PreFilter::All)
    }
    fn filter(&self, state: &CycleState, _pod: &Pod, info: &NodeInfo) -> Verdict {
        let Some(wanted) = state.get::<Wanted>() else {
            return Ok(());
        };
        let (mut reasons, mut hopeless) = (Vec::new(), false);
        let pods = i64::try_from(info.pods.len()).unwrap_or(i64::MAX);
        if pods + 1 > amount(&info.allocatable, "pods") {
            reasons.push("Too many pods".to_owned());
        }
        for (name, asked) in wanted.requested.iter().filter(|(_, asked)| **asked > 0) {
            let allocatable = amount(&info.allocatable, name);
            if *asked > allocatable - amount(&info.requested, name) {
                reasons.push(format!("Insufficient {name}"));
                hopeless |= *asked > allocatable;
            }
        }
        if reasons.is_empty() {
            return Ok(());
        }
        let code = if hopeless { Code::UnschedulableAndUnresolvable } else { Code::Unschedulable };
        Err(Rejection { plugin: self.name(), code, reasons })
    }
    /// Least allocated: the mean share of cpu and memory that stays free.
    fn score(&self, state: &CycleState, _pod: &Pod, info: &NodeInfo) -> Option<i64> {
        let wanted = state.get::<Wanted>()?;
        let free = |name: &str| {
            let allocatable = amount(&info.allocatable, name);
            let requested = amount(&info.scored, name) + amount(&wanted.scored, name);
            if allocatable == 0 {
                return None;
            }
            Some((allocatable - requested).max(0) * MAX_SCORE / allocatable)
        };
        let shares: Vec<i64> = ["cpu", "memory"].into_iter().filter_map(free).collect();
        let count = i64::try_from(shares.len()).ok().filter(|count| *count > 0)?;
        Some(shares.iter().sum::<i64>() / count)
    }
    fn is_worth_retrying(&self, event: ClusterEvent, _pod: &Pod) -> bool {
        matches!(
            event,
            ClusterEvent::NodeAdd
                | ClusterEvent::NodeAllocatable
                | ClusterEvent::AssignedPodDelete
                | ClusterEvent::PodUpdate
        )
    }
}

fn amount(requests: &Requests, name: &str) -> i64 {
    requests.get(name).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{node, pod, verdict};
    use super::*;

    fn asks(cpu: &str, memory: &str) -> Pod {
        let requests = json!({"cpu": cpu, "memory": memory});
        pod(json!({"containers": [{"resources": {"requests": requests}}]}))
    }
    fn check(wanted: &Pod, present: &[Pod], expected: &str) {
        let info = node(json!({}), json!({}), present);
        assert_eq!(verdict(&NodeResourcesFit, wanted, &info), expected);
    }

    #[test]
    fn what_is_asked_must_be_free() {
        check(&asks("4", "8Gi"), &[], "fits");
        check(&asks("3", "1Gi"), &[asks("2", "1Gi")], "Insufficient cpu");
        check(&asks("3", "8Gi"), &[asks("2", "1Gi")], "Insufficient cpu, Insufficient memory");
    }

    #[test]
    fn a_node_takes_so_many_pods_and_no_more() {
        let small = asks("1m", "1");
        check(&small, &[small.clone(), small.clone()], "fits");
        check(&small, &[small.clone(), small.clone(), small.clone()], "Too many pods");
    }

    #[test]
    fn a_request_larger_than_the_node_is_hopeless() {
        let info = node(json!({}), json!({}), &[]);
        let mut state = CycleState::default();
        let wanted = asks("5", "1Gi");
        let _ = NodeResourcesFit.pre_filter(&mut state, &wanted, &Snapshot::default());
        let rejection = NodeResourcesFit.filter(&state, &wanted, &info).expect_err("too large");
        assert_eq!(rejection.code, Code::UnschedulableAndUnresolvable);
    }

    #[test]
    fn the_emptier_node_scores_higher() {
        let wanted = asks("1", "2Gi");
        let mut state = CycleState::default();
        let _ = NodeResourcesFit.pre_filter(&mut state, &wanted, &Snapshot::default());
        let score = |present: &[Pod]| {
            NodeResourcesFit.score(&state, &wanted, &node(json!({}), json!({}), present))
        };
        assert_eq!(score(&[]), Some(75));
        assert_eq!(score(&[asks("1", "2Gi")]), Some(50));
    }
}
