//! A pod fits where what it asks for is free; how nodes that fit compare is a strategy of the
//! configuration.

mod strategy;

use std::sync::Arc;

use api::views::Pod;
use meta::text::Text;
use serde::Deserialize;

use super::shared::now_fits;
use crate::{
    NodeInfo, Snapshot,
    framework::{
        Actions, Arguments, ClusterEvent, Code, CycleState, EventResource, Hint, Interest,
        InvalidArguments, Plugin, Point, PreFilter, Rejection, Setup, Verdict,
    },
    requests::{self, Requests, amount},
};
use strategy::Strategy;

/// `NodeResourcesFitArgs`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct NodeResourcesFit {
    /// Resources that are not looked at.
    ignored_resources: Vec<String>,
    /// The same for all of a domain, `example.com`.
    ignored_resource_groups: Vec<String>,
    scoring_strategy: Strategy,
}

/// What the pod asks for, worked out once a cycle.
struct Wanted {
    requested: Requests,
    scored: Requests,
}

pub(super) fn make(
    _: &mut Setup<'_>,
    given: &Arguments,
) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    let plugin: NodeResourcesFit = given.read()?;
    if let Some(group) = plugin.ignored_resource_groups.iter().find(|group| group.contains('/')) {
        return Err(InvalidArguments(format!(
            "ignoredResourceGroups: Invalid value: {group:?}: resource group name can't contain '/'"
        )));
    }
    plugin.scoring_strategy.validate()?;
    Ok(Arc::new(plugin))
}

impl Wanted {
    fn of(pod: &Pod) -> Self {
        Self { requested: requests::of(pod), scored: requests::for_scoring(pod) }
    }
}

impl NodeResourcesFit {
    fn is_ignored(&self, name: &str) -> bool {
        let group = name.split_once('/').map(|(group, _)| group);
        self.ignored_resources.iter().any(|ignored| ignored == name)
            || self.ignored_resource_groups.iter().any(|ignored| group == Some(ignored))
    }

    fn fits(&self, wanted: &Wanted, info: &NodeInfo) -> Verdict {
        let (mut reasons, mut hopeless) = (Vec::new(), false);
        let pods = i64::try_from(info.pods.len()).unwrap_or(i64::MAX);
        if pods + 1 > amount(&info.allocatable, "pods") {
            reasons.push("Too many pods".to_owned());
        }
        let asked = wanted.requested.iter().filter(|(_, asked)| **asked > 0);
        for (name, asked) in asked.filter(|(name, _)| !self.is_ignored(name)) {
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
}

impl Plugin for NodeResourcesFit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreFilter, Point::Filter, Point::Score]
    }
    fn pre_filter(
        &self,
        state: &mut CycleState,
        pod: &Arc<Pod>,
        _snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        state.put(Wanted::of(pod));
        Ok(PreFilter::All)
    }
    fn filter(&self, state: &CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
        match state.get::<Wanted>() {
            Some(wanted) => self.fits(wanted, info),
            None => self.fits(&Wanted::of(pod), info),
        }
    }
    fn score(&self, state: &CycleState, pod: &Pod, info: &NodeInfo) -> Result<i64, Rejection> {
        let score = |wanted: &Wanted| self.scoring_strategy.score(&wanted.scored, info);
        Ok(state.get::<Wanted>().map_or_else(|| score(&Wanted::of(pod)), score))
    }
    fn events(&self) -> &'static [Interest] {
        const {
            &[
                Interest::new(
                    EventResource::AssignedPod,
                    Actions::DELETE.and(Actions::POD_SCALE_DOWN),
                ),
                Interest::new(EventResource::Node, Actions::ADD.and(Actions::NODE_ALLOCATABLE)),
                Interest::new(EventResource::TargetPod, Actions::POD_SCALE_DOWN),
            ]
        }
    }
    fn hint(&self, pod: &Pod, event: &ClusterEvent) -> Hint {
        if event.node().is_some() {
            // Whether it would fit if nobody else were there; more of what others want is no help.
            let wanted = Wanted::of(pod);
            let grew = |old: &NodeInfo, new: &NodeInfo| {
                let names = wanted.requested.keys().map(Text::as_str);
                names
                    .chain(["pods"])
                    .any(|name| amount(&new.allocatable, name) > amount(&old.allocatable, name))
            };
            return now_larger(event, &grew, &|node| self.fits(&wanted, node).is_ok());
        }
        match event.pod() {
            Some(change) if event.action == Actions::POD_SCALE_DOWN => {
                let is_target = event.resource == EventResource::TargetPod;
                Hint::queue_if(is_target || frees(change, &requests::of(pod)))
            }
            Some(_) | None => Hint::Queue,
        }
    }
}

