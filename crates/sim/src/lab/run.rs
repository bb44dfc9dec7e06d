//! One run of an experiment: start, user and faults, rest, silence.

use std::{cell::Cell, sync::Arc, time::Duration};

use apiserver::{EngineOptions, Service, authentication::Authentication, faults::Faults};
use client::{ClientError, Method, Request, Response, Transport, WatchStream};
use nodes::Rules;
use parking_lot::Mutex;
use plane::{Components, Identity, InProcess, Part, ServerSettings};
use runtime::{Metrics, trace::Trace};
use store::{Local, Revision, Store};
use world::{BoxFuture, Monotonic, World};

use super::{Failure, Lab, Law, Machine, Report, State, USER_AGENT};
use crate::{errors::Errors, net::join_as_master, trace::Detail, world::Simulation};

const PLANE: &str = "plane";
const OWN: &str = "own";
const USER: &str = "user";
/// The user agent that faults spare.
const USER_AGENT_OF_USERS: &str = "kubectl";
const NODES: u32 = 3;
/// The plane is there after this.
const START_MAX: Duration = Duration::from_secs(10);
/// Crashes happen, and faults go on, so long at least.
const SCENARIO: Duration = Duration::from_mins(1);
/// No user takes longer.
const SCENARIO_MAX: Duration = Duration::from_mins(30);
/// Machines are down for one to so many times a second.
const DOWN_MIN: Duration = Duration::from_secs(1);
const DOWN_SPREAD_PERCENT: u32 = 300;
/// A crash comes after at most so many writes more.
const WRITES_BETWEEN_CRASHES_MAX: u64 = 10;
const REST_MAX: Duration = Duration::from_mins(5);
/// Nothing was written for so long: it may be rest.
const STILL: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_mins(2);
/// Steps without time passing that no honest work takes.
const STEPS_AT_ONCE_MAX: u64 = 400_000;

/// What was seen of the store.
#[derive(Default)]
struct Seen {
    state: State,
    /// Revisions that the laws have not judged yet.
    unjudged: Vec<State>,
    /// The last write that was no heartbeat, and when it was.
    written: (String, Monotonic),
}

struct Run<'a> {
    lab: &'a Lab,
    seed: u64,
    simulation: Simulation,
    errors: Errors,
    faults: Faults,
    history: Arc<Mutex<Seen>>,
    service: Service,
    /// Writes of what is tested until it crashes; zero means that it does not.
    crash_in: Arc<Mutex<u64>>,
    crashes: Cell<u64>,
    /// When what is tested starts again.
    down_until: Cell<Option<Monotonic>>,
}

pub(super) fn run(lab: &Lab, seed: u64) -> Result<Report, Failure> {
    let errors = Errors::default();
    errors.during(Detail::Silent, || Run::start(lab, seed, errors.clone())?.run())
}

impl<'a> Run<'a> {
    fn start(lab: &'a Lab, seed: u64, errors: Errors) -> Result<Self, Failure> {
        let simulation = Simulation::new(seed);
        let world = simulation.world(PLANE);
        let faults = Faults::new(lab.faults.clone(), seed, &world);
        let history = Arc::<Mutex<Seen>>::default();
        let serving = serve(world, faults.clone(), Arc::clone(&history));
        let served = simulation.complete(PLANE, simulation.now() + START_MAX, serving);
        let failed = |reason: String| Failure { seed, reason, at: simulation.now().0 };
        let service = match served {
            Some(Ok(service)) => service,
            Some(Err(error)) => return Err(failed(error)),
            None => return Err(failed("the API server does not start".to_owned())),
        };
        let crash_in = Arc::default();
        let (crashes, down_until) = (Cell::new(0), Cell::new(None));
        Ok(Self {
            lab,
            seed,
            simulation,
            errors,
            faults,
            history,
            service,
            crash_in,
            crashes,
            down_until,
        })
    }

