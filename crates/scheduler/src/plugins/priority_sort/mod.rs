//! Higher priority first, then who has waited longest.

use std::cmp::Ordering;

use crate::{QueuedPod, framework::Plugin};

#[derive(Debug)]
pub(super) struct PrioritySort;

impl Plugin for PrioritySort {
    fn name(&self) -> &'static str {
        "PrioritySort"
    }
    fn order(&self, one: &QueuedPod, other: &QueuedPod) -> Option<Ordering> {
        let priority = |queued: &QueuedPod| queued.pod.spec.priority.unwrap_or(0);
        let by_priority = priority(other).cmp(&priority(one));
        Some(
            by_priority
                .then(one.queued_at.cmp(&other.queued_at))
                .then(one.sequence.cmp(&other.sequence)),
        )
    }
}
