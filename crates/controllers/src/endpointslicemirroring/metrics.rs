//! What is measured of copies, under the reference's names.

use std::{collections::BTreeSet, sync::Arc};

use api::views::{Endpoint, EndpointSlice};
use meta::text::Text;
use runtime::{Counter, Gauge, Histogram, Metric, Plan, Step, When, exponential};

use super::{desired::Desired, plan::Changes, why::Why};

const SKIPPED: Histogram<0> = Histogram::new(
    "endpoint_slice_mirroring_controller_addresses_skipped_per_sync",
    "[ALPHA] Addresses that a look left out because they are none or too many.",
    &[],
    &exponential::<15>(2.0, 2.0),
);
const ADDED: Histogram<0> = Histogram::new(
    "endpoint_slice_mirroring_controller_endpoints_added_per_sync",
    "[ALPHA] Endpoints that a look added.",
    &[],
    &exponential::<15>(2.0, 2.0),
);
const UPDATED: Histogram<0> = Histogram::new(
    "endpoint_slice_mirroring_controller_endpoints_updated_per_sync",
    "[ALPHA] Endpoints that a look changed.",
    &[],
    &exponential::<15>(2.0, 2.0),
);
const REMOVED: Histogram<0> = Histogram::new(
    "endpoint_slice_mirroring_controller_endpoints_removed_per_sync",
    "[ALPHA] Endpoints that a look removed.",
    &[],
    &exponential::<15>(2.0, 2.0),
);
const SYNC_SECONDS: Histogram<0> = Histogram::new(
    "endpoint_slice_mirroring_controller_endpoints_sync_duration",
    "[ALPHA] Seconds that a look took.",
    &[],
    &exponential::<15>(0.001, 2.0),
);
const ENDPOINTS: Gauge<0> = Gauge::new(
    "endpoint_slice_mirroring_controller_endpoints_desired",
    "[ALPHA] Endpoints that are to be listed.",
    &[],
);
const SLICES: Gauge<0> = Gauge::new(
    "endpoint_slice_mirroring_controller_num_endpoint_slices",
    "[ALPHA] Slices that there are.",
    &[],
);
const SLICES_DESIRED: Gauge<0> = Gauge::new(
    "endpoint_slice_mirroring_controller_desired_endpoint_slices",
    "[ALPHA] Slices that there would be if all were as full as can be.",
    &[],
);
const CHANGES: Counter<1> = Counter::new(
    "endpoint_slice_mirroring_controller_changes",
    "[ALPHA] Slices that were written.",
    &["operation"],
);

pub(super) const METRICS: &[Metric] = &[
    SKIPPED.metric(),
    ADDED.metric(),
    UPDATED.metric(),
    REMOVED.metric(),
    SYNC_SECONDS.metric(),
    ENDPOINTS.metric(),
    SLICES.metric(),
    SLICES_DESIRED.metric(),
    CHANGES.metric(),
];

/// Measures a look: the slices there were, what is to be listed, and what is done.
pub(super) fn look(
    plan: &mut Plan<Why>,
    slices: &[Arc<EndpointSlice>],
    desired: &Desired,
    changes: &Changes,
) {
    let wanted = desired.contents.iter().flat_map(|content| &content.endpoints);
    let listed = slices.iter().flat_map(|slice| &slice.endpoints);
    let (wanted, listed): (Vec<_>, Vec<_>) = (wanted.collect(), listed.collect());
    let (wanted_names, listed_names) = (addresses(&wanted), addresses(&listed));
    let added = wanted_names.difference(&listed_names).count();
    let removed = listed_names.difference(&wanted_names).count();
    let same = wanted.iter().filter(|wanted| listed.contains(wanted)).count();
    let updated = wanted.len().saturating_sub(added + same);
    plan.measure(When::Always, SYNC_SECONDS.took([]));
    for (metric, count) in
        [(SKIPPED, desired.skipped), (ADDED, added), (UPDATED, updated), (REMOVED, removed)]
    {
        plan.measure(When::Success, metric.observe(number(count), []));
    }
    let there = (slices.len() + changes.create.len()).saturating_sub(changes.delete.len());
    for (metric, count) in
        [(ENDPOINTS, wanted.len()), (SLICES, there), (SLICES_DESIRED, desired.contents.len())]
    {
        plan.measure(When::Always, metric.share(number(count), []));
    }
}

/// Counts a write of a slice.
pub(super) fn written(mut step: Step<Why>) -> Step<Why> {
    let operation = match step.why {
        Why::Missing => "create",
        Why::Differs => "update",
        Why::Superfluous => "delete",
        Why::Skipped => return step,
    };
    step.measure(When::Success, CHANGES.add(1, [operation]));
    step
}

fn addresses<'a>(endpoints: &[&'a Endpoint]) -> BTreeSet<&'a [Text]> {
    endpoints.iter().map(|endpoint| endpoint.addresses.as_slice()).collect()
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
