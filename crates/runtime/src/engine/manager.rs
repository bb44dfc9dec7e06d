//! Sets components up, starts them, and stops them.

use std::{collections::BTreeMap, sync::Arc};

use meta::resource::Resource;
use parking_lot::Mutex;
use tokio::sync::Notify;
use world::World;

use super::{
    act::Acting,
    actor::{Accounts, Actor},
    component::Component,
    fence::{Sources, newest_for_certain},
    gate::Gate,
    machine::Driver,
    rewrite::Rights,
    runner::{KEYS_IN_FLIGHT, Runner},
    running::{Inner, Running},
    timely::Timely,
};
use crate::{
    Controller, Informers, LeaseSettings, Machine, Metrics, Watches,
    events::{EventSink, Recorder},
    lease,
    machine::equip,
    pace::Pacing,
    queue::WorkQueue,
    recent::Recent,
    reflector::Reflector,
};

/// Components before they run.
///
/// ```no_run
/// # fn example<C: runtime::Controller>(world: world::World, actor: runtime::Actor) {
/// let metrics = std::sync::Arc::new(runtime::Metrics::default());
/// let mut manager = runtime::Manager::new(world, actor, metrics);
/// manager.add::<C>();
/// let running = manager.start();
/// running.stop();
/// # }
/// ```
pub struct Manager {
    /// Where settings are provided before components are added.
    pub informers: Informers,
    pub(super) world: World,
    /// Reads for the caches.
    reader: Actor,
    /// Writes of components added from now on.
    pub(super) actor: Actor,
    accounts: Option<Accounts>,
    pub(super) pacing: Option<Pacing>,
    /// Keys that a controller may act on at once, where that was said.
    pub(super) limits: BTreeMap<&'static str, usize>,
    /// Of components added from now on.
    rights: Rights,
    /// Of all that were added.
    all_rights: Vec<Rights>,
    recent: Arc<Recent>,
    pub(super) metrics: Arc<Metrics>,
    gate: Arc<Gate>,
    events: EventSink,
    components: Vec<Arc<dyn Component>>,
}

impl Manager {
    /// A manager without components; `actor` reads for all, and acts for those added until
    /// [`act_as`](Self::act_as).
    pub fn new(world: World, actor: Actor, metrics: Arc<Metrics>) -> Self {
        let actor = timely(&world, actor);
        Self {
            informers: Informers::default(),
            gate: Arc::new(Gate::new(Arc::clone(&world.clock))),
            events: EventSink::new(&world),
            reader: actor.clone(),
            world,
            actor,
            accounts: None,
            pacing: None,
            limits: BTreeMap::new(),
            rights: Rights::default(),
            all_rights: Vec::new(),
            recent: Arc::default(),
            metrics,
            components: Vec::new(),
        }
    }
    /// Components added from now on act under another identity. All share one set of caches.
    pub fn act_as(&mut self, actor: Actor) {
        self.actor = self.paced(timely(&self.world, actor));
    }
    /// Lets controllers act under [accounts of their own](Self::add_under). The caches stay the
    /// manager's: they are shared.
    pub fn give_accounts(&mut self, accounts: Accounts) {
        self.accounts = Some(accounts);
    }
    /// Adds a controller that acts under a service account, if the manager was
    /// [given accounts](Self::give_accounts); as the manager does, if not.
    pub fn add_under<C: Controller>(&mut self, account: &'static str) {
        let own = self.actor.clone();
        if let Some(transport) = self.accounts.as_ref().map(|accounts| accounts(account)) {
            self.act_as(Actor { transport, field_manager: own.field_manager });
            self.rights = Rights::of(account);
            self.all_rights.push(self.rights.clone());
        }
        self.add::<C>();
        self.actor = own;
        self.rights = Rights::default();
    }
    /// Adds a controller that acts under the manager's own name, though others have accounts.
    pub fn add_as_manager<C: Controller>(&mut self) {
        if self.accounts.is_some() {
            self.rights = Rights::of_manager();
        }
        self.add::<C>();
        self.rights = Rights::default();
    }
    /// Adds a controller.
    pub fn add<C: Controller>(&mut self) {
        self.informers.take_asked();
        self.metrics.declare(C::METRICS);
        let view = Arc::new(C::view(&mut self.informers));
        let queue = WorkQueue::new(C::QUEUE, &self.world, &self.metrics);
        let sink = Arc::clone(&queue);
        let mut watches = Watches::<C> {
            informers: &mut self.informers,
            view: Arc::clone(&view),
            sink: Arc::new(move |key, delay| sink.add(key, delay)),
            replays: Vec::new(),
        };
        C::watches(&mut watches);
        let replays = watches.replays;
        let runner: Runner<C> = Runner {
            acting: self.acting(C::NAME, C::EVENT_SOURCE),
            sources: self.sources(),
            view,
            queue,
            replays,
            metrics: Arc::clone(&self.metrics),
            kept: Mutex::default(),
            keys_in_flight: self.limits.get(C::NAME).copied().unwrap_or(KEYS_IN_FLIGHT),
        };
        self.components.push(Arc::new(runner));
    }
    /// Adds a machine.
    pub fn add_machine<M: Machine>(&mut self) {
        self.informers.take_asked();
        self.metrics.declare(M::METRICS);
        equip(&mut self.informers, &self.world);
        let machine = Mutex::new(M::new(&mut self.informers));
        let (sources, bell) = (self.sources(), Arc::new(Notify::new()));
        sources.feeds().for_each(|feed| feed.signal().wake(Arc::clone(&bell)));
        let acting = self.acting(M::NAME, M::NAME);
        let metrics = Arc::clone(&self.metrics);
        self.components.push(Arc::new(Driver { acting, sources, machine, bell, metrics }));
    }

