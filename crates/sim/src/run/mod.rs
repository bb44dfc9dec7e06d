//! One run: start, scenario with faults, rest, quiet.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use plane::Part;
use world::Monotonic;

use crate::{
    check::Checker,
    cluster::{self, Cluster},
    errors::Errors,
    faults::{Agenda, Caller, Due, Faults, Plan},
    gateway::Gateway,
    scenario::{self, Told, User},
    trace::{Detail, Trace},
    world::Simulation,
};

/// No scenario lasts longer, however often the server is down.
const SCENARIO_MAX: Duration = Duration::from_mins(30);
/// The longest legal back-off of what plays: when all is well again, this is enough.
const REST_MAX: Duration = Duration::from_mins(5);
/// Nothing was written for so long: it may be rest.
const STILL: Duration = Duration::from_secs(20);
/// Between two looks at whether it is.
const LOOK: Duration = Duration::from_secs(5);
/// Steps without time passing that no honest work takes.
const STEPS_AT_ONCE_MAX: u64 = 200_000;
/// At rest nothing changes for so long.
const QUIET: Duration = Duration::from_mins(10);

/// A run in which nothing happened that may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Revisions of the store.
    pub revisions: u64,
    /// Faults that happened.
    pub faults: u64,
    /// Steps of tasks.
    pub steps: u64,
    /// Equal for equal runs: every write and every step counts.
    pub trace: u64,
}

/// A run went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}: {reason} (at {at:.3?})")]
pub struct Failure {
    /// Gives the same run again.
    pub seed: u64,
    /// What happened that may not.
    pub reason: String,
    /// When.
    pub at: Duration,
}

/// Runs one seed.
///
/// # Errors
/// What went wrong first: a broken invariant, no rest, a line of level error in the log.
pub fn run(seed: u64, detail: Detail) -> Result<Report, Failure> {
    let errors = Errors::default();
    errors.during(detail, || Run::new(seed, detail, errors.clone()).run())
}

struct Run {
    seed: u64,
    cluster: Cluster,
    trace: Trace,
    errors: Errors,
    plan: Plan,
    /// What is to happen, and when.
    agenda: RefCell<Agenda>,
    /// The present moment, and the steps when it began.
    moment: Cell<(Monotonic, u64)>,
}

impl Run {
    fn new(seed: u64, detail: Detail, errors: Errors) -> Self {
        let simulation = Simulation::new(seed);
        let trace = Trace::new(detail);
        let world = simulation.world("faults");
        let plan = Plan::of(&*world.dice);
        let checker = Checker::new(Arc::clone(&world.clock), trace.clone(), plan.staleness());
        let cluster = Cluster {
            faults: Faults::new(plan.clone(), world),
            checker,
            acknowledged: Arc::default(),
            gateway: Gateway::default(),
            disk: plan.disk,
            rules: cluster::rules(&simulation),
            simulation,
        };
        let agenda = RefCell::new(Agenda::of(&plan));
        Self { seed, cluster, trace, errors, plan, agenda, moment: Cell::default() }
    }

    fn run(&self) -> Result<Report, Failure> {
        self.trace.note(self.now(), &self.plan.to_string());
        self.cluster.start_server();
        for part in Part::ALL {
            self.cluster.start(part);
        }
        let told = self.scenario()?;
        self.trace.note(self.now(), "the user and the faults have ended");
        self.stop_faults();
        self.rest(&told)?;
        self.trace.note(self.now(), "at rest");
        self.cluster.checker.hush();
        self.pass(QUIET)?;
        self.holds(&told)?;
        Ok(self.report())
    }

    /// Lets the user act, and everything go wrong that is to.
    fn scenario(&self) -> Result<Told, Failure> {
        let actions = scenario::draft(self.cluster.simulation.dice());
        let world = self.cluster.simulation.world("user");
        let transport = Arc::new(self.cluster.line(&world, Caller::User));
        let user = User { world: world.clone(), transport, trace: self.trace.clone() };
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        let act = async move {
            let told = scenario::act(user, actions).await;
            *slot.lock() = Some(told);
        };
        world.tasks.spawn("user", Box::pin(act));
        let end = self.now() + SCENARIO_MAX;
        while result.lock().is_none() {
            if self.now() >= end {
                return Err(self.failure("the scenario does not end".to_owned()));
            }
            self.pass_until(self.now() + Duration::from_secs(1), || result.lock().is_some())?;
        }
        let told = result.lock().take();
        match told {
            Some(Ok(told)) => Ok(told),
            Some(Err(trouble)) => Err(self.failure(trouble.to_string())),
            None => Err(self.failure("the user has vanished".to_owned())),
        }
    }

