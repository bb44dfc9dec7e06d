//! What is measured of nodes, under the reference's names.

use runtime::{Counter, Gauge, Histogram, Plan, When, exponential};

pub(super) const EVICTIONS: Counter<1> = Counter::new(
    "node_collector_evictions_total",
    "[STABLE] Nodes whose pods were told to leave.",
    &["zone"],
);
const UNHEALTHY: Gauge<1> = Gauge::new(
    "node_collector_unhealthy_nodes_in_zone",
    "[ALPHA] Nodes that are not ready.",
    &["zone"],
);
const HEALTH: Gauge<1> = Gauge::new(
    "node_collector_zone_health",
    "[ALPHA] Nodes that are ready, in percent.",
    &["zone"],
);
const SIZE: Gauge<1> =
    Gauge::new("node_collector_zone_size", "[ALPHA] Nodes that there are.", &["zone"]);
pub(super) const ALL_NODES_SECONDS: Histogram<0> = Histogram::new(
    "node_collector_update_all_nodes_health_duration_seconds",
    "[ALPHA] Seconds of a look at all nodes.",
    &[],
    &exponential::<8>(0.01, 4.0),
);
pub(super) const NODE_SECONDS: Histogram<0> = Histogram::new(
    "node_collector_update_node_health_duration_seconds",
    "[ALPHA] Seconds of a look at one node.",
    &[],
    &exponential::<8>(0.001, 4.0),
);

pub(super) const METRICS: &[runtime::Metric] = &[
    EVICTIONS.metric(),
    UNHEALTHY.metric(),
    HEALTH.metric(),
    SIZE.metric(),
    ALL_NODES_SECONDS.metric(),
];
pub(super) const NODE_METRICS: &[runtime::Metric] = &[NODE_SECONDS.metric()];

/// Measures a zone of which so many nodes are ready.
pub(super) fn zone<W: std::fmt::Debug>(plan: &mut Plan<W>, name: &str, all: usize, ready: usize) {
    let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    let health = if all == 0 { 100.0 } else { 100.0 * number(ready) / number(all) };
    plan.measure(When::Always, SIZE.share(number(all), [name]));
    plan.measure(When::Always, HEALTH.share(health, [name]));
    plan.measure(When::Always, UNHEALTHY.share(number(all - ready), [name]));
}
