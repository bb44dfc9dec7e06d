//! A stage for one scenario: API servers over one store, the components that a scenario needs, a user,
//! and faults at exact points. It is how a race is told in twenty lines:
//!
//! ```
//! use std::time::Duration;
//! use serde_json::json;
//! use sim::stage::{Role, Stage};
//! # fn main() -> Result<(), sim::stage::Broken> {
//! let stage = Stage::new(1);
//! stage.cast("controllers", Role::Controllers(&["serviceaccount-controller"]));
//! stage.hold("controllers", "serviceaccounts");
//! stage.create(&api::resources::NAMESPACES, "", &json!({"metadata": {"name": "shop"}}))?;
//! stage.pass(Duration::from_secs(5));
//! stage.release("controllers", "serviceaccounts");
//! stage.settle()?;
//! assert_eq!(stage.list(&api::resources::SERVICE_ACCOUNTS, "shop").len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! The vocabulary: [`hold`](Stage::hold), [`coalesce`](Stage::coalesce), [`release`](Stage::release),
//! [`lag`](Stage::lag), [`crash_after`](Stage::crash_after), [`fault`](Stage::fault),
//! [`freeze`](Stage::freeze), [`shift_clock`](Stage::shift_clock), [`cut`](Stage::cut).

mod cast;
mod faults;
mod gateway;
mod past;
mod replica;
mod script;
mod time;
mod user;
mod wire;

use std::{cell::RefCell, collections::BTreeMap, sync::Arc, time::Duration};

use api::resources::SERVICE_ACCOUNTS;
use apiserver::authentication::Authentication;
use plane::ServerSettings;
use runtime::{KeysKept, Running};
use store::{Local, Store};
use world::Monotonic;

pub use cast::Role;
pub use past::State;
pub use script::{After, Fate, Held, Requests, Sent, Told};
pub use time::REST_MAX;

use self::{
    gateway::Gateway,
    past::Past,
    replica::{Link, Replica},
    script::Script,
    wire::{Route, Wire},
};
pub use crate::world::Begun;
use crate::{errors::Errors, trace::Detail, world::Simulation};

/// How late a request or event may be on a stage with chance.
const JITTER_MAX: Duration = Duration::from_millis(60);
/// An API server starts within this.
const START_MAX: Duration = Duration::from_secs(10);

/// Something is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

/// Holds unless `is_well`; says what is wrong if not.
///
/// # Errors
/// It is not well.
pub fn expect(is_well: bool, wrong: impl FnOnce() -> String) -> Result<(), Broken> {
    if is_well { Ok(()) } else { Err(Broken(wrong())) }
}

/// See the module. Time passes only in [`pass`](Self::pass), [`until`](Self::until),
/// [`settle`](Self::settle) and while the user waits for an answer.
pub struct Stage {
    seed: u64,
    simulation: Simulation,
    store: RefCell<Arc<dyn Store>>,
    script: Script,
    past: Past,
    servers: BTreeMap<&'static str, (Gateway, Link)>,
    players: RefCell<BTreeMap<&'static str, Player>>,
    /// Who never waits.
    spins: RefCell<Option<String>>,
    /// Who comes back or sees again, and when.
    returns: RefCell<Vec<(Monotonic, &'static str, After)>>,
}

struct Player {
    role: Role,
    server: &'static str,
    running: Option<Running>,
}

/// Plays a scenario on a new stage; a line of level error in the log is a failure as well.
///
/// # Errors
/// What the scenario says is broken.
pub fn play(seed: u64, scenario: impl FnOnce(&Stage) -> Result<(), Broken>) -> Result<(), Broken> {
    let errors = Errors::default();
    errors.during(Detail::Silent, || {
        let stage = Stage::new(seed);
        let played = scenario(&stage);
        let spins = stage.spins.borrow().clone();
        spins.map_or(played, |who| Err(Broken(format!("{who} never waits"))))
    })?;
    errors.first().map_or(Ok(()), |line| Err(Broken(format!("an error was logged: {line}"))))
}

impl Stage {
    /// A stage with the API server `api1` and its replica `api2`. The seed decides the order of tasks;
    /// with any but zero, requests and events are late now and then.
    pub fn new(seed: u64) -> Self {
        let simulation = Simulation::new(seed);
        let store: Arc<dyn Store> = Arc::new(Local::memory(&simulation.world("store")));
        let servers = ["api1", "api2"].map(|name| (name, (Gateway::default(), Link::default())));
        let stage = Self {
            seed,
            simulation,
            store: RefCell::new(store),
            script: Script::default(),
            past: Past::default(),
            servers: BTreeMap::from(servers),
            players: RefCell::default(),
            spins: RefCell::default(),
            returns: RefCell::default(),
        };
        if seed > 0 {
            stage.script.set_jitter(JITTER_MAX);
        }
        stage.observe();
        stage.start_server("api1");
        // Every namespace has one; without it no pod is admitted.
        let account = serde_json::json!({"metadata": {"name": "default"}});
        // Without it the scenario fails at its first pod.
        let _ = stage.create(&SERVICE_ACCOUNTS, "default", &account);
        stage
    }

