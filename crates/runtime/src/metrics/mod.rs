//! What the foundations count, under the reference's names.

mod informer;
mod own;
mod rest_client;

use std::time::Duration;

use client::Method;
use meta::resource::Resource;
use parking_lot::Mutex;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, core::Collector, proto::MetricFamily,
};

pub(crate) use informer::InformerMetrics;
pub(crate) use own::{Ending, Shares};

use crate::{Measurement, Metric, When};

/// All metrics of a process. One per process; the binary gathers and encodes them.
pub struct Metrics {
    registry: Registry,
    before_gathering: Mutex<Vec<Box<dyn Fn() + Send + Sync>>>,
    depth: IntGaugeVec,
    adds: IntCounterVec,
    queue_duration: HistogramVec,
    work_duration: HistogramVec,
    unfinished: GaugeVec,
    longest: GaugeVec,
    retries: IntCounterVec,
    leading: IntGaugeVec,
    lease_slow_path: IntCounterVec,
    panics: IntCounterVec,
    rest_client: rest_client::RestClient,
    informers: informer::Informers,
    own: own::Own,
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        Self {
            before_gathering: Mutex::new(Vec::new()),
            depth: gauges(&registry, "workqueue_depth", "[BETA] Current depth of workqueue"),
            adds: counters(
                &registry,
                ("workqueue_adds_total", "name"),
                "[BETA] Total number of adds handled by workqueue",
            ),
            queue_duration: histograms(
                &registry,
                "workqueue_queue_duration_seconds",
                "[BETA] How long in seconds an item stays in workqueue before being requested.",
            ),
            work_duration: histograms(
                &registry,
                "workqueue_work_duration_seconds",
                "[BETA] How long in seconds processing an item from workqueue takes.",
            ),
            unfinished: float_gauges(
                &registry,
                "workqueue_unfinished_work_seconds",
                "[BETA] How many seconds of work has been done that is in progress and has not been observed by \
                 work_duration. Large values indicate stuck threads.",
            ),
            longest: float_gauges(
                &registry,
                "workqueue_longest_running_processor_seconds",
                "[BETA] How many seconds has the longest running processor for workqueue been running.",
            ),
            retries: counters(
                &registry,
                ("workqueue_retries_total", "name"),
                "[BETA] Total number of retries handled by workqueue",
            ),
            leading: gauges(
                &registry,
                "leader_election_master_status",
                "[ALPHA] Whether this process leads: 0 is standing by, 1 is leading.",
            ),
            lease_slow_path: counters(
                &registry,
                ("leader_election_slowpath_total", "name"),
                "[ALPHA] Renewals of a lease that had to read it first.",
            ),
            panics: counters(
                &registry,
                ("pilothouse_panics_total", "controller"),
                "Panics that were caught while a key was looked at.",
            ),
            rest_client: rest_client::RestClient::new(&registry),
            informers: informer::Informers::new(&registry),
            own: own::Own::default(),
            registry,
        }
    }
}