    /// Waits until the cluster matches and stays so for a moment.
    fn rest(&self, told: &Told) -> Result<(), Failure> {
        let end = self.now() + REST_MAX;
        loop {
            self.pass(LOOK)?;
            let state = self.cluster.checker.at_rest(told);
            let (_, busy) = self.cluster.checker.progress();
            if state.is_ok() && self.now().since(busy) >= STILL {
                return Ok(());
            }
            if self.now() >= end {
                let wrong = state.err().map_or("it never rests".to_owned(), |it| it.to_string());
                return Err(self.failure(format!("after {REST_MAX:?} without faults: {wrong}")));
            }
        }
    }

    /// It is still at rest, and nothing that was acknowledged is lost.
    fn holds(&self, told: &Told) -> Result<(), Failure> {
        let checker = &self.cluster.checker;
        let all = checker.at_rest(told);
        let all = all.and_then(|()| checker.acknowledged(&self.cluster.acknowledged.lock()));
        all.map_err(|violation| self.failure(violation.to_string()))
    }

    fn pass(&self, duration: Duration) -> Result<(), Failure> {
        self.pass_until(self.now() + duration, || false)
    }

    /// Lets time pass up to `end`, or until something holds.
    fn pass_until(&self, end: Monotonic, holds: impl Fn() -> bool) -> Result<(), Failure> {
        loop {
            let next = self.agenda.borrow().next();
            let next = next.map_or(end, |next| next.min(end));
            let crashes = || self.carry_out_crashes();
            let broken = || self.cluster.checker.violation().is_some();
            let spins = || self.spins();
            let stops = || broken() || crashes() || spins() || holds();
            self.cluster.simulation.run_until(next, stops);
            self.check()?;
            self.carry_out_due();
            if holds() || self.now() >= end {
                return Ok(());
            }
        }
    }

    /// Whether there is no end of steps at this moment.
    fn spins(&self) -> bool {
        let (now, (steps, _)) = (self.now(), self.cluster.simulation.fingerprint());
        let (since, first) = self.moment.get();
        if since != now {
            self.moment.set((now, steps));
            return false;
        }
        let spins = steps - first > STEPS_AT_ONCE_MAX;
        if spins {
            let last = self.cluster.simulation.last();
            self.cluster.checker.fail(format!("time stands still, and {last:?} never waits"));
        }
        spins
    }

    /// Crashes parts that have come to the write that was to be their last; answers whether any had.
    fn carry_out_crashes(&self) -> bool {
        let mut any = false;
        while let Some((part, down)) = self.cluster.faults.next_crash() {
            self.trace.note(self.now(), &format!("crash of {part:?}"));
            self.cluster.crash(part);
            self.plan(down, Due::Start(part));
            any = true;
        }
        any
    }

    fn carry_out_due(&self) {
        let now = self.now();
        let due = self.agenda.borrow_mut().take_due(now);
        for due in due {
            self.trace.note(now, &due.to_string());
            match due {
                Due::CrashServer(down) => {
                    self.cluster.crash_server();
                    self.plan(down, Due::StartServer);
                }
                Due::StartServer => self.cluster.start_server(),
                Due::Start(part) => self.cluster.start(part),
                Due::Freeze(part, length) => {
                    self.cluster.freeze(part);
                    self.plan(length, Due::Thaw(part));
                }
                Due::Thaw(part) => self.cluster.thaw(part),
                Due::ShiftWall(part, microseconds) => self.cluster.shift_wall(part, microseconds),
            }
        }
    }

    fn plan(&self, after: Duration, due: Due) {
        self.agenda.borrow_mut().plan(self.now() + after, due);
    }

    fn stop_faults(&self) {
        self.cluster.faults.stop();
        self.agenda.borrow_mut().heal();
    }

    fn check(&self) -> Result<(), Failure> {
        if let Some(violation) = self.cluster.checker.violation() {
            return Err(self.failure(violation.to_string()));
        }
        let error = self.errors.first();
        error.map_or(Ok(()), |error| Err(self.failure(format!("an error was logged: {error}"))))
    }

    fn report(&self) -> Report {
        let (steps, order) = self.cluster.simulation.fingerprint();
        self.trace.mix(&order.to_le_bytes());
        let (revisions, _) = self.cluster.checker.progress();
        let faults = self.cluster.faults.injected();
        Report { revisions, faults, steps, trace: self.trace.hash() }
    }

    fn failure(&self, reason: String) -> Failure {
        Failure { seed: self.seed, reason, at: self.now().0 }
    }

    fn now(&self) -> Monotonic {
        self.cluster.simulation.now()
    }
}
