//! Node selectors and node affinity: which labels a pod wants its node to have, and which the
//! configuration wants for all pods.

use std::sync::Arc;

use api::views::{NodeAffinity as Wanted, NodeSelectorTerm, Pod, Requirement};
use meta::text::Text;
use serde::Deserialize;

use super::shared::{Direction, normalize, now_fits};
use crate::{
    NodeInfo, Snapshot,
    framework::{
        Actions, Arguments, ClusterEvent, Code, CycleState, EventResource, Hint, Interest,
        InvalidArguments, NodeScore, Plugin, Point, PreFilter, PreScore, Rejection, Setup, Verdict,
    },
};

/// `NodeAffinityArgs`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct NodeAffinity {
    /// What every pod of the profile wants in addition.
    added_affinity: Option<Wanted>,
}

pub(super) fn make(
    _: &mut Setup<'_>,
    given: &Arguments,
) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    Ok(Arc::new(given.read::<NodeAffinity>()?))
}

impl NodeAffinity {
    fn adds(&self, info: &NodeInfo) -> bool {
        let required = self.added_affinity.as_ref().and_then(|added| added.required.as_ref());
        required.is_none_or(|required| {
            let terms = &required.node_selector_terms;
            info.node.as_ref().is_some_and(|node| terms.iter().any(|term| term.matches(node)))
        })
    }
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreFilter, Point::Filter, Point::PreScore, Point::Score]
    }
    fn pre_filter(
        &self,
        _state: &mut CycleState,
        pod: &Arc<Pod>,
        _snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        let required = pod.spec.affinity.node_affinity.as_ref().and_then(|a| a.required.as_ref());
        let Some(required) = required else {
            let free = pod.spec.node_selector.is_empty() && self.added_affinity.is_none();
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
        let reason = if !self.adds(info) {
            "node(s) didn't match scheduler-enforced node affinity"
        } else if info.node.as_ref().is_some_and(|node| pod.spec.selects(node)) {
            return Ok(());
        } else {
            "node(s) didn't match Pod's node affinity/selector"
        };
        Err(Rejection::new(self.name(), Code::UnschedulableAndUnresolvable, reason))
    }
    fn pre_score(
        &self,
        _: &mut CycleState,
        pod: &Pod,
        _: &Snapshot,
        _: &[&NodeInfo],
    ) -> Result<PreScore, Rejection> {
        let own = pod.spec.affinity.node_affinity.as_ref();
        let mut both = own.into_iter().chain(&self.added_affinity);
        let prefers = both.any(|affinity| !affinity.preferred.is_empty());
        Ok(if prefers { PreScore::Score } else { PreScore::Skip })
    }
    fn score(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Result<i64, Rejection> {
        let own = pod.spec.affinity.node_affinity.as_ref();
        let terms = own.into_iter().chain(&self.added_affinity).flat_map(|both| &both.preferred);
        let likes =
            |term: &NodeSelectorTerm| info.node.as_ref().is_some_and(|node| term.matches(node));
        let weights = terms.filter(|term| likes(&term.preference));
        Ok(weights.map(|term| i64::from(term.weight)).sum())
    }
    fn normalize(&self, _: &CycleState, _: &Pod, scores: &mut [NodeScore]) {
        normalize(scores, Direction::MoreIsBetter);
    }
    fn events(&self) -> &'static [Interest] {
        const { &[Interest::new(EventResource::Node, Actions::ADD.and(Actions::NODE_LABEL))] }
    }
    fn hint(&self, pod: &Pod, event: &ClusterEvent) -> Hint {
        now_fits(event, |node| self.filter(&CycleState::default(), pod, node).is_ok())
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

    use super::super::shared::testing::{node, pod, verdict};
    use super::*;

    const NO: &str = "node(s) didn't match Pod's node affinity/selector";

    fn check(spec: Value, expected: &str) {
        let info = node(json!({}), json!({"disk": "ssd", "cores": "8"}), &[]);
        assert_eq!(verdict(&NodeAffinity::default(), &pod(spec), &info), expected);
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
    fn the_configuration_may_want_more() {
        let expression = json!({"key": "disk", "operator": "In", "values": ["hdd"]});
        let terms = json!([{"matchExpressions": [expression]}]);
        let added =
            json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        let given = Arguments::new(json!({ "addedAffinity": added }));
        let plugin: NodeAffinity = given.read().expect("arguments");
        let info = node(json!({}), json!({"disk": "ssd"}), &[]);
        let reason = "node(s) didn't match scheduler-enforced node affinity";
        assert_eq!(verdict(&plugin, &pod(json!({})), &info), reason);
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