impl Metrics {
    /// Where others register theirs.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }
    /// All metrics as they are now.
    pub fn gather(&self) -> Vec<MetricFamily> {
        self.before_gathering.lock().iter().for_each(|update| update());
        self.registry.gather()
    }
    /// Calls `update` before metrics are gathered: for those that are read and not counted.
    pub(crate) fn on_gather(&self, update: Box<dyn Fn() + Send + Sync>) {
        self.before_gathering.lock().push(update);
    }
    /// Makes a controller's metrics known.
    pub(crate) fn declare(&self, metrics: &[Metric]) {
        self.own.declare(&self.registry, metrics);
    }
    /// Records what a plan or a step measured.
    pub(crate) fn record(&self, measurements: &[(When, Measurement)], ending: &Ending) {
        self.own.record(measurements, ending);
    }
    /// Replaces what a key holds of gauges by what its newest plan says.
    pub(crate) fn hold(&self, shares: &mut Shares, measurements: &[(When, Measurement)]) {
        self.own.hold(shares, measurements);
    }
    /// Those of the cache of a resource, in the process called `name`.
    pub(crate) fn informer(&self, name: &str, resource: &Resource) -> InformerMetrics {
        self.informers.of(name, resource)
    }
    /// A request waited so long for its turn.
    pub(crate) fn waited_for_pace(&self, waited: Duration, method: Method, host: &str) {
        self.rest_client.waited_for_pace(waited, method, host);
    }
    /// A request is sent again after it was refused with that code.
    pub(crate) fn retried(&self, code: u16, method: Method, host: &str) {
        self.rest_client.retried(code, method, host);
    }
    /// Those of one queue.
    pub(crate) fn queue(&self, name: &str) -> QueueMetrics {
        let label = &[name];
        QueueMetrics {
            depth: self.depth.with_label_values(label),
            adds: self.adds.with_label_values(label),
            queue_duration: self.queue_duration.with_label_values(label),
            work_duration: self.work_duration.with_label_values(label),
            unfinished: self.unfinished.with_label_values(label),
            longest: self.longest.with_label_values(label),
            retries: self.retries.with_label_values(label),
        }
    }
    /// Whether the lease of that name is held.
    pub(crate) fn leading(&self, lease: &str, leading: bool) {
        self.leading.with_label_values(&[lease]).set(i64::from(leading));
    }
    /// A lease was read before it was renewed.
    pub(crate) fn lease_slow_path(&self, lease: &str) {
        self.lease_slow_path.with_label_values(&[lease]).inc();
    }
    /// A controller panicked.
    pub(crate) fn panicked(&self, controller: &str) {
        self.panics.with_label_values(&[controller]).inc();
    }
}

/// The metrics of one queue.
pub(crate) struct QueueMetrics {
    depth: IntGauge,
    adds: IntCounter,
    queue_duration: Histogram,
    work_duration: Histogram,
    unfinished: Gauge,
    longest: Gauge,
    retries: IntCounter,
}

impl QueueMetrics {
    pub(crate) fn depth(&self, depth: usize) {
        self.depth.set(i64::try_from(depth).unwrap_or(i64::MAX));
    }
    pub(crate) fn added(&self, keys: usize) {
        self.adds.inc_by(u64::try_from(keys).unwrap_or(u64::MAX));
    }
    pub(crate) fn waited(&self, waited: Duration) {
        self.queue_duration.observe(waited.as_secs_f64());
    }
    pub(crate) fn worked(&self, worked: Duration) {
        self.work_duration.observe(worked.as_secs_f64());
    }
    pub(crate) fn unfinished(&self, all: Duration, oldest: Duration) {
        self.unfinished.set(all.as_secs_f64());
        self.longest.set(oldest.as_secs_f64());
    }
    pub(crate) fn retried(&self) {
        self.retries.inc();
    }
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect("names in this file are unique");
    collector
}
fn gauges(registry: &Registry, name: &str, help: &str) -> IntGaugeVec {
    let made = IntGaugeVec::new(Opts::new(name, help), &["name"]);
    registered(registry, made.expect("names in this file are valid"))
}
fn float_gauges(registry: &Registry, name: &str, help: &str) -> GaugeVec {
    let made = GaugeVec::new(Opts::new(name, help), &["name"]);
    registered(registry, made.expect("names in this file are valid"))
}
fn counters(registry: &Registry, (name, label): (&str, &str), help: &str) -> IntCounterVec {
    let made = IntCounterVec::new(Opts::new(name, help), &[label]);
    registered(registry, made.expect("names in this file are valid"))
}
fn histograms(registry: &Registry, name: &str, help: &str) -> HistogramVec {
    let buckets = prometheus::exponential_buckets(1e-8, 10.0, 10).expect("ten growing buckets");
    let made = HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), &["name"]);
    registered(registry, made.expect("names in this file are valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_the_references_seven_metrics() {
        let metrics = Metrics::default();
        metrics.queue("deployment").added(1);
        let names: Vec<String> = metrics.gather().iter().map(|f| f.name().to_owned()).collect();
        assert_eq!(
            names,
            [
                "workqueue_adds_total",
                "workqueue_depth",
                "workqueue_longest_running_processor_seconds",
                "workqueue_queue_duration_seconds",
                "workqueue_retries_total",
                "workqueue_unfinished_work_seconds",
                "workqueue_work_duration_seconds",
            ]
        );
    }
}
