//! The simulated world: one thread, virtual time, chance from a seed, disks that forget.
//!
//! A [`Simulation`] gives each component a [`World`] of its own. Tasks run one at a time, in an order
//! that the seed decides; when none has anything to do, time jumps to the next timer. A crash ends
//! a component's tasks where they are, and its disk keeps what was synced and perhaps some of the
//! rest. The same seed and the same calls give the same run, step by step.

mod account;
mod clock;
mod dice;
mod disk;
mod executor;
mod incarnation;
mod network;

use std::{cell::Cell, collections::BTreeMap, sync::Arc, time::Duration};

pub use account::{Cost, Costs};
pub use disk::DiskFault;
pub(crate) use disk::forget_pages;
use parking_lot::Mutex;
use world::{Dice, Monotonic, NoProcesses, World};

use self::{
    clock::{Skew, VirtualClock},
    dice::Seeded,
    disk::{OwnDisk, Platter},
    executor::{Executor, OwnTasks, Pace},
    incarnation::Incarnation,
    network::{OwnNetwork, Wires},
};

/// Chance for `purpose`, from a seed and nothing else.
pub(crate) fn dice(seed: u64, purpose: &str) -> Arc<dyn Dice> {
    Arc::new(Seeded::named(seed, purpose, 0))
}

/// See the module.
pub struct Simulation {
    seed: u64,
    executor: Arc<Executor>,
    wires: Arc<Wires>,
    machines: Mutex<BTreeMap<String, Machine>>,
    dice: Seeded,
    /// The present moment, and the steps when it began.
    moment: Cell<(Monotonic, u64)>,
}

/// What a task gives when it has ended.
pub struct Begun<T>(Arc<Mutex<Option<T>>>);

impl<T> Begun<T> {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.0.lock().is_some()
    }
    /// What came of it; `None` if it has not ended, or ended with its component.
    pub fn take(&self) -> Option<T> {
        self.0.lock().take()
    }
}

impl Drop for Simulation {
    /// Tasks hold worlds, which hold the executor that holds the tasks.
    fn drop(&mut self) {
        let components: Vec<String> = self.machines.lock().keys().cloned().collect();
        for component in components {
            self.crash(&component);
        }
    }
}

/// What outlives a component's crash.
struct Machine {
    incarnation: Arc<Incarnation>,
    /// Anew in each life, or it would roll the names of the last one again.
    dice: Arc<Seeded>,
    platter: Arc<Platter>,
    skew: Skew,
    pace: Pace,
}

