//! Runs one controller: takes keys, looks at them, carries plans out.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use meta::{mutants::mutant, object::ObjectKey, resource::Resource};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{error, info, warn};
use world::BoxFuture;

use super::{
    Term,
    act::Acting,
    component::{Component, KeysKept},
    fence::Sources,
    gather::{gather, panic_message, yield_once},
    read,
    report::Next,
};
use crate::{
    Answers, Controller, Explanation, Measurement, Metrics, Observation, Plan, Read, When, explain,
    informers::Replay,
    metrics::{Ending, Shares},
    queue::WorkQueue,
};

/// Keys of one controller that may be acted on at once, unless it is said otherwise.
pub(crate) const KEYS_IN_FLIGHT: usize = 64;
/// Rounds of live reads that one look may take; more means that it asks in circles.
pub(crate) const ROUNDS_MAX: usize = 8;
/// Looks in a row before others get a turn.
const LOOKS_IN_A_ROW: u32 = 32;

pub(crate) struct Runner<C: Controller> {
    pub(crate) acting: Arc<Acting>,
    pub(crate) sources: Sources,
    pub(crate) view: Arc<C::View>,
    pub(crate) queue: Arc<WorkQueue<C::Key>>,
    pub(crate) replays: Vec<Replay>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) kept: Mutex<BTreeMap<C::Key, Kept<C::Memory>>>,
    /// Keys that may be acted on at once.
    pub(crate) keys_in_flight: usize,
}

/// What is kept of a key between looks.
#[derive(Default)]
pub(crate) struct Kept<M> {
    memory: M,
    /// What it holds of gauges.
    shares: Shares,
    /// Plans in a row that met another's write.
    conflicts: u32,
}

impl<M> Kept<M> {
    /// Whether it says nothing. Of a memory that has no room nobody may ever be told that the key is gone.
    fn is_empty(&self) -> bool {
        size_of::<M>() == 0 && self.conflicts == 0 && self.shares.are_none()
    }
}

/// What a look at a key gave.
enum Look<W> {
    Gone,
    Panicked,
    Ask(Vec<Read>),
    Planned(Plan<W>),
}

impl<W> Look<W> {
    fn of(plan: Plan<W>) -> Self {
        if plan.asks.is_empty() { Self::Planned(plan) } else { Self::Ask(plan.asks) }
    }
}

impl<C: Controller> Component for Runner<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }
    fn kept(&self) -> KeysKept {
        let mut keys: BTreeSet<C::Key> = self.kept.lock().keys().cloned().collect();
        keys.extend(self.queue.keys());
        let observe = |key| C::observe(&self.view, key, &Answers::default());
        let gone = keys.iter().filter(|key| matches!(observe(key), Observation::Gone)).count();
        KeysKept { all: keys.len(), gone }
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
                self.queue.close();
                self.forget_all();
                info!(controller = C::NAME, "stopped");
            }
        })
    }
    fn explain(
        self: Arc<Self>,
        resource: Resource,
        key: ObjectKey,
    ) -> BoxFuture<Option<Explanation>> {
        Box::pin(async move {
            let key = C::key_of(&resource, &key)?;
            let now = self.acting.world.clock.wall();
            let mut answers = Answers::default();
            for _ in 0..ROUNDS_MAX {
                let reads = match explain::explain::<C>(&self.view, &key, &answers, now) {
                    Ok(explanation) => return Some(explanation),
                    Err(reads) => reads,
                };
                self.ask(reads, &mut answers).await;
            }
            None
        })
    }
}

impl<C: Controller> Runner<C> {
    async fn work(self: &Arc<Self>, term: Term) {
        self.sources.start(term.floor).await;
        self.queue.open();
        self.replays.iter().for_each(|replay| replay());
        info!(controller = C::NAME, "started");
        let in_flight = Arc::new(Semaphore::new(self.keys_in_flight));
        let mut looks = 0_u32;
        // The semaphore is never closed.
        while let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await {
            let (key, waited) = self.queue.next().await;
            if self.acting.trace.is_followed() {
                let clock = &*self.acting.world.clock;
                self.acting.trace.begin(C::NAME, format!("{key:?}"), waited, clock);
            }
            self.process(term, key, permit);
            looks += 1;
            if looks.is_multiple_of(LOOKS_IN_A_ROW) {
                yield_once().await;
            }
        }
    }

    /// Looks at a key; what takes longer than a look goes on beside.
    fn process(self: &Arc<Self>, term: Term, key: C::Key, permit: OwnedSemaphorePermit) {
        let look = self.look(&key, &Answers::default());
        if let Some(look) = self.settle(&key, look) {
            let beside = Arc::clone(self).go_on(term, key, look, permit);
            drop(self.acting.world.tasks.spawn(C::NAME, Box::pin(beside)));
        }
    }

    /// Ends a look that wants neither reads nor writes; gives others back.
    fn settle(&self, key: &C::Key, look: Look<C::Why>) -> Option<Look<C::Why>> {
        match look {
            Look::Gone if mutant("hb_37") => self.queue.again(key),
            Look::Gone => {
                if !mutant("hb_06") {
                    self.forget(key);
                }
                self.told(key, || "nothing is left to look after".to_owned());
                self.queue.gone(key);
            }
            Look::Panicked => {
                self.forget(key);
                self.told(key, || "panicked; looks again later".to_owned());
                self.queue.failed(key, Duration::ZERO);
            }
            Look::Planned(plan) if plan.stages.is_empty() => {
                self.measure(key, &plan.measurements, None);
                self.rest(key, plan.ends);
                self.told(key, || Acting::rest(plan.wake_after));
                self.queue.succeeded(key, plan.wake_after);
            }
            Look::Ask(_) | Look::Planned(_) => return Some(look),
        }
        None
    }

