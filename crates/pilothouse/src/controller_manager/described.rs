//! Metrics of the process itself: what it is, and which features are on.

use std::{collections::BTreeMap, time::Duration};

use app::gates::Gate;
use prometheus::{
    Gauge, GaugeVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry, core::Collector,
    proto::MetricFamily,
};
use world::World;

use crate::cli::{self, KUBERNETES_VERSION};

/// Registers what does not change while the process lives.
pub(super) fn describe(registry: &Registry, world: &World, gates: &BTreeMap<&'static str, Gate>) {
    build(registry);
    features(registry, gates);
    let start = Gauge::new(
        "process_start_time_seconds",
        "[ALPHA] Start of the process, in seconds since 1970.",
    );
    let microseconds = u64::try_from(world.clock.wall().microseconds()).unwrap_or_default();
    let start = start.expect("names in this file are valid");
    start.set(Duration::from_micros(microseconds).as_secs_f64());
    register(registry, start);
}

fn build(registry: &Registry) {
    let version = KUBERNETES_VERSION.trim_start_matches('v');
    let mut numbers = version.split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let (platform, release) = (cli::platform(), format!("{major}.{minor}"));
    constant(
        registry,
        ("kubernetes_build_info", "[BETA] Always 1; the labels say what was built."),
        &[
            ("major", major),
            ("minor", minor),
            ("git_version", KUBERNETES_VERSION),
            ("git_commit", ""),
            ("git_tree_state", "clean"),
            ("build_date", ""),
            ("go_version", ""),
            ("compiler", "rustc"),
            ("platform", &platform),
        ],
    );
    constant(
        registry,
        ("version_info", "[ALPHA] Always 1; the labels say which release this behaves as."),
        &[
            ("component", "kube"),
            ("binary", &release),
            ("emulation", &release),
            ("min_compat", &release),
        ],
    );
}

fn features(registry: &Registry, gates: &BTreeMap<&'static str, Gate>) {
    let enabled = Opts::new(
        "kubernetes_feature_enabled",
        "[BETA] Whether a feature gate of the reference is on, by name and stage.",
    );
    let enabled = IntGaugeVec::new(enabled, &["name", "stage"]);
    let enabled = enabled.expect("names in this file are valid");
    for gate in gates.values() {
        enabled.with_label_values(&[gate.name, gate.stage.label()]).set(i64::from(gate.is_on));
    }
    register(registry, enabled);
}

/// Leaves out the families that `--disabled-metrics` names, and counts them and the others.
pub(super) struct Shown {
    disabled: Vec<String>,
    registered: IntCounterVec,
}

impl Shown {
    pub(super) fn new(registry: &Registry, disabled: Vec<String>) -> Self {
        let counter = |name: &str, help: &str| {
            let made = IntCounter::new(name, help).expect("names in this file are valid");
            register(registry, made.clone());
            made
        };
        let off = counter("disabled_metrics_total", "[BETA] Metrics that are switched off.");
        off.inc_by(u64::try_from(disabled.len()).unwrap_or(u64::MAX));
        counter("hidden_metrics_total", "[BETA] Metrics that are hidden because they are old.");
        let registered = Opts::new(
            "registered_metrics_total",
            "[BETA] Metrics that have shown a value, by grade of stability.",
        );
        let registered = IntCounterVec::new(registered, &["stability_level", "deprecated_version"]);
        let registered = registered.expect("names in this file are valid");
        register(registry, registered.clone());
        Self { disabled, registered }
    }

    /// The families that may be shown.
    pub(super) fn of(&self, mut families: Vec<MetricFamily>) -> Vec<MetricFamily> {
        families.retain(|family| !self.disabled.iter().any(|name| name == family.name()));
        for level in ["ALPHA", "BETA", "STABLE"] {
            let start = format!("[{level}]");
            let count = families.iter().filter(|family| family.help().starts_with(&start)).count();
            let counter = self.registered.with_label_values(&[level, ""]);
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        families
    }
}

fn constant(registry: &Registry, (name, help): (&str, &str), labels: &[(&str, &str)]) {
    let names: Vec<&str> = labels.iter().map(|(name, _)| *name).collect();
    let values: Vec<&str> = labels.iter().map(|(_, value)| *value).collect();
    let gauge = GaugeVec::new(Opts::new(name, help), &names);
    let gauge = gauge.expect("names in this file are valid");
    gauge.with_label_values(&values).set(1.0);
    register(registry, gauge);
}

fn register(registry: &Registry, collector: impl Collector + 'static) {
    registry.register(Box::new(collector)).expect("names in this file are unique");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_off_is_not_shown_and_counted() {
        let registry = Registry::new();
        let shown = Shown::new(&registry, vec!["hidden_metrics_total".to_owned()]);
        let names = || {
            let families = shown.of(registry.gather());
            families.iter().map(|family| family.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(), ["disabled_metrics_total"]);
        assert_eq!(names(), ["disabled_metrics_total", "registered_metrics_total"]);
    }
}
