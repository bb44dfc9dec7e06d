//! Prefers nodes whose resources are used up evenly, so that none is left over.

use std::sync::Arc;

use api::views::Pod;
use serde::Deserialize;

use crate::{
    NodeInfo, Snapshot,
    framework::{
        Arguments, CycleState, InvalidArguments, Plugin, Point, PreScore, Rejection, SCORE_MAX,
        Setup,
    },
    requests::{self, Requests, amount},
};

/// `NodeResourcesBalancedAllocationArgs`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NodeResourcesBalancedAllocation {
    resources: Vec<Balanced>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Balanced {
    name: String,
    #[serde(default = "one")]
    weight: i64,
}

const fn one() -> i64 {
    1
}

impl Default for NodeResourcesBalancedAllocation {
    fn default() -> Self {
        let resources = ["cpu", "memory"].map(|name| Balanced { name: name.to_owned(), weight: 1 });
        Self { resources: resources.into() }
    }
}

/// What the pod asks for, worked out once a cycle.
struct Wanted(Requests);

/// Fractions are counted in millionths.
const WHOLE: i64 = 1_000_000;

pub(super) fn make(
    _: &mut Setup<'_>,
    given: &Arguments,
) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    let plugin: NodeResourcesBalancedAllocation = given.read()?;
    for (index, Balanced { name, weight }) in plugin.resources.iter().enumerate() {
        if *weight != 1 {
            return Err(InvalidArguments(format!(
                "resources[{index}].weight: Invalid value: {weight}: must be 1"
            )));
        }
        if plugin.resources[..index].iter().any(|other| other.name == *name) {
            return Err(InvalidArguments(format!(
                "resources[{index}].name: Duplicate value: {name:?}"
            )));
        }
    }
    Ok(Arc::new(plugin))
}

impl NodeResourcesBalancedAllocation {
    /// How evenly the resources would be used: 100 is perfect.
    fn balance(&self, info: &NodeInfo, more: &Requests) -> i64 {
        let shares = self.resources.iter().filter_map(|Balanced { name, .. }| {
            let allocatable = amount(&info.allocatable, name);
            let used = amount(&info.requested, name).saturating_add(amount(more, name));
            let share = i128::from(used.min(allocatable)) * i128::from(WHOLE);
            i64::try_from(share.checked_div(i128::from(allocatable))?).ok()
        });
        let shares: Vec<i64> = shares.collect();
        let deviation = match shares.as_slice() {
            [] | [_] => 0,
            [one, other] => (one - other).abs() / 2,
            several => {
                let count = i64::try_from(several.len()).unwrap_or(1);
                let mean = several.iter().sum::<i64>() / count;
                let squares = several.iter().map(|share| (share - mean).pow(2)).sum::<i64>();
                (squares / count).isqrt()
            }
        };
        (WHOLE - deviation) * SCORE_MAX / WHOLE
    }
}

impl Plugin for NodeResourcesBalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreScore, Point::Score]
    }
    fn pre_score(
        &self,
        state: &mut CycleState,
        pod: &Pod,
        _: &Snapshot,
        _: &[&NodeInfo],
    ) -> Result<PreScore, Rejection> {
        let wanted = requests::of(pod);
        if self.resources.iter().all(|Balanced { name, .. }| amount(&wanted, name) == 0) {
            return Ok(PreScore::Skip);
        }
        state.put(Wanted(wanted));
        Ok(PreScore::Score)
    }
    /// How much more even the node would be.
    fn score(&self, state: &CycleState, _: &Pod, info: &NodeInfo) -> Result<i64, Rejection> {
        let Some(Wanted(wanted)) = state.get() else { return Ok(0) };
        let gain = self.balance(info, wanted) - self.balance(info, &Requests::new());
        let half = SCORE_MAX / 2;
        Ok(half + half.midpoint(gain))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::shared::testing::{cluster, pod, scores};
    use super::*;

    fn asks(cpu: &str, memory: &str) -> Pod {
        pod(json!({"containers": [{"resources": {"requests": {"cpu": cpu, "memory": memory}}}]}))
    }

    #[test]
    fn a_pod_goes_where_it_makes_the_use_more_even() {
        let plugin = NodeResourcesBalancedAllocation::default();
        let (much_cpu, much_memory) = ([asks("3", "1Gi")], [asks("1", "6Gi")]);
        let nodes = cluster(&[
            ("a", json!({}), json!({}), &much_cpu),
            ("b", json!({}), json!({}), &much_memory),
        ]);
        assert_eq!(scores(&plugin, &asks("100m", "2Gi"), &nodes), "a: 81, b: 69");
    }

    #[test]
    fn a_pod_that_asks_for_nothing_is_welcome_anywhere() {
        let nodes = cluster(&[("a", json!({}), json!({}), &[])]);
        let plugin = NodeResourcesBalancedAllocation::default();
        assert_eq!(scores(&plugin, &pod(json!({})), &nodes), "skip");
    }
}