    fn run(&self) -> Result<Report, Failure> {
        self.plan_crash();
        (self.lab.start)(&self.machine());
        self.scenario()?;
        self.faults.stop();
        *self.crash_in.lock() = 0;
        self.rest()?;
        let (_, still_since) = self.history.lock().written.clone();
        self.pass(QUIET)?;
        let (key, last) = self.history.lock().written.clone();
        if last > still_since {
            return Err(self.failure(format!("{key} is written at rest")));
        }
        let revisions = self.history.lock().state.revision();
        let faults = self.faults.injected() + self.crashes.get();
        Ok(Report { revisions, faults, fingerprint: self.simulation.fingerprint() })
    }

    /// Lets the user act, and everything go wrong that is to.
    fn scenario(&self) -> Result<(), Failure> {
        let acting = self.lab.user.as_ref().map(|user| {
            let world = self.simulation.world(USER);
            let transport = Arc::new(join_as_master(
                &world,
                &self.service,
                USER_AGENT_OF_USERS,
                USER_AGENT_OF_USERS,
            ));
            self.simulation.begin(USER, "user", user(Machine { world, transport }))
        });
        self.pass(SCENARIO)?;
        while acting.as_ref().is_some_and(|user| !user.is_over()) {
            if self.simulation.now().0 > SCENARIO_MAX {
                return Err(self.failure("the user does not come to an end".to_owned()));
            }
            self.pass(LOOK)?;
        }
        match acting.and_then(|user| user.take()) {
            Some(Err(error)) => Err(self.failure(format!("the user cannot act: {error}"))),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// Waits until the laws of rest hold and nothing is written.
    fn rest(&self) -> Result<(), Failure> {
        let end = self.simulation.now() + REST_MAX;
        loop {
            self.pass(LOOK)?;
            let broken = broken(&self.lab.at_rest, &self.history.lock().state);
            let still = self.simulation.now().since(self.history.lock().written.1) >= STILL;
            if still && broken.is_none() {
                return Ok(());
            }
            if self.simulation.now() >= end {
                let (key, _) = self.history.lock().written.clone();
                let wrong = broken.unwrap_or_else(|| format!("{key} is written again and again"));
                return Err(self.failure(format!("after {REST_MAX:?} without faults: {wrong}")));
            }
        }
    }

    /// Lets time pass; judges every revision, and carries crashes out.
    fn pass(&self, duration: Duration) -> Result<(), Failure> {
        let end = self.simulation.now() + duration;
        loop {
            let stop = self.down_until.get().map_or(end, |until| until.min(end));
            let is_due = || *self.crash_in.lock() == u64::MAX;
            let is_new = || !self.history.lock().unjudged.is_empty();
            let spins = || self.simulation.standstill(STEPS_AT_ONCE_MAX);
            self.simulation.run_until(stop, || is_due() || is_new() || spins().is_some());
            self.judge()?;
            if let Some(who) = spins() {
                return Err(self.failure(format!("time stands still, and {who} never waits")));
            }
            if is_due() {
                self.crash();
            }
            if self.down_until.get().is_some_and(|until| until <= self.simulation.now()) {
                self.down_until.set(None);
                self.plan_crash();
                (self.lab.start)(&self.machine());
            }
            if self.simulation.now() >= end {
                return Ok(());
            }
        }
    }

    fn judge(&self) -> Result<(), Failure> {
        if let Some(error) = self.errors.first() {
            return Err(self.failure(format!("an error was logged: {error}")));
        }
        let states = std::mem::take(&mut self.history.lock().unjudged);
        let broken = states.iter().find_map(|state| broken(&self.lab.always, state));
        broken.map_or(Ok(()), |law| Err(self.failure(law)))
    }

    fn crash(&self) {
        self.simulation.crash(OWN);
        *self.crash_in.lock() = 0;
        self.crashes.set(self.crashes.get() + 1);
        let down = self.simulation.dice().jitter(DOWN_MIN, DOWN_SPREAD_PERCENT);
        self.down_until.set(Some(self.simulation.now() + down));
    }

    fn plan_crash(&self) {
        let is_early = self.simulation.now().0 < SCENARIO;
        if is_early && self.crashes.get() < self.lab.crashes {
            let writes = 1 + self.simulation.dice().below(WRITES_BETWEEN_CRASHES_MAX);
            *self.crash_in.lock() = writes;
        }
    }

    /// The machine of what is tested, in its next life.
    fn machine(&self) -> Machine {
        let world = self.simulation.world(OWN);
        let inner = join_as_master(&world, &self.service, USER_AGENT, USER_AGENT);
        let crash_in = Arc::clone(&self.crash_in);
        Machine { world, transport: Arc::new(Counting { inner, crash_in }) }
    }

    fn failure(&self, reason: String) -> Failure {
        Failure { seed: self.seed, reason, at: self.simulation.now().0 }
    }
}

fn broken(laws: &[Law], state: &State) -> Option<String> {
    let law = laws.iter().find(|law| !(law.holds)(state))?;
    Some(format!("revision {} breaks the law: {}", state.revision(), law.name))
}

/// Sends, and counts what was written down to the crash.
struct Counting {
    inner: InProcess,
    /// One more write and it is `u64::MAX`: the machine is to end here.
    crash_in: Arc<Mutex<u64>>,
}

impl Transport for Counting {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        let is_write = request.method != Method::Get;
        let (answer, crash_in) = (self.inner.send(request), Arc::clone(&self.crash_in));
        Box::pin(async move {
            let answer = answer.await;
            if is_write && is_last(&crash_in) {
                // The machine is gone before the answer arrives.
                std::future::pending::<()>().await;
            }
            answer
        })
    }

    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        self.inner.watch(request)
    }
}

