//! Higher priority first, then who has waited longest.

use std::cmp::Ordering;

use crate::{
    QueuedPod,
    framework::{Plugin, Point},
};

#[derive(Debug)]
pub(super) struct PrioritySort;

impl Plugin for PrioritySort {
    fn name(&self) -> &'static str {
        "PrioritySort"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::QueueSort]
    }
    fn order(&self, one: &QueuedPod, other: &QueuedPod) -> Ordering {
        let by_priority = other.pod.priority().cmp(&one.pod.priority());
        by_priority.then(one.queued_at.cmp(&other.queued_at))
    }
}
