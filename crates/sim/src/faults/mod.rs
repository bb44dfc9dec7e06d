//! Carries out what a plan says goes wrong: what happens to each request, event and machine.

mod agenda;
mod targets;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use client::{ClientError, EventType, WatchEvent};
use parking_lot::Mutex;
use tokio::sync::watch;
use world::{Dice, World};

pub(crate) use self::agenda::{Agenda, Due, Ending};
use self::targets::Targets;
use crate::{
    net::Asked,
    plan::{Component, Fault, Plan, Rates, Sabotage, What, When},
};

/// The longest that a watch is held by chance.
const HOLD_MAX: Duration = Duration::from_secs(15);
/// The longest that a message is under way by chance.
const DELAY_MAX: Duration = Duration::from_secs(2);
/// Shorter than what the engine waits before it reads a lost write back.
const LATE_MAX: Duration = Duration::from_millis(900);

/// Decides what happens to each request and event. Clones share all.
#[derive(Clone)]
pub(crate) struct Faults(Arc<Shared>);

struct Shared {
    rates: Rates,
    /// Chance of its own; late writes live here.
    world: World,
    over: AtomicBool,
    state: Mutex<State>,
    targets: Mutex<Targets>,
    /// Something is no longer held, or a line is redirected.
    changed: watch::Sender<()>,
    lags: BTreeMap<Component, watch::Sender<u64>>,
}

#[derive(Default)]
struct State {
    writes: BTreeMap<Component, u64>,
    /// Faults that wait for a write.
    planned: Vec<(Component, u64, What)>,
    /// Faults whose write has come.
    due: VecDeque<What>,
    /// Where a component was sent, and how often it was.
    redirections: BTreeMap<Component, (Component, u64)>,
    sabotages: Vec<Sabotage>,
    injected: BTreeMap<&'static str, u64>,
}

/// An event of a watch, or how the watch ended.
type Delivered = Result<WatchEvent, ClientError>;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    /// Answered with a code, and nothing else.
    Refused(u16),
    /// Done, and the answer is lost.
    Unanswered,
    /// No answer, and done only after a while.
    Late(Duration),
}

/// How events are passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Manner {
    AtOnce,
    /// After a hold, in order.
    Held,
    /// After a hold, the last state of each object alone.
    LastStates,
}

impl Faults {
    pub(crate) fn new(plan: &Plan, world: World) -> Self {
        let after_write = |fault: &Fault| match fault.when {
            When::AfterWrite { of, write } => Some((of, write, fault.what.clone())),
            When::At { .. } => None,
        };
        let planned = plan.faults.iter().filter_map(after_write).collect();
        let lags = Component::APIS.map(|api| (api, watch::Sender::new(0)));
        Self(Arc::new(Shared {
            rates: plan.rates,
            world,
            over: AtomicBool::new(false),
            state: Mutex::new(State { planned, ..State::default() }),
            targets: Mutex::default(),
            changed: watch::Sender::new(()),
            lags: lags.into_iter().collect(),
        }))
    }

    /// Nothing goes wrong from now on, and nothing is held.
    pub(crate) fn stop(&self) {
        self.0.over.store(true, Ordering::Relaxed);
        self.0.targets.lock().clear();
        for lag in self.0.lags.values() {
            lag.send_replace(0);
        }
        self.0.changed.send_replace(());
    }

    pub(crate) fn world(&self) -> &World {
        &self.0.world
    }

