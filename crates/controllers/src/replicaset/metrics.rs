//! What is measured of pods that go, under the reference's names.

use std::sync::Arc;

use api::views::Pod;
use meta::time::Time;
use runtime::{Histogram, Metric, Step, When};

use super::Why;

const AGE_RATIO: Histogram<0> = Histogram::new(
    "replicaset_controller_sorting_deletion_age_ratio",
    "[ALPHA] Age of a ready pod that goes as a multiple, in whole numbers, of the age of the youngest \
     ready pod: below 2 where the order holds.",
    &[],
    &[0.25, 0.5, 1.0, 2.0, 4.0, 8.0],
);

pub(super) const METRICS: &[Metric] = &[AGE_RATIO.metric()];

/// The creation of the youngest ready pod.
pub(super) fn youngest(pods: &[Arc<Pod>]) -> Option<Time> {
    let ready = pods.iter().filter(|pod| pod.is_ready());
    ready.filter_map(|pod| pod.metadata.creation_timestamp).max()
}

/// A pod that goes so that fewer are left.
pub(super) fn goes(step: &mut Step<Why>, pod: &Pod, youngest: Option<Time>, now: Time) {
    let age = |since: Time| now.since(since).as_millis();
    let ages = pod.metadata.creation_timestamp.map(age).zip(youngest.map(age));
    let Some((age, least)) = ages.filter(|_| pod.is_ready()) else { return };
    let ratio = age.checked_div(least).and_then(|ratio| u32::try_from(ratio).ok());
    step.measure(When::Always, AGE_RATIO.observe(ratio.map_or(f64::INFINITY, f64::from), []));
}
