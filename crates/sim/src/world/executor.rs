//! Runs tasks on one thread, in an order that the dice decide.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use parking_lot::Mutex;
use world::{BoxFuture, Task, Tasks, Timers};

use super::{
    account::{Account, Costs, Item, real_now},
    dice::{Seeded, mix},
    incarnation::Incarnation,
};

/// All tasks of a simulation.
pub(super) struct Executor {
    state: Mutex<State>,
    /// Tasks that were woken since the last step, in whatever order channels wake those who wait.
    woken: Arc<Mutex<Vec<u64>>>,
    dice: Seeded,
    pub(super) timers: Timers,
}

#[derive(Default)]
struct State {
    made: u64,
    steps: u64,
    tasks: BTreeMap<u64, Slot>,
    /// Tasks that wait for their turn. Sorted: the order in which they were woken is nobody's decision.
    ready: Vec<u64>,
    frozen: BTreeSet<String>,
    /// Tasks of frozen components that were woken.
    held: BTreeSet<u64>,
    fingerprint: u64,
    account: Account,
    /// `component/name` of the last one that ran.
    last: Option<(Arc<Incarnation>, &'static str)>,
}

struct Slot {
    owner: Arc<Incarnation>,
    name: &'static str,
    item: Item,
    /// Taken while it runs.
    future: Option<BoxFuture<()>>,
    signal: Arc<Signal>,
}

/// The waker of a task.
struct Signal {
    id: u64,
    queued: AtomicBool,
    woken: Arc<Mutex<Vec<u64>>>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.woken.lock().push(self.id);
        }
    }
}

impl Executor {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            woken: Arc::default(),
            dice: Seeded::named(seed, "order of tasks", 0),
            timers: Timers::default(),
        })
    }

    /// Runs one woken task up to its next wait. False if none is woken.
    pub(super) fn step(&self) -> bool {
        let Some(id) = self.pick() else { return false };
        let Some((mut future, signal, item)) = self.begin(id) else { return true };
        let waker = Waker::from(signal);
        let began = real_now();
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        let mut state = self.state.lock();
        state.account.add(item, began);
        if poll.is_pending() {
            // A task that was aborted or crashed while it ran has no slot any more.
            if let Some(slot) = state.tasks.get_mut(&id) {
                slot.future = Some(future);
            } else {
                drop(state);
                drop(future);
            }
            return true;
        }
        let slot = state.remove(id);
        drop(state);
        drop((slot, future));
        true
    }

    /// A woken task whose component is not frozen, by the dice.
    fn pick(&self) -> Option<u64> {
        let mut state = self.state.lock();
        let mut woken = self.woken.lock();
        woken.drain(..).for_each(|id| state.take_woken(id));
        drop(woken);
        let place = self.dice.place(state.ready.len());
        (place < state.ready.len()).then(|| state.ready.remove(place))
    }

    /// Takes the future out of its slot and notes the step in the fingerprint.
    fn begin(&self, id: u64) -> Option<(BoxFuture<()>, Arc<Signal>, Item)> {
        let mut state = self.state.lock();
        state.steps += 1;
        let micros = self.timers.now().0.as_micros();
        let time = u64::try_from(micros).unwrap_or(u64::MAX);
        state.fingerprint = mix(state.fingerprint ^ mix(id ^ mix(time)));
        let slot = state.tasks.get_mut(&id)?;
        let future = slot.future.take()?;
        let last = (Arc::clone(&slot.owner), slot.name);
        slot.signal.queued.store(false, Ordering::Relaxed);
        let (signal, item) = (Arc::clone(&slot.signal), slot.item);
        state.last = Some(last);
        Some((future, signal, item))
    }

    pub(super) fn spawn(
        &self,
        owner: &Arc<Incarnation>,
        name: &'static str,
        future: BoxFuture<()>,
    ) -> Option<u64> {
        if owner.has_ended() {
            return None;
        }
        let mut state = self.state.lock();
        state.made += 1;
        let id = state.made;
        let woken = Arc::clone(&self.woken);
        let signal = Arc::new(Signal { id, queued: AtomicBool::new(false), woken });
        signal.wake_by_ref();
        let (owner, item) = (Arc::clone(owner), state.account.item(owner, name));
        state.tasks.insert(id, Slot { owner, name, item, future: Some(future), signal });
        Some(id)
    }

    pub(super) fn abort(&self, id: u64) {
        let slot = self.state.lock().remove(id);
        // Outside the lock: destructors may spawn and abort.
        drop(slot);
    }

    /// Drops all tasks of a component.
    pub(super) fn abort_all(&self, component: &str) {
        let mut state = self.state.lock();
        let tasks = std::mem::take(&mut state.tasks);
        let (ended, rest): (BTreeMap<_, _>, _) =
            tasks.into_iter().partition(|(_, slot)| slot.owner.component == component);
        state.tasks = rest;
        state.sort_woken();
        drop(state);
        drop(ended);
    }

    pub(super) fn freeze(&self, component: &str) {
        let mut state = self.state.lock();
        state.frozen.insert(component.to_owned());
        state.sort_woken();
    }

    pub(super) fn thaw(&self, component: &str) {
        let mut state = self.state.lock();
        state.frozen.remove(component);
        state.sort_woken();
    }

    /// Steps so far, and a number that differs if any two of them were swapped.
    pub(super) fn fingerprint(&self) -> (u64, u64) {
        let state = self.state.lock();
        (state.steps, state.fingerprint)
    }

    /// What the tasks of each name took so far.
    pub(super) fn costs(&self) -> Costs {
        self.state.lock().account.costs()
    }

    /// `component/name` of the task that ran last.
    pub(super) fn last(&self) -> Option<String> {
        let state = self.state.lock();
        state.last.as_ref().map(|(owner, name)| format!("{}/{name}", owner.component))
    }

    /// `component/name` of every task, in the order they were spawned.
    pub(super) fn tasks(&self) -> Vec<String> {
        let state = self.state.lock();
        let describe = |slot: &Slot| format!("{}/{}", slot.owner.component, slot.name);
        state.tasks.values().map(describe).collect()
    }
}

