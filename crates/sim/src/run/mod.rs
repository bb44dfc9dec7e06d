//! One run: start, scenario with faults, rest, quiet.

mod happenings;

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use world::Monotonic;

use crate::{
    check::{self, Checker, Promise, Verdict, Violation},
    cluster::{self, Cluster},
    errors::Errors,
    faults::{Agenda, Ending, Faults},
    net::{Office, Servers, StoreServer, Wires},
    plan::{Component, Plan},
    scenario::{self, Told, User},
    tally::Tally,
    trace::{Detail, Trace},
    world::Simulation,
};

/// No scenario lasts so much longer than its waits, however often the server is down.
const SCENARIO_MAX: Duration = Duration::from_mins(40);
/// The longest legal back-off of what plays: when all is well again, this is enough.
const REST_MAX: Duration = Duration::from_mins(5);
/// Nothing was written for so long: it may be rest.
const STILL: Duration = Duration::from_secs(20);
/// A node that fell silent while things went wrong is found to be so only after its grace of 50 s, and
/// what that leads to is no unrest.
const SILENCE_NOTICED: Duration = Duration::from_mins(1);
/// Between two looks at whether it is.
const LOOK: Duration = Duration::from_secs(5);
/// Steps without time passing that no honest work takes.
const STEPS_AT_ONCE_MAX: u64 = 400_000;
/// At rest nothing changes for so long.
const QUIET: Duration = Duration::from_mins(10);

/// A run went wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("seed {}, {promise:?} {kind}: {reason} (at {at:.3?})", plan.seed)]
pub struct Failure {
    /// Gives the same run again.
    pub plan: Plan,
    /// What was promised.
    pub promise: Promise,
    /// Of which kind of object, in plural; empty if of none.
    pub kind: String,
    /// What happened that may not.
    pub reason: String,
    /// When.
    pub at: Duration,
}

/// Runs a plan.
///
/// # Errors
/// What went wrong first: a broken invariant, no rest, a panic, a line of level error in the log.
pub fn run(plan: &Plan, detail: Detail) -> Result<Tally, Failure> {
    let errors = Errors::default();
    let run = Run::new(plan.clone(), detail, errors.clone());
    errors.during(detail, || {
        // What a panic leaves behind is looked at by nobody.
        let outcome = catch_unwind(AssertUnwindSafe(|| run.run()));
        outcome.unwrap_or_else(|_| {
            Err(run.failure(Violation::new(Promise::NoPanic, "a task panicked")))
        })
    })
}

/// Runs a plan twice: the same bytes must come of it.
///
/// # Errors
/// As [`run`], or the two differ.
pub fn run_twice(plan: &Plan) -> Result<Tally, Failure> {
    let tally = run(plan, Detail::Silent)?;
    let again = run(plan, Detail::Silent)?.trace;
    if again == tally.trace {
        return Ok(tally);
    }
    let reason = format!("two runs differ: {:016x} and {again:016x}", tally.trace);
    let (promise, kind) = (Promise::Determinism, String::new());
    Err(Failure { plan: plan.clone(), promise, kind, reason, at: tally.time })
}

struct Run {
    plan: Plan,
    cluster: Cluster,
    checker: Checker,
    faults: Faults,
    trace: Trace,
    errors: Errors,
    /// What is to happen, and when.
    agenda: RefCell<Agenda>,
}

impl Run {
    fn new(plan: Plan, detail: Detail, errors: Errors) -> Self {
        let simulation = Simulation::new(plan.seed);
        let trace = Trace::new(detail);
        let world = simulation.world("faults");
        let checker = Checker::new(Arc::clone(&world.clock), trace.clone(), plan.staleness());
        let faults = Faults::new(&plan, world);
        let apis = Component::APIS.into_iter().filter(|api| plan.cluster.has(*api)).collect();
        let office = Office {
            servers: Servers::default(),
            wires: Wires::default(),
            faults: faults.clone(),
            checker: checker.clone(),
            apis,
        };
        let cluster = Cluster {
            shape: plan.cluster,
            office,
            store: StoreServer::default(),
            running: RefCell::default(),
            rules: cluster::rules(&simulation),
            simulation,
        };
        let agenda = RefCell::new(Agenda::of(&plan));
        Self { plan, cluster, checker, faults, trace, errors, agenda }
    }

    fn run(&self) -> Result<Tally, Failure> {
        self.trace.note(self.now(), &self.plan.to_string());
        let all = Component::ALL.into_iter().filter(|component| self.plan.cluster.has(*component));
        all.for_each(|component| self.cluster.start(component));
        let told = self.scenario()?;
        self.trace.note(self.now(), "the user and the faults have ended");
        self.stop_faults();
        self.rest(&told)?;
        self.trace.note(self.now(), "at rest");
        self.checker.hush();
        self.pass(QUIET)?;
        self.judge(self.checker.at_rest(&told))?;
        self.judge(self.checker.settled())?;
        self.judge(check::tables(&self.cluster.kept()))?;
        Ok(self.tally())
    }

