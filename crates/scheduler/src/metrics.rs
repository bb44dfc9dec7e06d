//! What the scheduler counts, under the reference's names.

use std::time::Duration;

use runtime::{Counter, Gauge, Histogram, Measurement, Metric, Stopwatch, exponential};

use crate::framework::Point;

pub(crate) const ATTEMPTS: Counter<2> = Counter::new(
    "scheduler_schedule_attempts_total",
    "[STABLE] Attempts to schedule pods, by result: scheduled, unschedulable or error.",
    &["result", "profile"],
);
pub(crate) const ATTEMPT_TIME: Histogram<2> = Histogram::new(
    "scheduler_scheduling_attempt_duration_seconds",
    "[STABLE] Seconds of an attempt, scheduling and binding.",
    &["result", "profile"],
    &exponential::<15>(0.001, 2.0),
);
pub(crate) const ALGORITHM_TIME: Histogram<0> = Histogram::new(
    "scheduler_scheduling_algorithm_duration_seconds",
    "[BETA] Seconds of choosing a node.",
    &[],
    &exponential::<15>(0.001, 2.0),
);
pub(crate) const POINT_TIME: Histogram<3> = Histogram::new(
    "scheduler_framework_extension_point_duration_seconds",
    "[STABLE] Seconds of all plugins of a point.",
    &["extension_point", "status", "profile"],
    &exponential::<12>(0.0001, 2.0),
);
pub(crate) const PLUGIN_TIME: Histogram<3> = Histogram::new(
    "scheduler_plugin_execution_duration_seconds",
    "[BETA] Seconds of one plugin at a point; one cycle in ten is measured.",
    &["plugin", "extension_point", "status"],
    &exponential::<20>(0.00001, 1.5),
);
pub(crate) const PLUGIN_CALLS: Counter<3> = Counter::new(
    "scheduler_plugin_evaluation_total",
    "[BETA] Cycles in which a plugin was asked at a point.",
    &["plugin", "extension_point", "profile"],
);
pub(crate) const PENDING: Gauge<1> = Gauge::new(
    "scheduler_pending_pods",
    "[STABLE] Pods that wait: active, backoff, unschedulable, gated.",
    &["queue"],
);
pub(crate) const INCOMING: Counter<2> = Counter::new(
    "scheduler_queue_incoming_pods_total",
    "[STABLE] Pods that went into a part of the queue, by event.",
    &["queue", "event"],
);
pub(crate) const UNSCHEDULABLE: Gauge<2> = Gauge::new(
    "scheduler_unschedulable_pods",
    "[BETA] Pods that wait because a plugin rejected them.",
    &["plugin", "profile"],
);
pub(crate) const POD_ATTEMPTS: Histogram<0> = Histogram::new(
    "scheduler_pod_scheduling_attempts",
    "[STABLE] Attempts until a pod was bound.",
    &[],
    &exponential::<5>(1.0, 2.0),
);
pub(crate) const POD_TIME: Histogram<1> = Histogram::new(
    "scheduler_pod_scheduling_sli_duration_seconds",
    "[BETA] Seconds from a pod's first place among the active ones to its binding.",
    &["attempts"],
    &exponential::<20>(0.01, 2.0),
);
pub(crate) const FLUSHED: Counter<0> = Counter::new(
    "scheduler_pod_scheduled_after_flush_total",
    "[ALPHA] Pods bound after they had only waited too long: an event or a hint is missing.",
    &[],
);
pub(crate) const PERMIT_WAIT: Histogram<1> = Histogram::new(
    "scheduler_permit_wait_duration_seconds",
    "[BETA] Seconds for which pods waited for a permission.",
    &["result"],
    &exponential::<15>(0.001, 2.0),
);
pub(crate) const PREEMPTIONS: Counter<0> = Counter::new(
    "scheduler_preemption_attempts_total",
    "[STABLE] Attempts to make room by evicting others.",
    &[],
);
pub(crate) const VICTIMS: Histogram<0> = Histogram::new(
    "scheduler_preemption_victims",
    "[STABLE] Victims of a preemption.",
    &[],
    &exponential::<7>(1.0, 2.0),
);
pub(crate) const VIOLATIONS: Counter<1> = Counter::new(
    "scheduler_preemption_pdb_violations_total",
    "[ALPHA] Victims that a disruption budget would have kept.",
    &["preemptor"],
);
pub(crate) const CACHE_SIZE: Gauge<1> = Gauge::new(
    "scheduler_cache_size",
    "[ALPHA] Nodes, pods and assumed pods that are known.",
    &["type"],
);

