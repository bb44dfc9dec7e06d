//! What several plugins need: scores by their largest, and whether a node has become what a pod wants.

use crate::{
    NodeInfo,
    framework::{ClusterEvent, Hint, NodeScore, SCORE_MAX},
};
use api::views::Node;
use std::sync::Arc;

#[cfg(test)]
pub(crate) mod testing;

/// Which raw score is the best.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    MoreIsBetter,
    LessIsBetter,
}

/// Brings scores to 0…100 by their largest.
pub(crate) fn normalize(scores: &mut [NodeScore], direction: Direction) {
    let highest = scores.iter().map(|scored| scored.score).max().unwrap_or(0);
    for NodeScore { score, .. } in scores {
        let share = if highest == 0 { 0 } else { *score * SCORE_MAX / highest };
        *score = match direction {
            Direction::MoreIsBetter => share,
            Direction::LessIsBetter => SCORE_MAX - share,
        };
    }
}

/// Queues if the node is as wanted now and was not before.
pub(crate) fn now_fits(event: &ClusterEvent, fits: impl Fn(&NodeInfo) -> bool) -> Hint {
    let Some(change) = event.node() else { return Hint::Queue };
    let is_fit = |node: &Arc<Node>| {
        let mut info = NodeInfo::new(node.metadata.name.clone());
        info.set_node(node);
        fits(&info)
    };
    let now = change.new.as_ref().is_some_and(is_fit);
    let before = change.old.as_ref().is_some_and(is_fit);
    Hint::queue_if(now && !before)
}