    /// Lets the user act, and everything go wrong that is to.
    fn scenario(&self) -> Result<Told, Failure> {
        let world = self.cluster.simulation.world(Component::User.name());
        let transport = Arc::new(self.cluster.line_of_user(&world));
        let (trace, nodes) = (self.trace.clone(), self.plan.cluster.nodes);
        let user = User { world, transport, trace, nodes };
        let act = scenario::act(user, self.plan.actions.clone());
        let acting = self.cluster.simulation.begin(Component::User.name(), "user", act);
        let waits: Duration = self.plan.actions.iter().map(|action| action.wait).sum();
        let end = self.now() + SCENARIO_MAX + waits;
        while !acting.is_over() {
            if self.now() >= end {
                return Err(
                    self.failure(Violation::new(Promise::UserEnds, "the scenario does not end"))
                );
            }
            self.pass_until(self.now() + Duration::from_secs(1), || acting.is_over())?;
        }
        self.see_faults_out()?;
        match acting.take() {
            Some(Ok(told)) => Ok(told),
            Some(Err(trouble)) => {
                Err(self.failure(Violation::new(Promise::UserEnds, trouble.to_string())))
            }
            None => Err(self.failure(Violation::new(Promise::UserEnds, "the user has vanished"))),
        }
    }

    /// A fault that was planned for a time comes, though the user has ended.
    fn see_faults_out(&self) -> Result<(), Failure> {
        loop {
            let last = self.agenda.borrow().last_fault();
            let Some(last) = last else { return Ok(()) };
            self.pass_until(last, || false)?;
        }
    }

    /// Waits until the cluster matches and stays so for a moment.
    fn rest(&self, told: &Told) -> Result<(), Failure> {
        let mut whole_since = self.now();
        loop {
            self.pass(LOOK)?;
            if self.agenda.borrow().next().is_some() {
                // What is broken for a while is not over yet: nobody can be at rest.
                whole_since = self.now();
                continue;
            }
            let whole = self.now().since(whole_since);
            let state = self.checker.at_rest(told);
            let (_, busy) = self.checker.progress();
            let still = self.now().since(busy) >= STILL && whole >= SILENCE_NOTICED;
            if state.is_ok() && still {
                return Ok(());
            }
            if whole >= REST_MAX {
                let restless = || Violation::new(Promise::Rest, "it never rests");
                let mut wrong = state.err().unwrap_or_else(restless);
                wrong.text = format!("after {REST_MAX:?} without faults: {}", wrong.text);
                return Err(self.failure(wrong));
            }
        }
    }

    fn judge(&self, verdict: Verdict) -> Result<(), Failure> {
        verdict.map_err(|violation| self.failure(violation))
    }

    fn pass(&self, duration: Duration) -> Result<(), Failure> {
        self.pass_until(self.now() + duration, || false)
    }

    /// Lets time pass up to `end`, or until something holds.
    fn pass_until(&self, end: Monotonic, holds: impl Fn() -> bool) -> Result<(), Failure> {
        loop {
            let next = self.agenda.borrow().next();
            let next = next.map_or(end, |next| next.min(end));
            let stops = || {
                self.checker.is_broken() || self.carry_out_due_writes() || self.spins() || holds()
            };
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
        let last = self.cluster.simulation.standstill(STEPS_AT_ONCE_MAX);
        if last.is_some() {
            let text = format!("time stands still, and {last:?} never waits");
            self.checker.fail(Violation::new(Promise::TimePasses, text));
        }
        last.is_some()
    }

    fn plan(&self, after: Duration, ending: Ending) {
        self.agenda.borrow_mut().plan(self.now() + after, ending);
    }

    /// Nothing goes wrong any more, and who is lost for ever is.
    fn stop_faults(&self) {
        self.faults.stop();
        self.agenda.borrow_mut().heal();
        for lost in &self.plan.lost_for_ever {
            self.agenda.borrow_mut().forget(*lost);
            self.cluster.crash(*lost);
        }
    }

    fn check(&self) -> Result<(), Failure> {
        if let Some(violation) = self.checker.violation() {
            return Err(self.failure(violation));
        }
        let error = self.errors.first();
        error.map_or(Ok(()), |error| {
            let text = format!("an error was logged: {error}");
            Err(self.failure(Violation::new(Promise::NoErrorLogged, text)))
        })
    }

    fn tally(&self) -> Tally {
        let (steps, order) = self.cluster.simulation.fingerprint();
        self.trace.mix(&order.to_le_bytes());
        let (revisions, _) = self.checker.progress();
        Tally {
            runs: 1,
            time: self.now().0,
            revisions,
            steps,
            faults: self.faults.injected(),
            reached: self.checker.reached(),
            most: self.checker.most(),
            trace: self.trace.hash(),
            costs: self.cluster.simulation.costs(),
        }
    }

    fn failure(&self, violation: Violation) -> Failure {
        let Violation { promise, kind, text: reason } = violation;
        Failure { plan: self.plan.clone(), promise, kind, reason, at: self.now().0 }
    }

    fn now(&self) -> Monotonic {
        self.cluster.simulation.now()
    }
}
