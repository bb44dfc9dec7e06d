//! The cluster of a run: an API server and the parts, each with a life of its own.

use std::{path::Path, sync::Arc, time::Duration};

use apiserver::{EngineOptions, authentication::Authentication, authorization::Witness};
use nodes::{Rule, Rules};
use plane::{Components, Identities, Identity, Part, ServerSettings};
use runtime::Metrics;
use store::{Local, Store};
use world::World;

use crate::{
    check::Checker,
    faults::{Acknowledged, Caller, Faults, Line},
    gateway::Gateway,
    world::Simulation,
};

const SERVER: &str = "apiserver";
const FOLDER: &str = "/data";

/// What a run is made of.
pub(crate) struct Cluster {
    pub(crate) simulation: Simulation,
    pub(crate) faults: Faults,
    pub(crate) checker: Checker,
    pub(crate) acknowledged: Acknowledged,
    pub(crate) gateway: Gateway,
    pub(crate) disk: bool,
    pub(crate) rules: Rules,
}

impl Cluster {
    /// Begins a life of the API server.
    pub(crate) fn start_server(&self) {
        let world = self.simulation.world(SERVER);
        let store: Arc<dyn Store> = if self.disk {
            match Local::embedded(&world, Path::new(FOLDER)) {
                Ok(store) => Arc::new(store),
                Err(error) => return self.checker.fail(format!("the store is lost: {error}")),
            }
        } else {
            Arc::new(Local::memory(&world))
        };
        let (gateway, checker) = (self.gateway.clone(), self.checker.clone());
        let start = serve(world.clone(), store, gateway, checker);
        world.tasks.spawn("serve", Box::pin(start));
    }

    /// Ends the API server and its machine.
    pub(crate) fn crash_server(&self) {
        self.gateway.close();
        self.simulation.crash(SERVER);
    }

    /// Begins a life of a part, with nothing in memory.
    pub(crate) fn start(&self, part: Part) {
        let world = self.simulation.world(name(part));
        let line = self.line(&world, Caller::Part(part, Identity::Part(part)));
        let identities: Identities = Arc::new(move |identity| {
            Arc::new(Line { caller: Caller::Part(part, identity), ..line.clone() })
        });
        let components =
            Components { root_ca: Some("a certificate".to_owned()), rules: self.rules.clone() };
        let metrics = Arc::new(Metrics::default());
        let manager = components.assemble_part(part, &world, &identities, metrics);
        // It ends with its machine.
        drop(manager.start());
    }

    /// Ends a part where it is.
    pub(crate) fn crash(&self, part: Part) {
        self.simulation.crash(name(part));
    }

    /// Stops a part where it is.
    pub(crate) fn freeze(&self, part: Part) {
        self.simulation.freeze(name(part));
    }

    /// Lets a part go on.
    pub(crate) fn thaw(&self, part: Part) {
        self.simulation.thaw(name(part));
    }

    /// Sets a part's wall clock wrong.
    pub(crate) fn shift_wall(&self, part: Part, microseconds: i64) {
        self.simulation.shift_wall(name(part), microseconds);
    }

    /// A way to the API server.
    pub(crate) fn line(&self, world: &World, caller: Caller) -> Line {
        Line {
            world: world.clone(),
            gateway: self.gateway.clone(),
            caller,
            faults: self.faults.clone(),
            acknowledged: Arc::clone(&self.acknowledged),
        }
    }
}

async fn serve(world: World, store: Arc<dyn Store>, gateway: Gateway, checker: Checker) {
    match store.revision().await {
        Ok(newest) => checker.reopened(newest),
        Err(error) => return checker.fail(format!("the store does not answer: {error}")),
    }
    let follow = checker.clone().follow(Arc::clone(&store));
    world.tasks.spawn("checker", Box::pin(follow));
    let witness = Some(permission(checker.clone()));
    let settings = ServerSettings {
        engine: EngineOptions { witness, ..EngineOptions::default() },
        authentication: Authentication::default(),
        address: "127.0.0.1:6443".to_owned(),
        extensions: Vec::new(),
        faults: None,
    };
    match plane::serve(world, store, settings).await {
        Ok(service) => gateway.open(service),
        Err(error) => checker.fail(format!("the API server does not start: {error}")),
    }
}

/// Nobody here asks for what they may not do.
fn permission(checker: Checker) -> Witness {
    Arc::new(move |attributes, decision| {
        if !decision.is_allowed() {
            checker.fail(format!("denied: {attributes:?}"));
        }
    })
}

const fn name(part: Part) -> &'static str {
    match part {
        Part::Controllers => "controllers",
        Part::Scheduler => "scheduler",
        Part::Nodes => "nodes",
    }
}

/// Pods take a while for everything, so that there is time for things to go wrong.
pub(crate) fn rules(simulation: &Simulation) -> Rules {
    let up_to = |most: u64| Duration::from_millis(simulation.dice().below(most));
    let mut rules = Rules::default();
    rules.containers.push(Rule {
        pull_time: up_to(1000),
        start_time: up_to(1000),
        ready_time: up_to(1500),
        stop_time: up_to(4000),
        ..Rule::default()
    });
    rules
}
