//! What was asked of the server, told to others: by a policy, as events of `audit.k8s.io/v1`, one
//! line of JSON each, to a log (upstream: `apiserver/pkg/audit`).

mod backend;
mod body;
mod event;
mod log;
mod policy;
mod trail;

use std::sync::Arc;

use bytes::Bytes;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};
use world::{Clock, World};

use backend::Feed;
pub use backend::{Backend, Batching, Mode};
pub use log::{LogFile, Rotation};
pub use policy::{Level, Policy, PolicyError, Stage};
pub(crate) use trail::Trail;

/// Events larger than a limit are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    /// Bytes of an event; a larger one loses its bodies.
    pub event_bytes_max: usize,
}

/// See the module.
pub struct Auditor {
    policy: Policy,
    feeds: Vec<Feed>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

/// An event that must be written before the request goes on was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotWritten;

struct Metrics {
    events: IntCounter,
    errors: IntCounterVec,
    levels: IntCounterVec,
    rejected: IntCounter,
}

impl Default for Metrics {
    fn default() -> Self {
        let counter = |name: &str, help: &str| {
            IntCounter::new(name, help).expect("names in this file are valid")
        };
        let counters = |name: &str, help: &str, label: &str| {
            IntCounterVec::new(Opts::new(name, help), &[label])
                .expect("names in this file are valid")
        };
        Self {
            events: counter("apiserver_audit_event_total", "[ALPHA] Audit events that were made."),
            errors: counters(
                "apiserver_audit_error_total",
                "[ALPHA] Audit events that were lost, by the backend that should have had them.",
                "plugin",
            ),
            levels: counters(
                "apiserver_audit_level_total",
                "[ALPHA] Requests, by how much of them is told.",
                "level",
            ),
            rejected: counter(
                "apiserver_audit_requests_rejected_total",
                "[ALPHA] Requests that were refused because their audit event could not be written.",
            ),
        }
    }
}

impl Auditor {
    /// Tells of requests by `policy` to every backend.
    pub fn new(world: &World, policy: Policy, backends: Vec<Backend>) -> Self {
        let metrics = Metrics::default();
        let start = |backend: Backend| {
            Feed::start(world, backend, metrics.errors.with_label_values(&["log"]))
        };
        let feeds = backends.into_iter().map(start).collect();
        Self { policy, feeds, clock: Arc::clone(&world.clock), metrics }
    }

    /// Lets a registry gather what is counted of events.
    ///
    /// # Errors
    /// The registry knows another auditor already.
    pub(crate) fn register_metrics(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.metrics.events.clone()))?;
        registry.register(Box::new(self.metrics.errors.clone()))?;
        registry.register(Box::new(self.metrics.levels.clone()))?;
        registry.register(Box::new(self.metrics.rejected.clone()))
    }

    /// Hands an event to every backend. `bare` gives it without bodies.
    fn tell(
        &self,
        stage: Stage,
        line: &Bytes,
        bare: impl Fn() -> Option<Bytes>,
    ) -> Result<(), NotWritten> {
        self.metrics.events.inc();
        let mut result = Ok(());
        for feed in &self.feeds {
            let is_written = feed.write(line, &bare);
            if !is_written && stage == Stage::RequestReceived && feed.is_strict() {
                self.metrics.rejected.inc();
                result = Err(NotWritten);
            }
        }
        result
    }
}
