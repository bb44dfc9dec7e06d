//! What a controller tells of itself in numbers: metrics as constants, and measurements as values that
//! plans and steps carry and the engine records.
//!
//! ```
//! use runtime::{Counter, Gauge, Histogram, Metric, Plan, When, exponential};
//!
//! const SYNCS: Counter<1> = Counter::new("web_syncs_total", "Looks at a web.", &["result"]);
//! const TOOK: Histogram<0> =
//!     Histogram::new("web_sync_seconds", "Seconds of a look.", &[], &exponential::<15>(0.001, 2.0));
//! const UNREADY: Gauge<1> = Gauge::new("web_unready", "Pods that are not ready.", &["namespace"]);
//! // `Controller::METRICS` lists them, so that the engine can register them.
//! const METRICS: &[Metric] = &[SYNCS.metric(), TOOK.metric(), UNREADY.metric()];
//!
//! let mut plan = Plan::<&str>::rest();
//! plan.measure(When::Success, SYNCS.add(1, ["success"]));
//! plan.measure(When::Failure, SYNCS.add(1, ["error"]));
//! plan.measure(When::Always, TOOK.took([]));
//! // This key's part of the gauge, until its next plan or its end.
//! plan.measure(When::Always, UNREADY.share(2.0, ["shop"]));
//! # assert_eq!(METRICS.len(), 3);
//! ```

use std::fmt;

use meta::{text::Text, time::Time};

/// A metric as the registry knows it: what all three kinds have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Unique in the process; two controllers that name the same metric count together.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// What it does with numbers.
    pub kind: MetricKind,
}

/// What a metric does with numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricKind {
    /// Adds them up.
    Counter,
    /// Shows the present one.
    Gauge,
    /// Counts how many are at most each bound.
    Histogram(&'static [f64]),
}

/// Adds up, with `N` labels.
#[derive(Debug, Clone, Copy)]
pub struct Counter<const N: usize> {
    metric: Metric,
}

/// Shows the sum of what all keys hold of it, with `N` labels. A series that no key has a share of
/// vanishes.
#[derive(Debug, Clone, Copy)]
pub struct Gauge<const N: usize> {
    metric: Metric,
}

/// Counts into buckets, with `N` labels.
#[derive(Debug, Clone, Copy)]
pub struct Histogram<const N: usize> {
    metric: Metric,
}

/// One number for one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    pub(crate) metric: &'static str,
    pub(crate) labels: Vec<Text>,
    pub(crate) sample: Sample,
}

/// The number of a measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sample {
    Count(u64),
    Observe(f64),
    /// Seconds that the look and the acting on it took.
    Took,
    /// Seconds that have passed since then when it is recorded.
    Since(Time),
    /// Part of a gauge that belongs to the key.
    Share(f64),
}

/// `name{value,value} +1`, as tests show it.
impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<&str> = self.labels.iter().map(Text::as_str).collect();
        write!(f, "{}{{{}}} ", self.metric, labels.join(","))?;
        match self.sample {
            Sample::Count(count) => write!(f, "+{count}"),
            Sample::Observe(value) => write!(f, "{value}"),
            Sample::Took => f.write_str("seconds taken"),
            Sample::Since(then) => write!(f, "seconds since {then}"),
            Sample::Share(value) => write!(f, "={value}"),
        }
    }
}

/// What must have become of a plan or a step for a measurement to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Anything. Shares of gauges are always taken when the plan is made.
    Always,
    /// It was done.
    Success,
    /// It was refused, conflicted, or nobody knows.
    Failure,
}

/// As the value of a label: becomes the HTTP code of the answer, `200` if all went well, `500` where
/// there was none.
pub const CODE: &str = "{code}";

impl<const N: usize> Counter<N> {
    /// A counter; `help` begins with the grade of stability where the reference has one.
    pub const fn new(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str; N],
    ) -> Self {
        Self { metric: Metric { name, help, labels, kind: MetricKind::Counter } }
    }
    /// For the list of a controller's metrics.
    pub const fn metric(&self) -> Metric {
        self.metric
    }
    /// `count` more.
    pub fn add(&self, count: usize, labels: [&str; N]) -> Measurement {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        measurement(&self.metric, labels, Sample::Count(count))
    }
}

impl<const N: usize> Gauge<N> {
    /// A gauge; `help` begins with the grade of stability where the reference has one.
    pub const fn new(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str; N],
    ) -> Self {
        Self { metric: Metric { name, help, labels, kind: MetricKind::Gauge } }
    }
    /// For the list of a controller's metrics.
    pub const fn metric(&self) -> Metric {
        self.metric
    }
    /// What the planned key holds of it until its next plan, its end, or the end of the term.
    pub fn share(&self, value: f64, labels: [&str; N]) -> Measurement {
        measurement(&self.metric, labels, Sample::Share(value))
    }
}

impl<const N: usize> Histogram<N> {
    /// A histogram with the upper bounds of its buckets, growing, without infinity.
    pub const fn new(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str; N],
        bounds: &'static [f64],
    ) -> Self {
        Self { metric: Metric { name, help, labels, kind: MetricKind::Histogram(bounds) } }
    }
    /// For the list of a controller's metrics.
    pub const fn metric(&self) -> Metric {
        self.metric
    }
    /// This value.
    pub fn observe(&self, value: f64, labels: [&str; N]) -> Measurement {
        measurement(&self.metric, labels, Sample::Observe(value))
    }
    /// The seconds that the look and the acting on it will have taken.
    pub fn took(&self, labels: [&str; N]) -> Measurement {
        measurement(&self.metric, labels, Sample::Took)
    }
    /// The seconds that will have passed since `then` when it is recorded.
    pub fn since(&self, then: Time, labels: [&str; N]) -> Measurement {
        measurement(&self.metric, labels, Sample::Since(then))
    }
}

fn measurement<const N: usize>(metric: &Metric, labels: [&str; N], sample: Sample) -> Measurement {
    Measurement { metric: metric.name, labels: labels.map(Text::from).into(), sample }
}

/// `N` bounds of buckets, from `first` on each `factor` times the one before.
pub const fn exponential<const N: usize>(first: f64, factor: f64) -> [f64; N] {
    let mut bounds = [first; N];
    let mut at = 1;
    while at < N {
        bounds[at] = bounds[at - 1] * factor;
        at += 1;
    }
    bounds
}
