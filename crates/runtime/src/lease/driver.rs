//! Takes and renews a lease, and opens and closes the gate of those who act under it.

use std::{sync::Arc, time::Duration};

use api::resources::{LEASES, NAMESPACES};
use client::{ClientError, Request, WatchEvent, WatchOptions, WatchStream, WriteOptions};
use meta::{mutants::mutant, object::ResourceVersion};
use serde_json::Value;
use tokio::sync::Notify;
use tracing::{info, warn};
use world::{Monotonic, World};

use super::{
    LeaseSettings,
    rules::{Elector, Move},
};
use crate::{
    Actor, Event, EventType, Metrics, Target,
    engine::{Gate, newest, within},
    events::Recorder,
};

/// Percent by which waits for a lease are spread.
const JITTER: u32 = 120;

pub(crate) struct Driver {
    pub(crate) world: World,
    pub(crate) actor: Actor,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) recorder: Recorder,
    pub(crate) settings: LeaseSettings,
    /// Rung when it is known whether the lease is held at first: caches that are filled after that are
    /// filled once, as they begin with what a new leader must have seen.
    pub(crate) decided: Arc<Notify>,
}

impl Driver {
    /// Stands by, leads, stands by again, for ever.
    pub(crate) async fn run(self) {
        let mut elector = Elector::default();
        self.metrics.leading(&self.settings.key.name, false);
        loop {
            let taken = self.acquire(&mut elector).await;
            self.gate.lead_under(elector.epoch(&self.settings));
            self.tell(&elector, "became leader");
            self.metrics.leading(&self.settings.key.name, true);
            self.lead(&mut elector, taken).await;
            self.gate.close();
            self.metrics.leading(&self.settings.key.name, false);
            warn!(identity = %self.settings.identity, "lost the lease; standing by");
            self.tell(&elector, "stopped leading");
            elector.forget();
        }
    }

    async fn acquire(&self, elector: &mut Elector) -> Monotonic {
        let mut watch = None;
        loop {
            let asked = self.world.clock.monotonic();
            match self.attempt(elector, self.request_timeout()).await {
                Ok(true) => return asked,
                Ok(false) => {}
                Err(error) => info!(%error, "cannot take the lease yet"),
            }
            self.decided.notify_one();
            if watch.is_none() {
                watch = self.watch().await;
            }
            self.stand_by(elector, &mut watch).await;
        }
    }

    /// Waits until the lease runs out or is given up, and never longer than a retry period: an attempt
    /// looks whether the watch has missed something.
    async fn stand_by(&self, elector: &mut Elector, watch: &mut Option<WatchStream>) {
        let clock = &self.world.clock;
        let began = clock.monotonic();
        let longest = began + self.world.dice.jitter(self.settings.retry_period, JITTER);
        // What was free and could not be taken is tried again after the whole time.
        let mut could_not = elector.free_at().is_some_and(|free| free <= began);
        loop {
            let free = elector.free_at().filter(|_| !could_not);
            let until = free.map_or(longest, |free| free.min(longest));
            let event = tokio::select! {
                biased;
                event = next(watch) => event,
                () = clock.sleep_until(until) => return,
            };
            let Some(Ok(event)) = event else {
                *watch = None;
                continue;
            };
            if event.kind == client::EventType::Deleted {
                elector.forget();
                return;
            }
            if let Some(lease) = lease_of(&event) {
                elector.saw(lease, clock.monotonic());
                could_not = false;
            }
        }
    }

    /// Follows the lease, so that nobody waits who need not; `None` if that is refused.
    async fn watch(&self) -> Option<WatchStream> {
        let key = &self.settings.key;
        let options = WatchOptions {
            field_selector: format!("metadata.name={}", key.name),
            ..WatchOptions::default()
        };
        let request = Request::watch(&LEASES, &key.namespace, &options);
        let limit = self.request_timeout();
        within(&self.world, limit, self.actor.transport.watch(request)).await?.ok()
    }

