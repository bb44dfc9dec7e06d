//! Runs one machine: a turn whenever something has changed, a step is through, or it asked to be woken.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use client::ClientError;
use meta::{object::ObjectKey, resource::Resource};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use tracing::{error, info, warn};
use world::BoxFuture;

use super::{
    Term,
    act::Acting,
    component::{Component, KeysKept},
    fence::Sources,
    gather::{panic_message, yield_once},
    report::code,
};
use crate::{
    Explanation, Machine, Measurement, Metrics, Outcome, Step, Ticket, Turn, When,
    metrics::{Ending, Shares},
};

/// Outcomes that may wait for the next turn.
const OUTCOMES_MAX: usize = 1024;
/// A machine that panicked takes its next turn after this long.
const PANIC_WAIT: Duration = Duration::from_secs(1);

pub(crate) struct Driver<M: Machine> {
    pub(crate) acting: Arc<Acting>,
    pub(crate) sources: Sources,
    pub(crate) machine: Mutex<M>,
    /// Rung by the caches.
    pub(crate) bell: Arc<Notify>,
    pub(crate) metrics: Arc<Metrics>,
}

type Outcomes = mpsc::Sender<(Ticket, Outcome)>;

impl<M: Machine> Component for Driver<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }
    /// What a machine keeps is its own affair.
    fn kept(&self) -> KeysKept {
        KeysKept::default()
    }
    fn sources(&self) -> &Sources {
        &self.sources
    }
    fn run(self: Arc<Self>) -> BoxFuture<()> {
        Box::pin(async move {
            while let Some(term) = self.acting.gate.opened().await {
                tokio::select! {
                    biased;
                    () = self.acting.gate.closed(term) => {}
                    () = self.work(term) => {}
                }
                info!(controller = M::NAME, "stopped");
            }
        })
    }
    fn explain(self: Arc<Self>, _: Resource, _: ObjectKey) -> BoxFuture<Option<Explanation>> {
        Box::pin(async { None })
    }
}

impl<M: Machine> Driver<M> {
    async fn work(&self, term: Term) {
        self.sources.start(term.floor).await;
        info!(controller = M::NAME, "started");
        let (sender, mut receiver) = mpsc::channel(OUTCOMES_MAX);
        let mut shares = Shares::default();
        loop {
            let turn = self.guarded(M::turn);
            let turn = turn.unwrap_or(Turn {
                steps: Vec::new(),
                wake_after: Some(PANIC_WAIT),
                measurements: Vec::new(),
            });
            self.measured(&mut shares, turn.measurements);
            for (ticket, step) in turn.steps {
                self.start(term, ticket, step, sender.clone());
            }
            // Even one that is always busy lets others have a turn.
            yield_once().await;
            let first = tokio::select! {
                biased;
                outcome = receiver.recv() => outcome,
                () = self.bell.notified() => None,
                () = self.wake(turn.wake_after) => None,
            };
            let mut next = first;
            while let Some((ticket, outcome)) = next {
                self.guarded(|machine, now| machine.outcome(ticket, &outcome, now));
                next = receiver.try_recv().ok();
            }
        }
    }

    async fn wake(&self, after: Option<Duration>) {
        match after {
            Some(after) => self.acting.world.clock.sleep(after).await,
            None => std::future::pending().await,
        }
    }

    fn measured(&self, shares: &mut Shares, measurements: Vec<Measurement>) {
        let measurements: Vec<(When, Measurement)> =
            measurements.into_iter().map(|measurement| (When::Always, measurement)).collect();
        self.metrics.hold(shares, &measurements);
        let ending = Ending::new(None, Duration::ZERO, self.acting.world.clock.wall());
        self.metrics.record(&measurements, &ending);
    }

    /// Calls into the machine; `None` if it panicked.
    fn guarded<T>(&self, call: impl FnOnce(&mut M, meta::time::Time) -> T) -> Option<T> {
        let mut machine = self.machine.lock();
        let now = self.acting.world.clock.wall();
        let called = catch_unwind(AssertUnwindSafe(|| call(&mut machine, now)));
        if let Err(panic) = &called {
            self.metrics.panicked(M::NAME);
            let panic = panic_message(&**panic);
            error!(controller = M::NAME, panic, "panicked in a turn; it goes on");
        }
        called.ok()
    }

    fn start(&self, term: Term, ticket: Ticket, step: Step<M::Why>, outcomes: Outcomes) {
        let acting = Arc::clone(&self.acting);
        let beside = async move {
            if let Some(outcome) = acting.perform(term, &step).await {
                // The receiver is gone only when the term is over.
                let _ = outcomes.send((ticket, outcome)).await;
            }
        };
        drop(self.acting.world.tasks.spawn(M::NAME, Box::pin(beside)));
    }
}

impl Acting {
    /// Takes a machine's step and tells of it; `None` if the term is over.
    async fn perform<W: fmt::Display>(&self, term: Term, step: &Step<W>) -> Option<Outcome> {
        let (component, why) = (self.component, &step.why);
        let action = super::summary(&step.action);
        info!(controller = component, %action, %why, "taking a step");
        let began = self.world.clock.monotonic();
        let outcome = self.send(term, &step.action).await?.and_then(|response| {
            if response.body.is_empty() {
                return Ok(Value::Null);
            }
            serde_json::from_slice(&response.body)
                .map_err(|error| ClientError::Unreadable { reason: error.to_string() })
        });
        let refusal = outcome.as_ref().err().map(code);
        self.measure(step, refusal, began);
        let name = |object: &Value| {
            let name = object.pointer("/metadata/name").and_then(Value::as_str);
            name.unwrap_or_default().to_owned()
        };
        let recorder = self.recorder.named(step.reporter.as_ref());
        let written = outcome.as_ref().map(&name).unwrap_or_default();
        self.tell_alone((&step.action, why), (&outcome, &written), began);
        match &outcome {
            Ok(_) => recorder.record(step.on_success.as_ref(), &written, ""),
            Err(error) => {
                warn!(controller = component, %action, %error, "a step was refused");
                if !error.is_namespace_terminating() {
                    recorder.record(step.on_failure.as_ref(), "", &error.to_string());
                }
            }
        }
        Some(outcome)
    }
}