/// Whether the change frees some of what is wanted.
fn frees(change: &runtime::Change<Pod>, wanted: &Requests) -> bool {
    let asks = |pod: Option<&Arc<Pod>>| pod.map(|pod| requests::of(pod)).unwrap_or_default();
    let (before, after) = (asks(change.old.as_ref()), asks(change.new.as_ref()));
    wanted.keys().any(|name| amount(&after, name) < amount(&before, name))
}

/// Queues if the node is enough when empty, and is new or has grown.
fn now_larger(
    event: &ClusterEvent,
    grew: &dyn Fn(&NodeInfo, &NodeInfo) -> bool,
    fits: &dyn Fn(&NodeInfo) -> bool,
) -> Hint {
    let Some(old) = event.node().and_then(|change| change.old.as_ref()) else {
        return now_fits(event, fits);
    };
    let mut before = NodeInfo::new(old.metadata.name.clone());
    before.set_node(old);
    let same = event.node().and_then(|change| change.new.as_ref()).map(|new| {
        let mut after = NodeInfo::new(new.metadata.name.clone());
        after.set_node(new);
        fits(&after) && grew(&before, &after)
    });
    Hint::queue_if(same.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::shared::testing::{cluster, node, node_change, pod, scores, verdict};
    use super::*;

    fn asks(cpu: &str, memory: &str) -> Pod {
        let requests = json!({"cpu": cpu, "memory": memory});
        pod(json!({"containers": [{"resources": {"requests": requests}}]}))
    }
    fn check(wanted: &Pod, present: &[Pod], expected: &str) {
        let info = node(json!({}), json!({}), present);
        assert_eq!(verdict(&NodeResourcesFit::default(), wanted, &info), expected);
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
        let wanted = Wanted::of(&asks("5", "1Gi"));
        let rejection = NodeResourcesFit::default().fits(&wanted, &info).expect_err("too large");
        assert_eq!(rejection.code, Code::UnschedulableAndUnresolvable);
    }

    fn compare(strategy: serde_json::Value) -> String {
        let given = Arguments::new(json!({ "scoringStrategy": strategy }));
        let plugin: NodeResourcesFit = given.read().expect("arguments");
        let busy = [asks("1", "2Gi")];
        let nodes =
            cluster(&[("a", json!({}), json!({}), &[]), ("b", json!({}), json!({}), &busy)]);
        scores(&plugin, &asks("1", "2Gi"), &nodes)
    }

    #[test]
    fn each_strategy_prefers_its_own() {
        assert_eq!(compare(json!({"type": "LeastAllocated"})), "a: 75, b: 50");
        assert_eq!(compare(json!({"type": "MostAllocated"})), "a: 25, b: 50");
        let shape = json!([{"utilization": 0, "score": 0}, {"utilization": 100, "score": 10}]);
        let ratio = json!({"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": {"shape": shape}});
        assert_eq!(compare(ratio), "a: 25, b: 50");
    }

    #[test]
    fn resources_may_weigh_more_or_be_ignored() {
        let only_cpu =
            json!({"type": "MostAllocated", "resources": [{"name": "cpu", "weight": 3}]});
        assert_eq!(compare(only_cpu), "a: 25, b: 50");
        let given = Arguments::new(json!({"ignoredResources": ["cpu"]}));
        let plugin: NodeResourcesFit = given.read().expect("arguments");
        let info = node(json!({}), json!({}), &[]);
        assert_eq!(verdict(&plugin, &asks("5", "1Gi"), &info), "fits");
    }

    #[test]
    fn a_node_that_has_grown_in_what_is_wanted_may_help() {
        let sized = |cpu: &str, memory: &str| {
            let allocatable = json!({"cpu": cpu, "memory": memory, "pods": "3"});
            let node = json!({"metadata": {"name": "a"}, "status": {"allocatable": allocatable}});
            let mut info = NodeInfo::new("a".into());
            info.set_node(&Arc::new(serde_json::from_value(node).expect("a node")));
            info
        };
        let hint = |old: &NodeInfo, new: &NodeInfo| {
            let event = node_change(Actions::NODE_ALLOCATABLE, Some(old), new);
            let asks = pod(json!({"containers": [{"resources": {"requests": {"cpu": "2"}}}]}));
            NodeResourcesFit::default().hint(&asks, &event)
        };
        assert_eq!(hint(&sized("2", "1Gi"), &sized("4", "1Gi")), Hint::Queue);
        assert_eq!(hint(&sized("4", "1Gi"), &sized("4", "2Gi")), Hint::Skip);
        assert_eq!(hint(&sized("1", "1Gi"), &sized("1500m", "1Gi")), Hint::Skip);
    }
}
