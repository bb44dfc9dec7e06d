//! What was asked of the server, told to others: by a policy, as events of `audit.k8s.io/v1`, one
//! line of JSON each, to a log, or to a server (upstream: `apiserver/pkg/audit`).

mod backend;
mod batches;
mod body;
mod event;
mod log;
mod policy;
mod trail;
mod webhook;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};
use world::{Clock, World};

pub use backend::{Backend, Batching, Destination, Mode};
use backend::{Fate, Feed};
pub use log::{LogFile, Rotation};
pub use policy::{Level, Policy, PolicyError, Stage};
use tokio::sync::oneshot;
pub(crate) use trail::Trail;
pub use webhook::{Deliver, Retry, Throttle, Undelivered, Webhook};

/// What is larger than a limit is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    /// Bytes of an event; a larger one loses its bodies.
    pub event_bytes_max: usize,
    /// Bytes of a batch; a larger one becomes several.
    pub batch_bytes_max: usize,
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

/// An event on its way to the backends. Dropped, nobody waits for it.
struct Telling {
    result: Result<(), NotWritten>,
    /// What is not known yet, and whether the request must not go on if it comes to nothing.
    underway: Vec<(Strictness, oneshot::Receiver<bool>)>,
}

/// Whether a request goes on whose event is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    GoesOn,
    Refused,
}

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
            let lost = metrics.errors.with_label_values(&[backend.destination.name()]);
            Feed::start(world, backend, lost)
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

    /// Ends when the backends have every event that was told before, or after `time_max`.
    pub async fn flush(&self, time_max: Duration) {
        let flush = async {
            for feed in &self.feeds {
                feed.flush().await;
            }
        };
        tokio::select! {
            biased;
            () = flush => {}
            () = self.clock.sleep(time_max) => {
                tracing::warn!("audit events are lost: their backend is too slow for the end");
            }
        }
    }

    /// Hands an event to every backend. `bare` gives it without bodies.
    fn tell(&self, stage: Stage, line: &Bytes, bare: impl Fn() -> Option<Bytes>) -> Telling {
        self.metrics.events.inc();
        let mut telling = Telling::nothing();
        for feed in &self.feeds {
            let strictness = if stage == Stage::RequestReceived && feed.is_strict() {
                Strictness::Refused
            } else {
                Strictness::GoesOn
            };
            match (feed.write(line, &bare), strictness) {
                (Fate::Underway(told), _) => telling.underway.push((strictness, told)),
                (Fate::Lost, Strictness::Refused) => telling.result = Err(NotWritten),
                (Fate::Taken, _) | (Fate::Lost, Strictness::GoesOn) => {}
            }
        }
        telling
    }
}

impl Telling {
    const fn nothing() -> Self {
        Self { result: Ok(()), underway: Vec::new() }
    }

    /// Ends when every backend that wants requests to wait has the event, or has lost it.
    async fn done(self) -> Result<(), NotWritten> {
        let mut result = self.result;
        for (strictness, told) in self.underway {
            let is_lost = !told.await.unwrap_or(false);
            if is_lost && strictness == Strictness::Refused {
                result = Err(NotWritten);
            }
        }
        result
    }
}
