//! The shape of a component that is one state machine over everything it sees (the scheduler),
//! where a controller is one per key.

use std::{fmt, sync::Arc, time::Duration};

use client::ClientError;
use meta::time::Time;
use serde_json::Value;
use world::{Clock, World};

use crate::{Informers, Measurement, Metric, Step};

/// Names a step until its outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticket(pub u64);

/// What became of a step: the server's answer, or its refusal.
pub type Outcome = Result<Value, ClientError>;

/// What a machine wants done after a turn.
#[derive(Debug)]
pub struct Turn<W> {
    /// Done at once, in any order; the outcome of each comes back under its ticket.
    pub steps: Vec<(Ticket, Step<W>)>,
    /// Take the next turn after this long even if nothing changes; zero means at once.
    pub wake_after: Option<Duration>,
    /// Recorded when the turn is over. Shares of gauges are the machine's until its next turn.
    pub measurements: Vec<Measurement>,
}

/// Chance for a machine, rolled once: provided to it as a setting before it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// Tells a machine how long something took, for its metrics: no decision may depend on it. Provided to
/// it as a setting before it is made.
#[derive(Clone)]
pub struct Stopwatch {
    clock: Arc<dyn Clock>,
}

/// Provides what a machine may have of the world.
pub(crate) fn equip(informers: &mut Informers, world: &World) {
    informers.provide(Seed(world.dice.roll()));
    informers.provide(Stopwatch { clock: Arc::clone(&world.clock) });
}

impl Stopwatch {
    /// What `work` answers, and how long it took.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let began = self.clock.monotonic();
        let answer = work();
        (answer, self.clock.monotonic().since(began))
    }
}

impl fmt::Debug for Stopwatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopwatch")
    }
}

/// A single state machine. The driver calls it from one task: changes are noted by the handlers that
/// `new` registers (they fill an inbox shared with the machine), then a turn is taken.
pub trait Machine: Send + Sized + 'static {
    /// As in logs and events, `default-scheduler`.
    const NAME: &'static str;
    /// What its steps measure.
    const METRICS: &'static [Metric] = &[];
    /// Why a step is taken.
    type Why: fmt::Display + fmt::Debug + Send + Sync + 'static;

    /// Registers caches and handlers.
    fn new(informers: &mut Informers) -> Self;
    /// Decides what to do now.
    fn turn(&mut self, now: Time) -> Turn<Self::Why>;
    /// Learns what became of a step.
    fn outcome(&mut self, ticket: Ticket, outcome: &Outcome, now: Time);
}