    /// Begins a life of an API server and waits until it answers.
    pub fn start_server(&self, name: &'static str) {
        let Some((gateway, link)) = self.servers.get(name).cloned() else { return };
        let world = self.simulation.world(name);
        let inner = self.store();
        let store: Arc<dyn Store> = Arc::new(Replica { inner, world: world.clone(), link });
        let opened = gateway.clone();
        let serve = async move {
            let settings = ServerSettings {
                engine: apiserver::EngineOptions::default(),
                authentication: Authentication::default(),
                address: "127.0.0.1:6443".to_owned(),
                extensions: Vec::new(),
                faults: None,
                auditor: None,
            };
            // Without an answer the scenario fails at its first request.
            if let Ok(service) = plane::serve(world, store, settings).await {
                opened.open(service);
            }
        };
        let world = self.simulation.world(name);
        drop(world.tasks.spawn("serve", Box::pin(serve)));
        self.until(START_MAX, || gateway.server().is_some());
    }

    fn observe(&self) {
        let world = self.simulation.world("observer");
        let follow = self.past.clone().follow(self.store(), Arc::clone(&world.clock));
        drop(world.tasks.spawn("past", Box::pin(follow)));
    }

    /// Puts a copy of the store as it was at `revision` in its place; `api1` starts anew.
    pub fn restore(&self, revision: u64) {
        self.simulation.crash("observer");
        self.crash_server("api1");
        let world = self.simulation.world("restored store");
        let copy: Arc<dyn Store> = Arc::new(Local::memory(&world));
        let (writes, filled) = (self.past.writes_to(revision), Arc::clone(&copy));
        let fill = async move {
            for write in writes {
                // A memory store refuses nothing that has no condition.
                let _ = filled.transact(write).await;
            }
        };
        self.complete("restored store", START_MAX, fill);
        *self.store.borrow_mut() = copy;
        self.past.clear();
        self.observe();
        self.start_server("api1");
    }

    /// Ends an API server.
    pub fn crash_server(&self, name: &'static str) {
        if let Some((gateway, _)) = self.servers.get(name) {
            gateway.close();
        }
        self.simulation.crash(name);
    }

    /// Begins the first life of a component at `api1`.
    pub fn cast(&self, name: &'static str, role: Role) {
        self.players.borrow_mut().insert(name, Player { role, server: "api1", running: None });
        self.start(name);
    }

    /// From its next life on a component talks to another API server.
    pub fn connect(&self, name: &'static str, server: &'static str) {
        if let Some(player) = self.players.borrow_mut().get_mut(name) {
            player.server = server;
        }
    }

    /// Begins a life of a component, with nothing in memory.
    pub fn start(&self, name: &'static str) {
        let mut players = self.players.borrow_mut();
        let Some(Player { role, server, running }) = players.get_mut(name) else { return };
        let world = self.simulation.world(name);
        let route = Route::new(server, self.servers.iter().map(|(name, (it, _))| (*name, it)));
        let wire = Wire { world: world.clone(), by: name, route, script: self.script.clone() };
        *running = Some(role.start(&world, wire));
    }

    /// Ends a component where it is.
    pub fn crash(&self, name: &str) {
        self.simulation.crash(name);
    }

    /// A number below `bound` from the seed; always zero on a stage without chance.
    pub fn roll(&self, bound: u64) -> u64 {
        if self.seed == 0 { 0 } else { self.simulation.dice().below(bound) }
    }

    /// All states that objects had whose place in the store begins so, such as `/registry/pods/`.
    pub fn past(&self, prefix: &str) -> Vec<State> {
        self.past.of(prefix)
    }

    /// The requests of components that were answered, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.script.sent()
    }

    /// The events that watches of a component told, in order.
    pub fn told(&self, name: &str) -> Vec<Told> {
        self.script.told(name)
    }

    /// Writes of a component over all its lives; leases and events do not count.
    pub fn writes(&self, name: &str) -> u64 {
        self.script.writes(name)
    }

    /// Of how many keys each controller of a component keeps something.
    pub fn kept(&self, name: &str) -> BTreeMap<&'static str, KeysKept> {
        let players = self.players.borrow();
        let running = players.get(name).and_then(|player| player.running.as_ref());
        running.map(Running::kept).unwrap_or_default()
    }

    /// The store under all API servers.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store.borrow())
    }

    fn gateway(&self, server: &str) -> Option<&Gateway> {
        self.servers.get(server).map(|(gateway, _)| gateway)
    }
}
