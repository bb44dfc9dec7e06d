//! What is measured of shares, under the reference's names.

use runtime::{Counter, Gauge, Histogram, Metric, Plan, Step, When, exponential};

use super::{Cidr, Why, networks::Network};

const ALLOCATIONS: Counter<1> = Counter::new(
    "node_ipam_controller_cidrset_cidrs_allocations_total",
    "[ALPHA] Shares that were given.",
    &["clusterCIDR"],
);
const RELEASES: Counter<1> = Counter::new(
    "node_ipam_controller_cidrset_cidrs_releases_total",
    "[ALPHA] Shares that came back.",
    &["clusterCIDR"],
);
const USAGE: Gauge<1> = Gauge::new(
    "node_ipam_controller_cidrset_usage_cidrs",
    "[ALPHA] How much of a network is given, of one.",
    &["clusterCIDR"],
);
/// The reference's spelling.
const SHARES: Gauge<1> = Gauge::new(
    "node_ipam_controller_cirdset_max_cidrs",
    "[ALPHA] Shares that a network has.",
    &["clusterCIDR"],
);
const TRIES: Histogram<1> = Histogram::new(
    "node_ipam_controller_cidrset_allocation_tries_per_request",
    "[ALPHA] Shares that were passed over for one that was free.",
    &["clusterCIDR"],
    &exponential::<5>(1.0, 5.0),
);

/// The reference tells this of no other controller of its manager.
const RUNNING: Gauge<2> = Gauge::new(
    "running_managed_controllers",
    "[BETA] Whether a controller is running in its manager.",
    &["name", "manager"],
);

pub(super) const METRICS: &[Metric] = &[
    ALLOCATIONS.metric(),
    RELEASES.metric(),
    USAGE.metric(),
    SHARES.metric(),
    TRIES.metric(),
    RUNNING.metric(),
];

/// Measures that the controller runs.
pub(super) fn running(plan: &mut Plan<Why>) {
    plan.measure(When::Always, RUNNING.share(1.0, ["nodeipam", "kube-controller-manager"]));
}

/// Measures how much of a network is taken, and was at the last look.
pub(super) fn network(plan: &mut Plan<Why>, network: &Network, taken: u64, last: u64) {
    let (shares, label) = (network.shares(), network.cidr().to_string());
    plan.measure(When::Always, SHARES.share(number(shares), [&label]));
    plan.measure(When::Always, USAGE.share(number(taken) / number(shares), [&label]));
    if let Ok(back @ 1..) = usize::try_from(last.saturating_sub(taken)) {
        plan.measure(When::Always, RELEASES.add(back, [&label]));
    }
}

/// Measures a share that was given; so many were passed over.
pub(super) fn given(step: &mut Step<Why>, network: Cidr, passed: u64) {
    let label = network.to_string();
    step.measure(When::Success, ALLOCATIONS.add(1, [&label]));
    step.measure(When::Success, TRIES.observe(number(passed), [&label]));
}

fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
