//! The metrics that controllers declare, and what their plans and steps measured.

use std::{collections::BTreeMap, time::Duration};

use meta::{text::Text, time::Time};
use parking_lot::Mutex;
use prometheus::{
    GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, core::Collector,
};
use tracing::error;

use crate::{CODE, Measurement, Metric, MetricKind, When, measure::Sample};

/// Declared metrics and what is held of their gauges.
#[derive(Default)]
pub(super) struct Own {
    declared: Mutex<BTreeMap<&'static str, Declared>>,
    held: Mutex<BTreeMap<Series, Held>>,
}

enum Declared {
    Counter(IntCounterVec),
    Gauge(GaugeVec),
    Histogram(HistogramVec),
}

/// One line of a gauge.
type Series = (&'static str, Vec<Text>);

/// What all keys hold of a series.
#[derive(Default)]
struct Held {
    keys: usize,
    sum: f64,
}

/// What a plan's key holds of gauges.
#[derive(Debug, Default)]
pub(crate) struct Shares(Vec<(Series, f64)>);

impl Shares {
    /// Whether it holds nothing.
    pub(crate) fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

/// What became of a plan or a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    /// Whether it was done.
    pub(crate) when: When,
    /// What [`CODE`] stands for.
    pub(crate) code: u16,
    /// Since the key was taken from its queue.
    pub(crate) took: Duration,
    /// By the wall.
    pub(crate) now: Time,
}

/// What [`CODE`] stands for where nothing was wrong.
const GOOD: u16 = 200;

impl Ending {
    /// Of something that was done, or was refused with this code.
    pub(crate) fn new(refused: Option<u16>, took: Duration, now: Time) -> Self {
        let (when, code) = match refused {
            None => (When::Success, GOOD),
            Some(code) => (When::Failure, code),
        };
        Self { when, code, took, now }
    }
}

impl Own {
    /// Registers what is not known yet. Metrics without labels are there from now on, at zero.
    pub(super) fn declare(&self, registry: &Registry, metrics: &[Metric]) {
        let mut declared = self.declared.lock();
        for metric in metrics {
            if declared.contains_key(metric.name) {
                continue;
            }
            match Declared::register(registry, metric) {
                Ok(made) => drop(declared.insert(metric.name, made)),
                Err(error) => error!(metric = metric.name, %error, "a metric is not kept"),
            }
        }
    }

    /// Records those that an ending concerns.
    pub(super) fn record(&self, measurements: &[(When, Measurement)], ending: &Ending) {
        if measurements.is_empty() {
            return;
        }
        let declared = self.declared.lock();
        for (when, measurement) in measurements {
            if (*when == When::Always || *when == ending.when)
                && let Some(declared) = declared.get(measurement.metric)
            {
                declared.record(measurement, ending);
            }
        }
    }

    /// Replaces what a key holds of gauges by what its newest plan says.
    pub(super) fn hold(&self, shares: &mut Shares, measurements: &[(When, Measurement)]) {
        let fresh = measurements.iter().filter_map(|(_, measurement)| match measurement.sample {
            Sample::Share(value) => Some(((measurement.metric, measurement.labels.clone()), value)),
            Sample::Count(_) | Sample::Observe(_) | Sample::Took | Sample::Since(_) => None,
        });
        let fresh: Vec<(Series, f64)> = fresh.collect();
        if fresh == shares.0 {
            return;
        }
        let old = std::mem::replace(&mut shares.0, fresh);
        let mut held = self.held.lock();
        for (series, value) in &shares.0 {
            let held = held.entry(series.clone()).or_default();
            held.keys += 1;
            held.sum += value;
        }
        for (series, value) in &old {
            if let Some(held) = held.get_mut(series) {
                held.keys -= 1;
                held.sum -= value;
            }
        }
        let declared = self.declared.lock();
        for (series, _) in old.iter().chain(&shares.0) {
            let Some(Declared::Gauge(gauge)) = declared.get(series.0) else { continue };
            show(gauge, series, held.get(series));
        }
        held.retain(|_, held| held.keys > 0);
    }
}

/// Writes a series; without holders it vanishes, unless it is the only one its metric can have.
fn show(gauge: &GaugeVec, (_, labels): &Series, held: Option<&Held>) {
    let values: Vec<&str> = labels.iter().map(Text::as_str).collect();
    let (keys, sum) = held.map_or((0, 0.0), |held| (held.keys, held.sum));
    if keys == 0 && !values.is_empty() {
        // An error means that it is not there.
        let _ = gauge.remove_label_values(&values);
        return;
    }
    if let Ok(gauge) = gauge.get_metric_with_label_values(&values) {
        gauge.set(if keys == 0 { 0.0 } else { sum });
    }
}

impl Declared {
    fn register(registry: &Registry, metric: &Metric) -> prometheus::Result<Self> {
        let options = Opts::new(metric.name, metric.help);
        let declared = match metric.kind {
            MetricKind::Counter => {
                let made = IntCounterVec::new(options, metric.labels)?;
                Self::Counter(registered(registry, made)?)
            }
            MetricKind::Gauge => {
                let made = GaugeVec::new(options, metric.labels)?;
                Self::Gauge(registered(registry, made)?)
            }
            MetricKind::Histogram(bounds) => {
                let options = HistogramOpts::from(options).buckets(bounds.to_vec());
                let made = HistogramVec::new(options, metric.labels)?;
                Self::Histogram(registered(registry, made)?)
            }
        };
        if metric.labels.is_empty() {
            declared.begin();
        }
        Ok(declared)
    }

    /// Shows the only series there can be.
    fn begin(&self) {
        match self {
            Self::Counter(counter) => drop(counter.with_label_values::<&str>(&[])),
            Self::Gauge(gauge) => drop(gauge.with_label_values::<&str>(&[])),
            Self::Histogram(histogram) => drop(histogram.with_label_values::<&str>(&[])),
        }
    }

    fn record(&self, measurement: &Measurement, ending: &Ending) {
        let code = ending.code.to_string();
        let filled = measurement.labels.iter();
        let labels: Vec<&str> =
            filled.map(|label| if **label == *CODE { &code } else { label.as_str() }).collect();
        match self {
            Self::Counter(counter) => {
                if let (Ok(counter), Sample::Count(count)) =
                    (counter.get_metric_with_label_values(&labels), measurement.sample)
                {
                    counter.inc_by(count);
                }
            }
            Self::Histogram(histogram) => {
                if let (Ok(histogram), Some(value)) =
                    (histogram.get_metric_with_label_values(&labels), observed(measurement, ending))
                {
                    histogram.observe(value);
                }
            }
            // Held since the plan was made.
            Self::Gauge(_) => {}
        }
    }
}

fn observed(measurement: &Measurement, ending: &Ending) -> Option<f64> {
    match measurement.sample {
        Sample::Observe(value) => Some(value),
        Sample::Took => Some(ending.took.as_secs_f64()),
        Sample::Since(then) => Some(ending.now.since(then).as_secs_f64()),
        Sample::Count(_) | Sample::Share(_) => None,
    }
}

fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> prometheus::Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::{Counter, Gauge, Histogram};

    const SYNCS: Counter<1> = Counter::new("syncs_total", "Syncs.", &["code"]);
    const TOOK: Histogram<0> = Histogram::new("took_seconds", "Time.", &[], &[1.0, 10.0]);
    const REPLICAS: Gauge<1> = Gauge::new("replicas", "Pods.", &["namespace"]);
    const KEYS: Gauge<0> = Gauge::new("keys", "Keys.", &[]);

    fn check(act: impl FnOnce(&Own), expected: Expect) {
        let (own, registry) = (Own::default(), Registry::new());
        let metrics = [SYNCS.metric(), TOOK.metric(), REPLICAS.metric(), KEYS.metric()];
        own.declare(&registry, &metrics);
        own.declare(&registry, &metrics);
        act(&own);
        let mut shown = Vec::new();
        for family in registry.gather() {
            for metric in family.get_metric() {
                let labels = metric.get_label().iter().map(|label| label.value().to_owned());
                // Only one of them is there.
                let value = metric.get_counter().get_value()
                    + metric.get_gauge().get_value()
                    + metric.get_histogram().get_sample_sum();
                let labels = labels.collect::<Vec<_>>().join(",");
                shown.push(format!("{}{{{labels}}} {value}", family.name()));
            }
        }
        expected.assert_eq(&shown.join("\n"));
    }
    fn ending(refused: Option<u16>) -> Ending {
        Ending::new(refused, Duration::from_secs(2), Time::from_seconds(100))
    }

    #[test]
    fn metrics_without_labels_are_there_from_the_start() {
        check(
            |_| (),
            expect![[r#"
            keys{} 0
            took_seconds{} 0"#]],
        );
    }
    #[test]
    fn only_what_an_ending_concerns_is_recorded() {
        let measured = [
            (When::Success, SYNCS.add(1, [CODE])),
            (When::Failure, SYNCS.add(3, [CODE])),
            (When::Always, TOOK.took([])),
            (When::Failure, TOOK.since(Time::from_seconds(40), [])),
        ];
        check(
            |own| {
                own.record(&measured, &ending(None));
                own.record(&measured, &ending(Some(409)));
                own.record(&measured, &ending(Some(500)));
            },
            expect![[r#"
                keys{} 0
                syncs_total{200} 1
                syncs_total{409} 3
                syncs_total{500} 3
                took_seconds{} 126"#]],
        );
    }
    #[test]
    fn a_gauge_is_the_sum_of_what_keys_hold() {
        let share = |namespace: &str, value: f64| {
            [
                (When::Always, REPLICAS.share(value, [namespace])),
                (When::Always, KEYS.share(1.0, [])),
            ]
        };
        check(
            |own| {
                let (mut one, mut two) = (Shares::default(), Shares::default());
                own.hold(&mut one, &share("shop", 2.0));
                own.hold(&mut two, &share("shop", 3.0));
                own.hold(&mut one, &share("shop", 5.0));
            },
            expect![[r#"
                keys{} 2
                replicas{shop} 8
                took_seconds{} 0"#]],
        );
        check(
            |own| {
                let mut one = Shares::default();
                own.hold(&mut one, &share("shop", 2.0));
                own.hold(&mut one, &[]);
            },
            expect![[r#"
                keys{} 0
                took_seconds{} 0"#]],
        );
    }
}