impl State {
    /// Puts a task where it waits: for its turn, or for its component to go on.
    fn take_woken(&mut self, id: u64) {
        let Some(slot) = self.tasks.get(&id) else { return };
        if self.frozen.contains(&slot.owner.component) {
            self.held.insert(id);
        } else if let Err(place) = self.ready.binary_search(&id) {
            self.ready.insert(place, id);
        }
    }

    /// Tasks or what is frozen have changed.
    fn sort_woken(&mut self) {
        let woken =
            std::mem::take(&mut self.ready).into_iter().chain(std::mem::take(&mut self.held));
        woken.collect::<Vec<_>>().into_iter().for_each(|id| self.take_woken(id));
    }

    fn remove(&mut self, id: u64) -> Option<Slot> {
        let slot = self.tasks.remove(&id)?;
        if let Ok(place) = self.ready.binary_search(&id) {
            self.ready.remove(place);
        }
        self.held.remove(&id);
        Some(slot)
    }
}

/// The tasks of one incarnation.
pub(super) struct OwnTasks {
    pub(super) executor: Arc<Executor>,
    pub(super) owner: Arc<Incarnation>,
    pub(super) pace: Pace,
}

/// How long it takes what blocks, as a slow disk does. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<Mutex<Duration>>);

impl Pace {
    pub(super) fn set(&self, each: Duration) {
        *self.0.lock() = each;
    }
}

impl Tasks for OwnTasks {
    fn spawn(&self, name: &'static str, future: BoxFuture<()>) -> Box<dyn Task> {
        let id = self.executor.spawn(&self.owner, name, future);
        Box::new(Handle { executor: Arc::downgrade(&self.executor), id })
    }

    fn block(&self, name: &'static str, work: Box<dyn FnOnce() + Send>) {
        let (timers, each) = (self.executor.timers.clone(), *self.pace.0.lock());
        let blocking = async move {
            if !each.is_zero() {
                timers.sleep_until(timers.now() + each).await;
            }
            work();
        };
        self.executor.spawn(&self.owner, name, Box::pin(blocking));
    }
}

struct Handle {
    executor: Weak<Executor>,
    /// `None` if the component had crashed before.
    id: Option<u64>,
}

impl Task for Handle {
    fn abort(&self) {
        if let (Some(executor), Some(id)) = (self.executor.upgrade(), self.id) {
            executor.abort(id);
        }
    }
}
