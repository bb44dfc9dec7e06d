//! The plugin at its extension points.

use std::sync::Arc;

use api::views::{Node, Pod};
use meta::text::Text;
use scheduler::{
    NodeInfo, Snapshot,
    framework::{
        Actions, ClusterEvent, Code, CycleState, EventResource, Hint, Interest, NodeScore, Plugin,
        Point, PreFilter, PreScore, Rejection, SCORE_MAX, Verdict,
    },
};

use crate::{
    Arguments,
    racks::{Racks, owner},
};

/// The plugin's name in configurations and messages.
pub const NAME: &str = "RackSpread";

/// The score of a node whose cost is not known.
const UNKNOWN: i64 = -1;

/// Keeps the replicas of one owner on different racks, and prefers cheap nodes.
#[derive(Debug, Clone)]
pub struct RackSpread {
    arguments: Arguments,
}

impl RackSpread {
    /// The plugin with its arguments.
    pub const fn new(arguments: Arguments) -> Self {
        Self { arguments }
    }

    fn rack<'n>(&self, node: &'n NodeInfo) -> Option<&'n Text> {
        node.labels().get(self.arguments.rack_label.as_str())
    }

    fn cost(&self, node: &NodeInfo) -> Option<i64> {
        let cost: i64 = node.labels().get(self.arguments.cost_label.as_str())?.parse().ok()?;
        (cost >= 0).then_some(cost)
    }
}

impl Plugin for RackSpread {
    fn name(&self) -> &'static str {
        NAME
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreFilter, Point::Filter, Point::PreScore, Point::Score]
    }

    /// Counts once where the owner's other replicas are.
    fn pre_filter(
        &self,
        state: &mut CycleState,
        pod: &Arc<Pod>,
        snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        let Some(owner) = owner(pod) else { return Ok(PreFilter::Skip) };
        state.put(Racks::of(owner, &self.arguments.rack_label, snapshot));
        Ok(PreFilter::All)
    }
    fn add_pod(&self, state: &mut CycleState, _: &Pod, added: &Pod, node: &NodeInfo) {
        if let Some(rack) = self.rack(node) {
            state.change(|racks: &mut Racks| racks.add(added, rack));
        }
    }
    fn remove_pod(&self, state: &mut CycleState, _: &Pod, removed: &Pod, node: &NodeInfo) {
        if let Some(rack) = self.rack(node) {
            state.change(|racks: &mut Racks| racks.remove(removed, rack));
        }
    }
    fn filter(&self, state: &CycleState, _: &Pod, node: &NodeInfo) -> Verdict {
        let Some(racks) = state.get::<Racks>() else { return Ok(()) };
        let Some(rack) = self.rack(node) else {
            let code = Code::UnschedulableAndUnresolvable;
            return Err(Rejection::new(NAME, code, "node(s) were on no rack"));
        };
        if racks.on(rack) < self.arguments.replicas_per_rack_max {
            return Ok(());
        }
        let reason = "node(s) were on a rack with enough replicas of the owner";
        Err(Rejection::new(NAME, Code::Unschedulable, reason))
    }

    fn pre_score(
        &self,
        _: &mut CycleState,
        _: &Pod,
        _: &Snapshot,
        feasible: &[&NodeInfo],
    ) -> Result<PreScore, Rejection> {
        let costs = feasible.iter().any(|node| self.cost(node).is_some());
        Ok(if costs { PreScore::Score } else { PreScore::Skip })
    }
    /// What the node costs.
    fn score(&self, _: &CycleState, _: &Pod, node: &NodeInfo) -> Result<i64, Rejection> {
        Ok(self.cost(node).unwrap_or(UNKNOWN))
    }
    /// The cheapest is the best.
    fn normalize(&self, _: &CycleState, _: &Pod, scores: &mut [NodeScore]) {
        let known = || scores.iter().map(|scored| scored.score).filter(|cost| *cost != UNKNOWN);
        let (lowest, highest) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
        for scored in scores {
            scored.score = match scored.score {
                UNKNOWN => 0,
                _ if highest == lowest => SCORE_MAX,
                cost => share(highest - cost, highest - lowest),
            };
        }
    }

    fn events(&self) -> &'static [Interest] {
        const {
            &[
                Interest::new(EventResource::AssignedPod, Actions::DELETE),
                Interest::new(EventResource::Node, Actions::ADD.and(Actions::NODE_LABEL)),
            ]
        }
    }
    /// A replica of the same owner is gone, or a node is on a rack on which it was not.
    fn hint(&self, pod: &Pod, event: &ClusterEvent) -> Hint {
        if let Some(change) = event.node() {
            let label = self.arguments.rack_label.as_str();
            let rack = |node: &Option<Arc<Node>>| -> Option<Text> {
                node.as_ref()?.metadata.labels.get(label).cloned()
            };
            let (before, after) = (rack(&change.old), rack(&change.new));
            return Hint::queue_if(after.is_some() && before != after);
        }
        let gone = event.pod().and_then(|change| change.old.as_ref());
        Hint::queue_if(gone.is_some_and(|gone| owner(gone) == owner(pod)))
    }
}

/// So much of a whole, of a hundred.
fn share(part: i64, whole: i64) -> i64 {
    let share = i128::from(part) * i128::from(SCORE_MAX) / i128::from(whole);
    i64::try_from(share).unwrap_or(SCORE_MAX)
}