    /// Starts everything; components act as soon as their caches are current.
    pub fn start(self) -> Running {
        let running = self.follow();
        let opening = Arc::clone(&running);
        let floor_first = async move {
            // Asked before the first list, so that the first lists reach it.
            let floor = newest_for_certain(&opening.world, &opening.reader).await;
            opening.follow_all();
            opening.gate.open(floor);
        };
        running.spawn("start", floor_first);
        Running { inner: running }
    }
    /// Starts the caches, and the components whenever the lease is held. Losing it stops
    /// them; winning it again starts them again.
    pub fn start_with_lease(self, settings: LeaseSettings) -> Running {
        let recorder = self.recorder(self.actor.field_manager);
        let running = self.follow();
        let decided = Arc::new(Notify::new());
        let elector = lease::Driver {
            world: running.world.clone(),
            actor: running.reader.clone(),
            metrics: Arc::clone(&running.metrics),
            gate: Arc::clone(&running.gate),
            recorder,
            settings: settings.clone(),
            decided: Arc::clone(&decided),
        };
        *running.lease.lock() = Some(settings);
        running.spawn("lease", elector.run());
        let following = Arc::clone(&running);
        running.spawn("follow", async move {
            decided.notified().await;
            following.follow_all();
        });
        Running { inner: running }
    }
    /// Starts the caches alone: components act never, but can be asked to explain.
    pub fn start_idle(self) -> Running {
        let running = self.follow();
        running.follow_all();
        Running { inner: running }
    }

    fn follow(mut self) -> Arc<Inner> {
        let dynamic = self.informers.dynamic();
        let lister = self.paced(self.reader.clone());
        let sources = std::mem::take(&mut self.informers.sources);
        let is_rewritten =
            |resource: &Resource| self.all_rights.iter().any(|rights| rights.rewrite(resource));
        let reflectors = sources.into_values().map(|source| Reflector {
            world: self.world.clone(),
            transport: Arc::clone(&lister.transport),
            metrics: (!source.metadata_only)
                .then(|| self.metrics.informer(lister.field_manager, &source.resource)),
            recent: (!source.metadata_only && is_rewritten(&source.resource))
                .then(|| Arc::clone(&self.recent)),
            resource: source.resource,
            metadata_only: source.metadata_only,
            feed: source.feed,
        });
        let inner = Arc::new(Inner {
            reflectors: Mutex::new(reflectors.collect()),
            world: self.world,
            reader: self.reader,
            lister,
            metrics: self.metrics,
            gate: self.gate,
            dynamic,
            components: self.components,
            followed: Mutex::default(),
            tasks: Mutex::default(),
            lease: Mutex::default(),
        });
        inner.spawn("events", self.events.run());
        for component in &inner.components {
            inner.spawn("component", Arc::clone(component).run());
        }
        inner
    }
    fn acting(&self, component: &'static str, event_source: &'static str) -> Arc<Acting> {
        Arc::new(Acting {
            world: self.world.clone(),
            actor: self.actor.clone(),
            gate: Arc::clone(&self.gate),
            recorder: self.recorder(event_source),
            component,
            permits: Acting::permits(),
            metrics: Arc::clone(&self.metrics),
            reader: Arc::clone(&self.reader.transport),
            rights: self.rights.clone(),
            recent: Arc::clone(&self.recent),
            trace: self.informers.trace.clone(),
        })
    }
    fn recorder(&self, event_source: &'static str) -> Recorder {
        self.events.recorder(event_source, Arc::clone(&self.actor.transport))
    }
    fn sources(&mut self) -> Sources {
        Sources::new(self.informers.take_asked(), self.informers.dynamic_if_asked())
    }
}

fn timely(world: &World, actor: Actor) -> Actor {
    Actor { transport: Arc::new(Timely::new(world, actor.transport)), ..actor }
}