    /// Renews until that has failed for too long; `renewed` is when the last success was asked for.
    async fn lead(&self, elector: &mut Elector, mut renewed: Monotonic) {
        info!(identity = %self.settings.identity, "leading");
        loop {
            let deadline = renewed + self.settings.renew_deadline;
            self.gate.allow_until(deadline);
            if !self.gate.is_open() {
                self.begin(deadline).await;
                self.decided.notify_one();
            }
            self.world.clock.sleep(self.settings.retry_period).await;
            let asked = self.world.clock.monotonic();
            if asked >= deadline {
                return;
            }
            let limit = self.request_timeout().min(deadline.since(asked));
            match self.attempt(elector, limit).await {
                Ok(true) => renewed = asked,
                Ok(false) => return,
                Err(error) => warn!(%error, "cannot renew the lease"),
            }
        }
    }

    /// The start fence: nobody acts before the newest revision is known.
    async fn begin(&self, deadline: Monotonic) {
        let left = deadline.since(self.world.clock.monotonic()).min(self.request_timeout());
        let asked = within(&self.world, left, newest(&*self.actor.transport, &NAMESPACES)).await;
        match asked {
            Some(Ok(floor)) => self.gate.open(floor),
            Some(Err(error)) => warn!(%error, "cannot learn the newest revision yet"),
            None => warn!("no answer to the question for the newest revision yet"),
        }
    }

    /// Whether the lease is ours now. `Ok(false)` if somebody else holds it.
    async fn attempt(&self, elector: &mut Elector, limit: Duration) -> Result<bool, ClientError> {
        let limit = if mutant("hb_03") { Duration::MAX } else { limit };
        let attempted = within(&self.world, limit, self.take_or_renew(elector)).await;
        attempted.unwrap_or_else(|| {
            Err(ClientError::NoAnswer { reason: format!("no answer within {limit:?}") })
        })
    }

    async fn take_or_renew(&self, elector: &mut Elector) -> Result<bool, ClientError> {
        let clock = &self.world.clock;
        let settings = &self.settings;
        if let Some(lease) = elector.renewal(settings, clock.monotonic(), clock.wall()) {
            match self.send(self.update(&lease)).await {
                Ok(lease) => {
                    elector.saw(lease, clock.monotonic());
                    return Ok(true);
                }
                Err(error) => info!(%error, "reading the lease before it is renewed"),
            }
            self.metrics.lease_slow_path(&settings.key.name);
        }
        let live = match self.send(Request::get(&LEASES, &settings.key)).await {
            Ok(live) => Some(live),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let request = match elector.decide(settings, live, clock.monotonic(), clock.wall()) {
            Move::Wait => return Ok(false),
            Move::Create(lease) => {
                let options = self.options();
                Request::create(&LEASES, &settings.key.namespace, &lease, &options)
            }
            Move::Update(lease) => self.update(&lease),
        };
        let lease = self.send(request).await?;
        elector.saw(lease, clock.monotonic());
        Ok(true)
    }

    fn update(&self, lease: &Value) -> Request {
        Request::update(&LEASES, &self.settings.key, lease, &self.options())
    }
    fn options(&self) -> WriteOptions {
        WriteOptions { field_manager: self.actor.field_manager.to_owned() }
    }
    async fn send(&self, request: Request) -> Result<Value, ClientError> {
        let response = self.actor.transport.send(request).await?;
        serde_json::from_slice(&response.body)
            .map_err(|error| ClientError::Unreadable { reason: format!("not a lease: {error}") })
    }
    fn request_timeout(&self) -> Duration {
        (self.settings.renew_deadline / 2).max(Duration::from_secs(1))
    }
    fn tell(&self, elector: &Elector, what: &str) {
        let event = Event {
            regarding: Target {
                resource: LEASES,
                key: self.settings.key.clone(),
                uid: elector.uid(),
                version: ResourceVersion::default(),
            },
            kind: EventType::Normal,
            reason: "LeaderElection",
            message: format!("{} {what}", self.settings.identity),
        };
        self.recorder.record(Some(&event), "", "");
    }
}

/// The next event; never, without a watch.
async fn next(watch: &mut Option<WatchStream>) -> Option<Result<WatchEvent, ClientError>> {
    match watch {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}

/// The lease of an event that shows one.
fn lease_of(event: &WatchEvent) -> Option<Value> {
    let shows = matches!(event.kind, client::EventType::Added | client::EventType::Modified);
    shows.then(|| serde_json::from_slice(&event.object).ok()).flatten()
}