/// Counts a write; answers whether the machine ends here.
fn is_last(crash_in: &Mutex<u64>) -> bool {
    let mut left = crash_in.lock();
    *left = match *left {
        1 | u64::MAX => u64::MAX,
        left => left.saturating_sub(1),
    };
    *left == u64::MAX
}

/// Starts the API server and everything that acts.
async fn serve(world: World, faults: Faults, seen: Arc<Mutex<Seen>>) -> Result<Service, String> {
    let store: Arc<dyn Store> = Arc::new(Local::memory(&world));
    let following = follow(world.clone(), Arc::clone(&store), seen);
    world.tasks.spawn("laws", Box::pin(following));
    let settings = ServerSettings {
        engine: EngineOptions::default(),
        authentication: Authentication::default(),
        address: "127.0.0.1:6443".to_owned(),
        extensions: Vec::new(),
        faults: Some(faults),
        auditor: None,
    };
    let service = plane::serve(world.clone(), store, settings).await.map_err(|e| e.to_string())?;
    let identities = plane::identities_in_process(&world, &service);
    let components = Components {
        root_ca: None,
        token_issuer: None,
        rules: Rules::default(),
        trace: Trace::default(),
    };
    let manager = components.assemble(&world, &identities, Arc::new(Metrics::default()));
    drop(manager.start());
    let nodes = identities(Identity::Part(Part::Nodes));
    plane::register_nodes(&world, &*nodes, NODES).await.map_err(|error| error.to_string())?;
    Ok(service)
}

async fn follow(world: World, store: Arc<dyn Store>, seen: Arc<Mutex<Seen>>) {
    let Ok(mut stream) = store.watch(Vec::new(), Revision(1)).await else { return };
    while let Some(Ok(batch)) = stream.recv().await {
        let mut seen = seen.lock();
        if let Some(key) = seen.state.take(batch) {
            seen.written = (key, world.clock.monotonic());
            let state = seen.state.clone();
            seen.unjudged.push(state);
        }
    }
}