    /// How many faults of each kind have happened.
    pub(crate) fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.0.state.lock().injected.clone()
    }

    pub(crate) fn count(&self, kind: &'static str) {
        *self.0.state.lock().injected.entry(kind).or_default() += 1;
    }

    /// The next fault that waited for a write and is due.
    pub(crate) fn next_due(&self) -> Option<What> {
        self.0.state.lock().due.pop_front()
    }

    /// Carries out what concerns requests and events alone.
    pub(crate) fn carry_out(&self, what: &What) {
        match what {
            What::Lag { api, revisions } => {
                if let Some(lag) = self.0.lags.get(api) {
                    lag.send_replace(*revisions);
                }
            }
            What::Redirect { component, api } => {
                let mut state = self.0.state.lock();
                let number = state.redirections.get(component).map_or(0, |(_, number)| *number);
                state.redirections.insert(*component, (*api, number + 1));
            }
            What::Sabotage { how } => self.0.state.lock().sabotages.push(*how),
            What::Hold { .. }
            | What::Release { .. }
            | What::Coalesce { .. }
            | What::LoseReply { .. }
            | What::Refuse { .. }
            | What::Storm { .. }
            | What::SlowReader { .. } => self.0.targets.lock().carry_out(what),
            What::Crash { .. }
            | What::Freeze { .. }
            | What::ClockJump { .. }
            | What::Cut { .. }
            | What::Compact
            | What::Poison { .. }
            | What::Edit { .. }
            | What::Copy { .. }
            | What::SlowDisk { .. }
            | What::FullDisk { .. }
            | What::FailedSync => {}
        }
        self.0.changed.send_replace(());
    }

    /// The storm is over, or the reader is fast again.
    pub(crate) fn end(&self, what: &What) {
        self.0.targets.lock().end(what);
    }

    /// A write of `component` was applied.
    pub(crate) fn wrote(&self, component: Component) {
        let mut state = self.0.state.lock();
        let count = state.writes.entry(component).or_default();
        *count += 1;
        let count = *count;
        let is_due =
            |planned: &mut (Component, u64, What)| planned.0 == component && planned.1 == count;
        let due: Vec<_> = state.planned.extract_if(.., is_due).collect();
        if !self.over() {
            state.due.extend(due.into_iter().map(|(_, _, what)| what));
        }
    }

    /// Where a component connects first, and in its how-many-eth connection.
    pub(crate) fn home(
        &self,
        component: Component,
        apis: &[Component],
        dice: &dyn Dice,
    ) -> (Component, u64) {
        if let Some(sent) = self.0.state.lock().redirections.get(&component) {
            return *sent;
        }
        let count = u64::try_from(apis.len()).unwrap_or(1);
        let lot = usize::try_from(dice.below(count)).unwrap_or(0);
        (apis.get(lot).copied().unwrap_or(Component::Api1), 0)
    }

    /// Where a component was sent after its connection `number`, and the number of the next.
    pub(crate) fn redirection(
        &self,
        component: Component,
        number: u64,
    ) -> Option<(Component, u64)> {
        let state = self.0.state.lock();
        state.redirections.get(&component).copied().filter(|(_, newest)| *newest > number)
    }

    /// Waits until a component is sent elsewhere.
    pub(crate) async fn redirected(&self, component: Component, number: u64) {
        let mut changed = self.0.changed.subscribe();
        while self.redirection(component, number).is_none() {
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// How far an API server is behind the store.
    pub(crate) fn lag(&self, api: Component) -> watch::Receiver<u64> {
        match self.0.lags.get(&api) {
            Some(lag) => lag.subscribe(),
            None => watch::Sender::new(0).subscribe(),
        }
    }

    /// Waits as long as a watch is held; answers how it goes on.
    pub(crate) async fn held(&self, component: Component, resource: &str) -> Manner {
        if !self.0.targets.lock().is_held(component, resource) {
            return Manner::AtOnce;
        }
        let mut changed = self.0.changed.subscribe();
        while self.0.targets.lock().is_held(component, resource) {
            // An error would mean that nobody holds anything any more.
            if changed.changed().await.is_err() {
                break;
            }
        }
        self.0.targets.lock().manner(component, resource).unwrap_or(Manner::Held)
    }

    /// How long a reader waits before it takes the next event.
    pub(crate) fn reading_pause(&self, component: Component, resource: &str) -> Option<Duration> {
        self.0.targets.lock().reading_pause(component, resource)
    }

    /// What happens to a request.
    pub(crate) fn fate(&self, caller: Component, asked: &Asked) -> Fate {
        if let Some(fate) = self.0.targets.lock().fate(caller, asked) {
            return fate;
        }
        if !Component::PARTS.contains(&caller) {
            return Fate::Arrives;
        }
        if asked.is_write() { self.fate_of_write() } else { self.fate_of_read() }
    }

    /// Events as they arrive, if somebody tampers with them.
    pub(crate) fn tamper(&self, mut batch: Vec<Delivered>) -> Vec<Delivered> {
        let place = |batch: &[Delivered], kind| {
            batch.iter().position(|event| event.as_ref().is_ok_and(|event| event.kind == kind))
        };
        if self.0.state.lock().sabotages.is_empty() {
            return batch;
        }
        if let Some(place) = place(&batch, EventType::Modified) {
            if self.breaks(Sabotage::SkipEvent) {
                drop(batch.remove(place));
            } else if self.breaks(Sabotage::RepeatEvent) {
                batch.insert(place, batch[place].clone());
            }
        }
        if let Some(place) =
            place(&batch, EventType::Added).filter(|_| self.breaks(Sabotage::HideObject))
        {
            drop(batch.remove(place));
        }
        batch
    }

    /// Whether a promise is to be broken so, now; each is broken once.
    pub(crate) fn breaks(&self, how: Sabotage) -> bool {
        let mut state = self.0.state.lock();
        let place = state.sabotages.iter().position(|planned| *planned == how);
        if let Some(place) = place {
            state.sabotages.swap_remove(place);
        }
        place.is_some()
    }

    pub(crate) fn delay(&self) -> Option<Duration> {
        self.strikes("delay", self.0.rates.delays).then(|| up_to(&*self.0.world.dice, DELAY_MAX))
    }

    /// How long a watch is held by chance, and how it goes on.
    pub(crate) fn hold(&self) -> Option<(Duration, Manner)> {
        let hold = || up_to(&*self.0.world.dice, HOLD_MAX);
        if self.strikes("held watch", self.0.rates.holds) {
            return Some((hold(), Manner::Held));
        }
        let coalesces = self.strikes("coalesced watch", self.0.rates.coalesces);
        coalesces.then(|| (hold(), Manner::LastStates))
    }

    pub(crate) fn drops_watch(&self) -> bool {
        self.strikes("dropped watch", self.0.rates.drops)
    }

    fn fate_of_read(&self) -> Fate {
        if self.strikes("refusal", self.0.rates.refusals) {
            return Fate::Refused(self.code());
        }
        if self.strikes("lost reply", self.0.rates.lost) { Fate::Unanswered } else { Fate::Arrives }
    }

    fn fate_of_write(&self) -> Fate {
        if self.strikes("conflict", self.0.rates.conflicts) {
            return Fate::Refused(409);
        }
        if self.strikes("late write", self.0.rates.late) {
            return Fate::Late(up_to(&*self.0.world.dice, LATE_MAX));
        }
        self.fate_of_read()
    }

    fn code(&self) -> u16 {
        match self.0.world.dice.below(3) {
            0 => 429,
            1 => 500,
            _ => 503,
        }
    }

    /// Whether something that happens so often happens now.
    fn strikes(&self, kind: &'static str, per_thousand: u64) -> bool {
        let strikes =
            per_thousand > 0 && !self.over() && self.0.world.dice.below(1000) < per_thousand;
        if strikes {
            self.count(kind);
        }
        strikes
    }

    fn over(&self) -> bool {
        self.0.over.load(Ordering::Relaxed)
    }
}

/// A duration below `most`.
fn up_to(dice: &dyn Dice, most: Duration) -> Duration {
    Duration::from_micros(dice.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
}