    async fn go_on(
        self: Arc<Self>,
        term: Term,
        key: C::Key,
        look: Look<C::Why>,
        permit: OwnedSemaphorePermit,
    ) {
        self.follow(term, &key, look, permit).await;
        // All was forgotten at the end of the term, but for what was under way.
        if !self.acting.gate.may_act(term) {
            self.forget(&key);
        }
    }

    /// Reads and writes what a look asks for, and looks again, until there is rest.
    async fn follow(
        &self,
        term: Term,
        key: &C::Key,
        mut look: Look<C::Why>,
        permit: OwnedSemaphorePermit,
    ) {
        let mut answers = Answers::default();
        for _ in 0..ROUNDS_MAX {
            let reads = match look {
                Look::Ask(reads) => reads,
                Look::Planned(plan) => return self.act(term, key, plan, permit).await,
                Look::Gone | Look::Panicked => return,
            };
            self.ask(reads, &mut answers).await;
            let next = self.look(key, &answers);
            let Some(next) = self.settle(key, next) else { return };
            look = next;
        }
        warn!(controller = C::NAME, ?key, "a look asks in circles");
        self.queue.failed(key, Duration::ZERO);
    }

    async fn ask(&self, reads: Vec<Read>, answers: &mut Answers) {
        let ask = |wanted: Read| -> BoxFuture<_> {
            let transport = self.acting.way_to(&wanted);
            Box::pin(async move {
                let answer = read(&*transport, &wanted).await;
                (wanted, answer)
            })
        };
        let asked = reads.into_iter().map(ask).collect();
        for (wanted, answer) in gather(&self.acting.world, "live read", asked).await {
            answers.insert(wanted, answer);
        }
    }

    async fn act(
        &self,
        term: Term,
        key: &C::Key,
        plan: Plan<C::Why>,
        permit: OwnedSemaphorePermit,
    ) {
        let (wake, ends) = (plan.wake_after, plan.ends);
        let measurements = plan.measurements.clone();
        let report = self.acting.carry_out(term, &format!("{key:?}"), plan).await;
        self.measure(key, &measurements, report.refusal());
        // Waiting for caches is no work: others may act meanwhile.
        drop(permit);
        if !mutant("hb_26") && !mutant("hb_27") {
            self.sources.reach(&self.acting.world, &report.marks).await;
        }
        let conflicts = {
            let mut kept = self.kept.lock();
            let kept = kept.entry(key.clone()).or_default();
            kept.conflicts = if report.met_conflict() { kept.conflicts + 1 } else { 0 };
            for (step, error) in &report.refused {
                C::failed(&mut kept.memory, step, error);
            }
            kept.conflicts
        };
        let next = report.next(conflicts);
        self.told(key, || match next {
            Next::Rest => Acting::rest(wake),
            Next::Nothing => "may not act any more".to_owned(),
            Next::Again => "looks again at once".to_owned(),
            Next::Retry(wait) => format!("looks again after {:.3} s at least", wait.as_secs_f64()),
        });
        match next {
            Next::Rest => {
                self.rest(key, ends);
                self.queue.succeeded(key, wake);
            }
            Next::Nothing => {
                self.rest(key, false);
                self.queue.succeeded(key, None);
            }
            Next::Again => self.queue.again(key),
            Next::Retry(wait) => self.queue.failed(key, wait),
        }
    }

    /// Nothing is to be done now.
    fn rest(&self, key: &C::Key, ends: bool) {
        if ends || self.kept.lock().get(key).is_some_and(Kept::is_empty) {
            self.forget(key);
        }
    }

    /// Tells that a look is over, if somebody wants to know.
    fn told(&self, key: &C::Key, next: impl FnOnce() -> String) {
        let Acting { trace, world, .. } = &*self.acting;
        if trace.is_followed() {
            trace.end(C::NAME, format!("{key:?}"), next(), world.clock.monotonic());
        }
    }

    /// Drops what is kept of a key, its part of gauges included.
    fn forget(&self, key: &C::Key) {
        if let Some(mut kept) = self.kept.lock().remove(key) {
            self.metrics.hold(&mut kept.shares, &[]);
        }
    }
    fn forget_all(&self) {
        for mut kept in std::mem::take(&mut *self.kept.lock()).into_values() {
            self.metrics.hold(&mut kept.shares, &[]);
        }
    }

    fn measure(&self, key: &C::Key, measurements: &[(When, Measurement)], refusal: Option<u16>) {
        if measurements.is_empty() {
            return;
        }
        let (took, now) = (self.queue.working_for(key), self.acting.world.clock.wall());
        self.metrics.record(measurements, &Ending::new(refusal, took, now));
    }

    /// One planning at a time: the lock on what is kept sees to it.
    fn look(&self, key: &C::Key, answers: &Answers) -> Look<C::Why> {
        let mut kept = self.kept.lock();
        let now = self.acting.world.clock.wall();
        let looked =
            catch_unwind(AssertUnwindSafe(|| match C::observe(&self.view, key, answers) {
                Observation::Gone => Look::Gone,
                Observation::Ask(reads) => Look::Ask(reads),
                Observation::Ready(observed) => {
                    let Kept { memory, shares, .. } = kept.entry(key.clone()).or_default();
                    let plan = C::plan(memory, &observed, now);
                    if plan.asks.is_empty() {
                        self.metrics.hold(shares, &plan.measurements);
                    }
                    Look::of(plan)
                }
            }));
        looked.unwrap_or_else(|panic| {
            self.metrics.panicked(C::NAME);
            let panic = panic_message(&*panic);
            error!(controller = C::NAME, ?key, panic, "panicked at a key; it is backed off");
            Look::Panicked
        })
    }
}
