//! What the autoscaler tells of itself in numbers.

use std::cmp::Ordering;

use runtime::{Counter, Gauge, Histogram, Metric, Plan, When, exponential};

use super::{observe::Observed, why::Why};

const SECONDS: [f64; 15] = exponential(0.001, 2.0);
const LOOKS: Counter<2> = Counter::new(
    "horizontal_pod_autoscaler_controller_reconciliations_total",
    "[BETA] Looks at an autoscaler, by where its target went and what went wrong.",
    &["action", "error"],
);
const LOOK_SECONDS: Histogram<2> = Histogram::new(
    "horizontal_pod_autoscaler_controller_reconciliation_duration_seconds",
    "[BETA] Seconds of a look at an autoscaler.",
    &["action", "error"],
    &SECONDS,
);
const METRICS_READ: Counter<3> = Counter::new(
    "horizontal_pod_autoscaler_controller_metric_computation_total",
    "[BETA] Metrics that were looked at, by what they proposed and what went wrong.",
    &["action", "error", "metric_type"],
);
const METRIC_SECONDS: Histogram<3> = Histogram::new(
    "horizontal_pod_autoscaler_controller_metric_computation_duration_seconds",
    "[BETA] Seconds until a metric was known.",
    &["action", "error", "metric_type"],
    &SECONDS,
);
const DESIRED: Gauge<2> = Gauge::new(
    "horizontal_pod_autoscaler_controller_desired_replicas",
    "[ALPHA] Replicas that an autoscaler wants.",
    &["namespace", "hpa_name"],
);
const AUTOSCALERS: Gauge<0> = Gauge::new(
    "horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers",
    "[ALPHA] Autoscalers there are.",
    &[],
);

/// All of them.
pub(super) const METRICS: &[Metric] = &[
    LOOKS.metric(),
    LOOK_SECONDS.metric(),
    METRICS_READ.metric(),
    METRIC_SECONDS.metric(),
    DESIRED.metric(),
    AUTOSCALERS.metric(),
];

/// What kind of trouble there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Trouble {
    #[default]
    None,
    /// The autoscaler cannot be followed as it is written.
    Spec,
    /// Something else did not answer as it should.
    Internal,
}

impl Trouble {
    const fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Spec => "spec",
            Self::Internal => "internal",
        }
    }
}

/// Where a size goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Direction {
    #[default]
    Stays,
    Up,
    Down,
}

impl Direction {
    pub(super) fn of(from: i32, to: i32) -> Self {
        match to.cmp(&from) {
            Ordering::Greater => Self::Up,
            Ordering::Less => Self::Down,
            Ordering::Equal => Self::Stays,
        }
    }
    const fn label(self) -> &'static str {
        match self {
            Self::Stays => "none",
            Self::Up => "scale_up",
            Self::Down => "scale_down",
        }
    }
}

/// One metric that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Computed {
    /// As in the spec.
    pub(super) kind: String,
    pub(super) direction: Direction,
    pub(super) trouble: Trouble,
}

/// What a look came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pub(super) direction: Direction,
    pub(super) trouble: Trouble,
    pub(super) metrics: Vec<Computed>,
    pub(super) desired: i32,
}

/// Puts a look's numbers into its plan.
pub(super) fn measure(plan: &mut Plan<Why>, observed: &Observed, look: &Look) {
    let (action, error) = (look.direction.label(), look.trouble.label());
    plan.measure(When::Success, LOOKS.add(1, [action, error]));
    plan.measure(When::Success, LOOK_SECONDS.took([action, error]));
    let failed = ["none", Trouble::Internal.label()];
    plan.measure(When::Failure, LOOKS.add(1, failed));
    plan.measure(When::Failure, LOOK_SECONDS.took(failed));
    for Computed { kind, direction, trouble } in &look.metrics {
        let labels = [direction.label(), trouble.label(), kind];
        plan.measure(When::Always, METRICS_READ.add(1, labels));
        plan.measure(When::Always, METRIC_SECONDS.took(labels));
    }
    let metadata = &observed.autoscaler.metadata;
    let desired = DESIRED.share(look.desired.into(), [&metadata.namespace, &metadata.name]);
    plan.measure(When::Always, desired);
    plan.measure(When::Always, AUTOSCALERS.share(1.0, []));
}
