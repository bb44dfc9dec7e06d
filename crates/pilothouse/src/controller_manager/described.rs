//! Metrics of the process itself: what it is, which features are on, and what it uses.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use app::gates::Gate;
use prometheus::{
    Counter, Gauge, GaugeVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
    core::Collector, proto::MetricFamily,
};
use world::{Disk, World};

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

/// What the process uses, read anew for each scrape.
pub(super) struct Usage {
    disk: Arc<dyn Disk>,
    cpu: Counter,
    resident: Gauge,
    virtual_memory: Gauge,
}

/// Linux counts processor time in hundredths of a second, and memory in pages.
const TICKS_PER_SECOND: f64 = 100.0;
const PAGE_BYTES: f64 = 4096.0;

impl Usage {
    pub(super) fn new(registry: &Registry, disk: Arc<dyn Disk>) -> Self {
        let gauge = |name: &str, help: &str| {
            let made = Gauge::new(name, help).expect("names in this file are valid");
            register(registry, made.clone());
            made
        };
        let cpu =
            Counter::new("process_cpu_seconds_total", "Processor time that was used, in seconds.");
        let cpu = cpu.expect("names in this file are valid");
        register(registry, cpu.clone());
        Self {
            disk,
            cpu,
            resident: gauge("process_resident_memory_bytes", "Resident memory in bytes."),
            virtual_memory: gauge("process_virtual_memory_bytes", "Virtual memory in bytes."),
        }
    }

    /// Reads it; where there is no `/proc`, nothing is known.
    pub(super) fn read(&self) {
        let read = |path: &str| {
            let bytes = self.disk.read(path.as_ref()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        if let Some(ticks) = processor_ticks(&read("/proc/self/stat")) {
            self.cpu.inc_by((ticks / TICKS_PER_SECOND - self.cpu.get()).max(0.0));
        }
        let pages = read("/proc/self/statm");
        let mut pages = pages.split_whitespace().filter_map(|pages| pages.parse::<f64>().ok());
        if let (Some(virtual_pages), Some(resident)) = (pages.next(), pages.next()) {
            self.virtual_memory.set(virtual_pages * PAGE_BYTES);
            self.resident.set(resident * PAGE_BYTES);
        }
    }
}

/// User and system time of `/proc/self/stat`; the name before them may hold anything.
fn processor_ticks(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut numbers = after_name.split_whitespace().skip(11);
    let user: f64 = numbers.next()?.parse().ok()?;
    let system: f64 = numbers.next()?.parse().ok()?;
    Some(user + system)
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
    fn processor_time_is_read_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 3 0 1 2 3";
        assert_eq!(processor_ticks(stat), Some(300.0));
        assert_eq!(processor_ticks(""), None);
    }

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
