//! The machines of a run: store, API servers and parts, each with a life of its own.

use std::{cell::RefCell, collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use apiserver::{EngineOptions, authentication::Authentication, authorization::Witness};
use meta::object::ObjectKey;
use nodes::{Rule, Rules};
use plane::{Components, Identities, Identity, Part, ServerSettings};
use runtime::{KeysKept, LeaseSettings, Manager, Metrics, Running, trace::Trace};
use store::{Local, Revision, Store};
use world::World;

use crate::{
    check::{Checker, Promise, Violation},
    net::{Line, Office, Server, StoreLine, StoreServer},
    plan::{self, Component},
    world::Simulation,
};

const FOLDER: &str = "/data";
const LEASE: &str = "kube-controller-manager";
/// A process that cannot start is started again after so long.
const RESTART: Duration = Duration::from_secs(1);

/// What a run is made of.
pub(crate) struct Cluster {
    pub(crate) simulation: Simulation,
    pub(crate) shape: plan::Cluster,
    pub(crate) office: Office,
    pub(crate) store: StoreServer,
    pub(crate) rules: Rules,
    /// The parts that live.
    pub(crate) running: RefCell<BTreeMap<Component, Running>>,
}

impl Cluster {
    /// Begins a life of a machine, with nothing in memory.
    pub(crate) fn start(&self, component: Component) {
        let world = self.simulation.world(component.name());
        match component {
            Component::Store => self.start_store(&world),
            Component::Api1 | Component::Api2 => self.start_api(component, &world),
            Component::Controllers1 | Component::Controllers2 => {
                self.start_part(component, Part::Controllers, &world);
            }
            Component::Scheduler => self.start_part(component, Part::Scheduler, &world),
            Component::Nodes => self.start_part(component, Part::Nodes, &world),
            Component::User => {}
        }
    }

    /// Ends a machine where it is.
    pub(crate) fn crash(&self, component: Component) {
        match component {
            Component::Store => self.store.close(),
            Component::Api1 | Component::Api2 => self.office.servers.close(component),
            Component::Controllers1
            | Component::Controllers2
            | Component::Scheduler
            | Component::Nodes
            | Component::User => {}
        }
        self.running.borrow_mut().remove(&component);
        self.simulation.crash(component.name());
        self.office.wires.set_stopped(component, false);
    }

    /// Stops a machine where it is.
    pub(crate) fn freeze(&self, component: Component) {
        self.simulation.freeze(component.name());
        self.office.wires.set_stopped(component, true);
    }

    /// Lets a machine go on.
    pub(crate) fn thaw(&self, component: Component) {
        self.simulation.thaw(component.name());
        self.office.wires.set_stopped(component, false);
    }

    /// A store in memory would come back empty: it does not crash.
    pub(crate) const fn may_crash(&self, component: Component) -> bool {
        match component {
            Component::Store => self.shape.disk,
            Component::User => false,
            Component::Api1
            | Component::Api2
            | Component::Controllers1
            | Component::Controllers2
            | Component::Scheduler
            | Component::Nodes => self.shape.has(component),
        }
    }

    fn start_store(&self, world: &World) {
        let checker = self.office.checker.clone();
        let store: Arc<dyn Store> = if self.shape.disk {
            let open = || Local::embedded(world, Path::new(FOLDER));
            // A sync that fails once ends an attempt; whoever watches over the process tries again.
            match open().or_else(|_| open()) {
                Ok(store) => Arc::new(store),
                Err(error) if self.simulation.disk_is_well(Component::Store.name()) => {
                    let text = format!("the store is lost: {error}");
                    return checker.fail(Violation::new(Promise::Durable, text));
                }
                // Whoever heals the disk starts it again.
                Err(_) => return,
            }
        } else {
            Arc::new(Local::memory(world))
        };
        self.store.open(Arc::clone(&store), world.clone());
        world.tasks.spawn("checker", Box::pin(follow(store, checker)));
    }

    fn start_api(&self, api: Component, world: &World) {
        let store = StoreLine {
            world: world.clone(),
            api,
            server: self.store.clone(),
            wires: self.office.wires.clone(),
            faults: self.office.faults.clone(),
        };
        let serve = serve(api, world.clone(), Arc::new(store), self.office.clone());
        world.tasks.spawn("serve", Box::pin(serve));
    }

    fn start_part(&self, component: Component, part: Part, world: &World) {
        let manager = self.assemble(component, part, world);
        let lease = part == Part::Controllers && self.shape.controller_managers > 1;
        let running = if lease {
            let key = ObjectKey::new("kube-system", LEASE);
            let identity = format!("{component}_{}", world.dice.uuid());
            manager.start_with_lease(LeaseSettings::new(key, identity))
        } else {
            manager.start()
        };
        self.running.borrow_mut().insert(component, running);
    }

    fn assemble(&self, component: Component, part: Part, world: &World) -> Manager {
        let own = Some(Identity::Part(part));
        let line = Line::new(world.clone(), component, own, self.office.clone());
        let identities: Identities = Arc::new(move |identity| Arc::new(line.acting_as(identity)));
        let components = Components {
            root_ca: Some("a certificate".to_owned()),
            token_issuer: None,
            rules: self.rules.clone(),
            trace: Trace::default(),
        };
        components.assemble_part(part, world, &identities, Arc::new(Metrics::default()))
    }

    /// Each controller, scheduler and kubelet that lives, with the keys of which it keeps something.
    pub(crate) fn kept(&self) -> Vec<(Component, &'static str, KeysKept)> {
        let running = self.running.borrow();
        let kept = running.iter().flat_map(|(component, running)| {
            running.kept().into_iter().map(|(name, keys)| (*component, name, keys))
        });
        kept.collect()
    }

    /// A person's way to the API servers.
    pub(crate) fn line_of_user(&self, world: &World) -> Line {
        Line::new(world.clone(), Component::User, None, self.office.clone())
    }
}

/// Starts an API server, again and again while the store does not answer.
async fn serve(api: Component, world: World, store: Arc<dyn Store>, office: Office) {
    loop {
        let witness = Some(permission(office.checker.clone()));
        let settings = ServerSettings {
            engine: EngineOptions { witness, ..EngineOptions::default() },
            authentication: Authentication::default(),
            address: format!("{api}:6443"),
            extensions: Vec::new(),
            faults: None,
            auditor: None,
        };
        match plane::serve(world.clone(), Arc::clone(&store), settings).await {
            Ok(service) => return office.servers.open(api, Server { service, world }),
            Err(error) => tracing::info!(%api, %error, "the API server does not start yet"),
        }
        world.clock.sleep(RESTART).await;
    }
}

/// Nobody here asks for what they may not do.
fn permission(checker: Checker) -> Witness {
    Arc::new(move |attributes, decision| {
        if !decision.is_allowed() {
            let violation = Violation::new(Promise::Permissions, format!("denied: {attributes:?}"));
            checker.fail(violation);
        }
    })
}

/// Holds what the store does to what must never happen, in one life of it.
async fn follow(store: Arc<dyn Store>, checker: Checker) {
    match store.revision().await {
        Ok(newest) => checker.reopened(newest),
        Err(error) => {
            let text = format!("the store does not answer: {error}");
            return checker.fail(Violation::new(Promise::Durable, text));
        }
    }
    checker.follow(store).await;
}

/// Makes the store forget its history.
pub(crate) async fn compact(store: Arc<dyn Store>, checker: Checker) {
    if let Ok(Revision(newest)) = store.revision().await {
        // The checker reads on from where it is.
        let oldest = Revision(newest.min(checker.revision()));
        // A compaction that fails leaves the history there.
        let _ = store.compact(oldest).await;
    }
}

/// Pods take a while for everything, so that there is time for things to go wrong.
pub(crate) fn rules(simulation: &Simulation) -> Rules {
    let up_to = |most: u64| Duration::from_millis(simulation.dice().below(most));
    let mut rules = Rules::default();
    let rule = Rule {
        pull_time: up_to(1000),
        start_time: up_to(1000),
        ready_time: up_to(1500),
        stop_time: up_to(4000),
        ..Rule::default()
    };
    rules.containers.push(Rule {
        image_contains: vec!["once".to_owned()],
        exit_code: Some(0),
        exit_after: up_to(4000),
        ..rule.clone()
    });
    rules.containers.push(rule);
    rules
}