impl Simulation {
    /// Everything that is left to chance follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            executor: Executor::new(seed),
            wires: Arc::default(),
            machines: Mutex::default(),
            dice: Seeded::named(seed, "scenario", 0),
            moment: Cell::default(),
        }
    }

    /// The world of a component in its present life. Worlds of one component share its disk, its wall
    /// clock and its fate.
    pub fn world(&self, component: &str) -> World {
        let mut machines = self.machines.lock();
        let machine = self.machine(&mut machines, component);
        let owner = Arc::clone(&machine.incarnation);
        let (timers, skew) = (self.executor.timers.clone(), machine.skew.clone());
        let (platter, pace) = (Arc::clone(&machine.platter), machine.pace.clone());
        World {
            clock: Arc::new(VirtualClock { timers, skew }),
            dice: machine.dice.clone(),
            tasks: Arc::new(OwnTasks {
                executor: Arc::clone(&self.executor),
                owner: Arc::clone(&owner),
                pace,
            }),
            disk: Arc::new(OwnDisk { platter, owner: Arc::clone(&owner) }),
            network: Arc::new(OwnNetwork { wires: Arc::clone(&self.wires), owner }),
            processes: Arc::new(NoProcesses),
        }
    }

    fn machine<'a>(
        &self,
        machines: &'a mut BTreeMap<String, Machine>,
        component: &str,
    ) -> &'a mut Machine {
        machines.entry(component.to_owned()).or_insert_with(|| Machine {
            incarnation: Incarnation::start(component, 0),
            dice: Arc::new(Seeded::named(self.seed, component, 0)),
            platter: Platter::new(self.seed, component),
            skew: Skew::default(),
            pace: Pace::default(),
        })
    }

    /// Chance for the scenario itself: when to crash what.
    pub fn dice(&self) -> &dyn Dice {
        &self.dice
    }

    /// Time since the start.
    pub fn now(&self) -> Monotonic {
        self.executor.timers.now()
    }

    /// Runs until `condition` holds or everybody is at rest up to `deadline`; answers whether it
    /// holds. The condition is asked before each step.
    pub fn run_until(&self, deadline: Monotonic, mut condition: impl FnMut() -> bool) -> bool {
        loop {
            if condition() {
                return true;
            }
            if !self.executor.step() && !self.executor.timers.fire_next(deadline, Duration::ZERO) {
                return condition();
            }
        }
    }

    /// Lets `duration` pass.
    pub fn run_for(&self, duration: Duration) {
        self.run_until(self.now() + duration, || false);
    }

    /// Runs one task more; false if all wait for time to pass.
    pub fn step(&self) -> bool {
        self.executor.step()
    }

    /// Who runs without end at this moment, after more than `steps_max` steps of it: then no time
    /// passes any more. To be asked after each step.
    pub fn standstill(&self, steps_max: u64) -> Option<String> {
        let (now, (steps, _)) = (self.now(), self.fingerprint());
        let (since, first) = self.moment.get();
        if since != now {
            self.moment.set((now, steps));
            return None;
        }
        if steps - first > steps_max { self.last() } else { None }
    }

    /// Begins `future` as a task of `component`.
    pub fn begin<T: Send + 'static>(
        &self,
        component: &str,
        task: &'static str,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Begun<T> {
        let slot = Arc::new(Mutex::new(None));
        let result = Arc::clone(&slot);
        let run = async move {
            let output = future.await;
            *result.lock() = Some(output);
        };
        drop(self.world(component).tasks.spawn(task, Box::pin(run)));
        Begun(slot)
    }

    /// Runs `future` as a task of `component` and answers what it gave; `None` if it had not ended at
    /// `deadline` or the component crashed.
    pub fn complete<T: Send + 'static>(
        &self,
        component: &str,
        deadline: Monotonic,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let begun = self.begin(component, "scenario", future);
        self.run_until(deadline, || begun.is_over());
        begun.take()
    }

    /// Cuts a component's power: its tasks stop where they wait, its disk loses un-synced writes. The
    /// next [`Simulation::world`] of it starts a new life on the same disk.
    pub fn crash(&self, component: &str) {
        self.end(component).crash();
    }

    /// Ends a component as [`Simulation::crash`] does, but its machine goes on: the next life finds what
    /// the system shows of its files, synced or not.
    pub fn kill(&self, component: &str) {
        self.end(component).leave();
    }

    fn end(&self, component: &str) -> Arc<Platter> {
        let mut machines = self.machines.lock();
        let machine = self.machine(&mut machines, component);
        machine.incarnation.end();
        let number = machine.incarnation.number + 1;
        machine.incarnation = Incarnation::start(component, number);
        machine.dice = Arc::new(Seeded::named(self.seed, component, number));
        let platter = Arc::clone(&machine.platter);
        drop(machines);
        self.executor.thaw(component);
        self.executor.abort_all(component);
        platter
    }

    /// Stops a component while its clocks go on, as a long pause or a stopped machine does.
    pub fn freeze(&self, component: &str) {
        self.executor.freeze(component);
    }

    /// Lets a frozen component go on.
    pub fn thaw(&self, component: &str) {
        self.executor.thaw(component);
    }

    /// Moves a component's wall clock by so many microseconds; its monotonic clock stays right.
    pub fn shift_wall(&self, component: &str, microseconds: i64) {
        self.machine(&mut self.machines.lock(), component).skew.add(microseconds);
    }

    /// Plans a fault of a component's disk, in place of one planned before.
    pub fn plan_disk_fault(&self, component: &str, fault: DiskFault) {
        self.machine(&mut self.machines.lock(), component).platter.plan(fault);
    }

    /// From now on no file of a component may grow, or each may again.
    pub fn set_disk_full(&self, component: &str, full: bool) {
        self.machine(&mut self.machines.lock(), component).platter.set_full(full);
    }

    /// Lets the next sync of a component's disk fail; what it was to keep may be lost at a crash.
    pub fn fail_next_sync(&self, component: &str) {
        self.machine(&mut self.machines.lock(), component).platter.fail_next_sync();
    }

    /// From now on a component's disk keeps nothing of what it says it has synced.
    pub(crate) fn let_syncs_lie(&self, component: &str) {
        self.machine(&mut self.machines.lock(), component).platter.lie();
    }

    /// Whether nothing is wrong with a component's disk now.
    pub fn disk_is_well(&self, component: &str) -> bool {
        self.machine(&mut self.machines.lock(), component).platter.is_well()
    }

    /// Lets whatever blocks a component, its disk above all, take so long from now on.
    pub fn set_disk_pace(&self, component: &str, each: Duration) {
        self.machine(&mut self.machines.lock(), component).pace.set(each);
    }

    /// Writes and syncs of a component's disk so far: the numbers that faults are planned by.
    pub fn disk_operations(&self, component: &str) -> u64 {
        self.machine(&mut self.machines.lock(), component).platter.operations()
    }

    /// Steps so far and a number that tells their order: equal for equal runs.
    pub fn fingerprint(&self) -> (u64, u64) {
        self.executor.fingerprint()
    }

    /// What the tasks of each name took so far, by component and name.
    pub fn costs(&self) -> Costs {
        self.executor.costs()
    }

    /// `component/name` of the task that ran last: who spins, when time stands still.
    pub fn last(&self) -> Option<String> {
        self.executor.last()
    }

    /// `component/name` of every living task: who still holds what, when a run does not end.
    pub fn tasks(&self) -> Vec<String> {
        self.executor.tasks()
    }
}
