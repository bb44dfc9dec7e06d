//! Node selectors and node affinity: which labels a pod wants its node to have.

use api::views::{NodeSelectorTerm, Pod, Requirement};
use meta::text::Text;

use super::{Direction, normalize};
use crate::{
    NodeInfo, Snapshot,
    framework::{ClusterEvent, Code, CycleState, Plugin, PreFilter, Rejection, Verdict},
};

#[derive(Debug)]
pub(super) struct NodeAffinity;

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }
    fn pre_filter(
        &self,
        _state: &mut CycleState,
        pod: &Pod,
        _snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        let required = pod.spec.affinity.node_affinity.as_ref().and_then(|a| a.required.as_ref());
        let Some(required) = required else {
            let free = pod.spec.node_selector.is_empty();
            return Ok(if free { PreFilter::Skip } else { PreFilter::All });
        };
        match named_nodes(&required.node_selector_terms) {
            None => Ok(PreFilter::All),
            Some(names) if names.is_empty() => {
                let code = Code::UnschedulableAndUnresolvable;
                Err(Rejection::new(self.name(), code, "pod affinity terms conflict"))
            }
            Some(names) => Ok(PreFilter::Only(names)),
        }
    }
    fn filter(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
        if info.node.as_ref().is_some_and(|node| pod.spec.selects(node)) {
            return Ok(());
        }
        Err(Rejection::new(
            self.name(),
            Code::UnschedulableAndUnresolvable,
            "node(s) didn't match Pod's node affinity/selector",
        ))
    }
    fn pre_score(&self, _state: &mut CycleState, pod: &Pod) -> bool {
        let affinity = pod.spec.affinity.node_affinity.as_ref();
        affinity.is_some_and(|affinity| !affinity.preferred.is_empty())
    }
    fn score(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Option<i64> {
        let node = info.node.as_ref()?;
        let preferred = &pod.spec.affinity.node_affinity.as_ref()?.preferred;
        let liked = preferred.iter().filter(|term| term.preference.matches(node));
        Some(liked.map(|term| i64::from(term.weight)).sum())
    }
    fn normalize(&self, scores: &mut [i64]) {
        normalize(scores, Direction::MoreIsBetter);
    }
    fn weight(&self) -> i64 {
        2
    }
    fn is_worth_retrying(&self, event: ClusterEvent, _pod: &Pod) -> bool {
        matches!(event, ClusterEvent::NodeAdd | ClusterEvent::NodeLabel | ClusterEvent::PodUpdate)
    }
}

/// The nodes that the terms name, if every term names some.
fn named_nodes(terms: &[NodeSelectorTerm]) -> Option<Vec<Text>> {
    let mut names = Vec::new();
    for term in terms {
        let by_name = |requirement: &&Requirement| {
            requirement.key == "metadata.name" && requirement.operator == "In"
        };
        let mut by_term: Option<Vec<Text>> = None;
        for requirement in term.match_fields.iter().filter(by_name) {
            let keep = |name: &Text| requirement.values.contains(name);
            by_term = Some(match by_term {
                None => requirement.values.clone(),
                Some(known) => known.into_iter().filter(keep).collect(),
            });
        }
        names.extend(by_term?);
    }
    names.sort();
    names.dedup();
    Some(names)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{node, pod, verdict};
    use super::*;

    const NO: &str = "node(s) didn't match Pod's node affinity/selector";

    fn check(spec: Value, expected: &str) {
        let info = node(json!({}), json!({"disk": "ssd", "cores": "8"}), &[]);
        assert_eq!(verdict(&NodeAffinity, &pod(spec), &info), expected);
    }
    fn required(terms: Value) -> Value {
        let selector = json!({ "nodeSelectorTerms": terms });
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": selector}}})
    }
    fn expression(key: &str, operator: &str, values: &[&str]) -> Value {
        required(
            json!([{"matchExpressions": [{"key": key, "operator": operator, "values": values}]}]),
        )
    }

    #[test]
    fn a_node_selector_wants_every_label() {
        check(json!({}), "fits");
        check(json!({"nodeSelector": {"disk": "ssd"}}), "fits");
        check(json!({"nodeSelector": {"disk": "ssd", "gpu": "yes"}}), NO);
    }

    #[test]
    fn each_operator_means_what_it_says() {
        check(expression("disk", "In", &["ssd", "nvme"]), "fits");
        check(expression("disk", "NotIn", &["ssd"]), NO);
        check(expression("gpu", "DoesNotExist", &[]), "fits");
        check(expression("disk", "Exists", &[]), "fits");
        check(expression("cores", "Gt", &["4"]), "fits");
        check(expression("cores", "Lt", &["4"]), NO);
        check(expression("disk", "Gt", &["4"]), NO);
    }

    #[test]
    fn an_empty_term_fits_nothing_and_one_of_several_is_enough() {
        check(required(json!([{}])), NO);
        let fits = json!({"matchExpressions": [{"key": "disk", "operator": "Exists"}]});
        check(required(json!([{}, fits])), "fits");
    }

    #[test]
    fn names_narrow_the_nodes_and_may_conflict() {
        let field =
            |name: &str| json!({"key": "metadata.name", "operator": "In", "values": [name]});
        check(required(json!([{"matchFields": [field("node-0")]}])), "fits");
        check(
            required(json!([{"matchFields": [field("a"), field("b")]}])),
            "pod affinity terms conflict",
        );
    }
}