/// All of them, for the registry.
pub(crate) const ALL: &[Metric] = &[
    ATTEMPTS.metric(),
    ATTEMPT_TIME.metric(),
    ALGORITHM_TIME.metric(),
    POINT_TIME.metric(),
    PLUGIN_TIME.metric(),
    PLUGIN_CALLS.metric(),
    PENDING.metric(),
    INCOMING.metric(),
    UNSCHEDULABLE.metric(),
    POD_ATTEMPTS.metric(),
    POD_TIME.metric(),
    FLUSHED.metric(),
    PERMIT_WAIT.metric(),
    PREEMPTIONS.metric(),
    VICTIMS.metric(),
    VIOLATIONS.metric(),
    CACHE_SIZE.metric(),
];

/// One cycle in so many measures each plugin.
const PLUGINS_MEASURED_EVERY: u64 = 10;

/// Collects the measurements of a turn.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    stopwatch: Option<Stopwatch>,
    profile: String,
    cycles: u64,
    pub(crate) measured: Vec<Measurement>,
}

impl Meter {
    pub(crate) fn new(stopwatch: Option<Stopwatch>) -> Self {
        Self { stopwatch, ..Self::default() }
    }
    /// The next cycle begins.
    pub(crate) fn begin(&mut self, profile: &str) {
        self.cycles += 1;
        if self.profile != profile {
            profile.clone_into(&mut self.profile);
        }
    }
    /// One number more.
    pub(crate) fn note(&mut self, measurement: Measurement) {
        self.measured.push(measurement);
    }
    /// Does `work` and answers how long it took.
    pub(crate) fn time<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, Duration) {
        match self.stopwatch.clone() {
            Some(stopwatch) => stopwatch.time(|| work(self)),
            None => (work(self), Duration::ZERO),
        }
    }
    /// All plugins of a point.
    pub(crate) fn point<T>(
        &mut self,
        point: Point,
        status: fn(&T) -> &'static str,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let (answer, took) = self.time(work);
        let labels = [point.name(), status(&answer), self.profile.as_str()];
        let measurement = POINT_TIME.observe(took.as_secs_f64(), labels);
        self.note(measurement);
        answer
    }
    /// One plugin at a point.
    pub(crate) fn plugin<T>(
        &mut self,
        (plugin, point): (&'static str, Point),
        status: fn(&T) -> &'static str,
        work: impl FnOnce() -> T,
    ) -> T {
        if !self.cycles.is_multiple_of(PLUGINS_MEASURED_EVERY) {
            return work();
        }
        let (answer, took) = self.time(|_| work());
        let labels = [plugin, point.name(), status(&answer)];
        self.note(PLUGIN_TIME.observe(took.as_secs_f64(), labels));
        answer
    }
    /// A plugin was asked in this cycle.
    pub(crate) fn asked(&mut self, plugin: &'static str, point: Point) {
        let measurement = PLUGIN_CALLS.add(1, [plugin, point.name(), &self.profile]);
        self.note(measurement);
    }
}

/// `Success` or the code of a refusal.
pub(crate) fn status_of<T>(answer: &Result<T, crate::framework::Rejection>) -> &'static str {
    answer.as_ref().map_or_else(|rejection| rejection.code.name(), |_| "Success")
}

/// Attempts as the label of a histogram: beyond fourteen they are one.
pub(crate) fn attempts_label(attempts: u32) -> String {
    if attempts >= 15 { "15+".to_owned() } else { attempts.to_string() }
}
