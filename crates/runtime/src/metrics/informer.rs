//! What the caches are fed, under the reference's names.

use std::time::Duration;

use meta::{object::ResourceVersion, resource::Resource};
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::registered;

/// The metrics of all caches.
pub(super) struct Informers {
    queued: IntGaugeVec,
    latency: HistogramVec,
    version: IntGaugeVec,
}

/// Those of one cache.
#[derive(Clone)]
pub(crate) struct InformerMetrics {
    latency: Histogram,
    version: IntGauge,
}

const LABELS: [&str; 4] = ["name", "group", "version", "resource"];
const SECONDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Versions are shown by their low fifteen digits: a number of 64 bits floating keeps no more.
const DIGITS: u64 = 1_000_000_000_000_000;

impl Informers {
    pub(super) fn new(registry: &Registry) -> Self {
        let gauge = |name: &str, help: &str| {
            let made = IntGaugeVec::new(Opts::new(name, help), &LABELS);
            registered(registry, made.expect("names in this file are valid"))
        };
        let latency = HistogramOpts::new(
            "informer_processing_latency_seconds",
            "[ALPHA] Seconds that a change took into its cache and to all who listen.",
        );
        let latency = HistogramVec::new(latency.buckets(SECONDS.to_vec()), &LABELS);
        Self {
            queued: gauge(
                "informer_queued_items",
                "[ALPHA] Changes that have arrived and wait for their cache.",
            ),
            latency: registered(registry, latency.expect("names in this file are valid")),
            version: gauge(
                "informer_store_resource_version",
                "[ALPHA] Low fifteen digits of the resource version that a cache has reached.",
            ),
        }
    }
    /// Those of the cache of a resource in the process called `name`. Nothing is queued between the
    /// stream of a watch and its cache.
    pub(super) fn of(&self, name: &str, resource: &Resource) -> InformerMetrics {
        let labels = [name, &*resource.group, &*resource.version, &*resource.plural];
        self.queued.with_label_values(&labels).set(0);
        InformerMetrics {
            latency: self.latency.with_label_values(&labels),
            version: self.version.with_label_values(&labels),
        }
    }
}

impl InformerMetrics {
    pub(crate) fn took(&self, took: Duration) {
        self.latency.observe(took.as_secs_f64());
    }
    pub(crate) fn reached(&self, version: ResourceVersion) {
        self.version.set(i64::try_from(version.0 % DIGITS).unwrap_or_default());
    }
}
