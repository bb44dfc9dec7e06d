//! The wire between a component and an API server: what happens on it follows the script.

use std::{collections::VecDeque, iter, sync::Arc, time::Duration};

use apiserver::Service;
use client::{
    ApiError, ClientError, EventType, Request, Response, Transport, WatchEvent, WatchStream,
};
use meta::object::ObjectKey;
use parking_lot::Mutex;
use plane::InProcess;
use serde::Deserialize;
use tokio::sync::mpsc;
use world::{BoxFuture, Monotonic, World};

use super::{
    gateway::Gateway,
    script::{Fate, Held, Script, Sent, Told},
};
use crate::net::{join_as_master, lost, nobody};

/// Events under way.
const EVENTS_WAITING_MAX: usize = 16;
/// A state that no other follows is hidden for so long: shorter than any workload goes on.
const HIDDEN_MAX: Duration = Duration::from_secs(2);

/// Belongs to one life of its component.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) world: World,
    pub(super) by: &'static str,
    pub(super) route: Route,
    pub(super) script: Script,
}

/// The servers behind one address: who gives up on one is connected to the next.
#[derive(Clone)]
pub(super) struct Route(Arc<Mutex<VecDeque<Server>>>);

type Server = (&'static str, Gateway);

impl Route {
    /// Begins with the server of that name.
    pub(super) fn new<'a>(
        first: &str,
        servers: impl Iterator<Item = (&'static str, &'a Gateway)>,
    ) -> Self {
        let servers = servers.map(|(name, gateway)| (name, gateway.clone()));
        let (mut servers, others): (VecDeque<_>, VecDeque<_>) =
            servers.partition(|(name, _)| *name == first);
        servers.extend(others);
        Self(Arc::new(Mutex::new(servers)))
    }

    /// The connected server; `None` only without any.
    fn server(&self) -> Option<Server> {
        self.0.lock().front().cloned()
    }

    /// Connects to the next server unless that was done since.
    fn give_up(&self, server: &str) {
        let mut servers = self.0.lock();
        if servers.front().is_some_and(|(name, _)| *name == server) {
            servers.rotate_left(1);
        }
    }
}

/// A connection on which nothing comes any more; who drops it has waited long enough.
struct Hung<'a> {
    route: &'a Route,
    server: &'static str,
}

impl Drop for Hung<'_> {
    fn drop(&mut self) {
        self.route.give_up(self.server);
    }
}

type Delivered = Result<WatchEvent, ClientError>;

impl Transport for Wire {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        let wire = self.clone();
        Box::pin(async move { wire.deliver(request).await })
    }
    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        let wire = self.clone();
        Box::pin(async move { wire.open(request).await })
    }
}

impl Wire {
    async fn deliver(&self, request: Request) -> Result<Response, ClientError> {
        let at = self.world.clock.monotonic();
        let fate = self.script.fate(self.by, &request);
        self.travel().await;
        match fate {
            Some(Fate::Refused(code)) => return Err(refusal(code).into()),
            Some(Fate::Lost) => return Err(lost()),
            Some(Fate::Late(delay)) => self.world.clock.sleep(delay).await,
            Some(Fate::Unanswered) | None => {}
        }
        if let Some(body) = self.script.answer_to(&request) {
            return Ok(Response { code: 200, body, warnings: Vec::new() });
        }
        let Some((server, gateway)) = self.route.server() else { return Err(nobody()) };
        self.pass(server, (self.by, server)).await;
        let Some((service, mut lifetime)) = gateway.server() else { return Err(nobody()) };
        let answer = tokio::select! {
            biased;
            () = lifetime.ended() => Err(lost()),
            answer = self.join(&service).send(request.clone()) => answer,
        };
        self.note(&request, &answer, at).await;
        self.pass(server, (server, self.by)).await;
        if fate == Some(Fate::Unanswered) { Err(lost()) } else { answer }
    }

    /// A cut connection hangs, and what was on it is lost, whatever is mended later.
    async fn pass(&self, server: &'static str, (from, to): (&str, &str)) {
        if self.script.is_cut(from, to) {
            let _hung = Hung { route: &self.route, server };
            std::future::pending::<()>().await;
        }
    }

    async fn note(&self, request: &Request, answer: &Result<Response, ClientError>, at: Monotonic) {
        let code = match answer {
            Ok(answer) => answer.code,
            Err(error) => error.api().map_or(0, |refused| refused.code),
        };
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        let sent = Sent { by: self.by.to_owned(), method: request.method, path, code, at };
        if code > 0 && self.script.arrived(sent) {
            std::future::pending::<()>().await;
        }
    }

    async fn travel(&self) {
        if let Some(delay) = self.script.delay(&*self.world.dice) {
            self.world.clock.sleep(delay).await;
        }
    }

    fn join(&self, service: &Service) -> InProcess {
        join_as_master(&self.world, service, self.by, self.by)
    }

    async fn open(&self, request: Request) -> Result<WatchStream, ClientError> {
        let fate = self.script.fate(self.by, &request);
        self.travel().await;
        match fate {
            Some(Fate::Refused(code)) => return Err(refusal(code).into()),
            Some(Fate::Lost | Fate::Unanswered) => return Err(lost()),
            Some(Fate::Late(delay)) => self.world.clock.sleep(delay).await,
            None => {}
        }
        let Some((server, gateway)) = self.route.server() else { return Err(nobody()) };
        self.pass(server, (self.by, server)).await;
        let Some((service, mut lifetime)) = gateway.server() else { return Err(nobody()) };
        let plural = plural(&request);
        let events = tokio::select! {
            biased;
            () = lifetime.ended() => Err(lost()),
            events = self.join(&service).watch(request) => events,
        }?;
        let (sender, stream) = mpsc::channel(EVENTS_WAITING_MAX);
        let (wire, tasks) = (self.clone(), Arc::clone(&self.world.tasks));
        let watch = Watch { number: self.script.next_watch(), server, plural };
        let pass_on = async move {
            tokio::select! {
                biased;
                () = lifetime.ended() => {}
                () = wire.ended(&watch.plural) => {}
                () = wire.pass_on(&watch, events, sender) => {}
            }
        };
        drop(tasks.spawn("watch on the wire", Box::pin(pass_on)));
        Ok(stream)
    }

    /// Waits until the watch is ended by the script.
    async fn ended(&self, plural: &str) {
        let before = self.script.ended(self.by, plural);
        self.script.until(|script| script.ended(self.by, plural) > before).await;
    }

    async fn pass_on(
        &self,
        watch: &Watch,
        mut events: WatchStream,
        sender: mpsc::Sender<Delivered>,
    ) {
        while let Some(event) = next(&mut events, &sender).await {
            let how = self.script.held(self.by, &watch.plural);
            let flows = |script: &Script| {
                script.held(self.by, &watch.plural).is_none()
                    && !script.is_cut(watch.server, self.by)
            };
            tokio::select! {
                biased;
                () = sender.closed() => return,
                () = self.script.until(flows) => {}
            }
            self.travel().await;
            let told = match how {
                _ if self.hides(watch, &event) => {
                    merged(self.until_overwritten(watch, event, &mut events).await)
                }
                Some(Held::Merged) => merged(with_waiting(event, &mut events)),
                Some(Held::InOrder) | None => VecDeque::from([event]),
            };
            for event in told {
                // Nobody listens any more: the next look ends this.
                let _ = sender.send(event).await;
            }
        }
    }
}

/// A watch on the wire.
struct Watch {
    number: u64,
    server: &'static str,
    plural: String,
}

impl Wire {
    /// Notes an event of an object; answers whether its state is to be hidden.
    fn hides(&self, watch: &Watch, event: &Delivered) -> bool {
        let key =
            event.as_ref().ok().filter(|event| event.kind != EventType::Bookmark).and_then(key);
        key.is_some_and(|key| {
            let (watch, plural) = (watch.number, watch.plural.clone());
            self.script.tells(self.by, Told { watch, plural, key })
        })
    }

    /// The event and those after it, up to one that shows another state of the same object.
    async fn until_overwritten(
        &self,
        watch: &Watch,
        event: Delivered,
        events: &mut WatchStream,
    ) -> Vec<Delivered> {
        let hidden = event.as_ref().ok().and_then(key);
        let mut told = vec![event];
        let over = self.world.clock.monotonic() + HIDDEN_MAX;
        loop {
            let late = self.world.clock.sleep_until(over);
            let event = tokio::select! {
                biased;
                event = events.recv() => event,
                () = late => None,
            };
            let Some(event) = event else { return told };
            self.hides(watch, &event);
            let is_another = event.as_ref().ok().and_then(key) == hidden;
            told.push(event);
            if is_another {
                return told;
            }
        }
    }
}

/// The next event; `None` if either side has ended.
async fn next(events: &mut WatchStream, sender: &mpsc::Sender<Delivered>) -> Option<Delivered> {
    tokio::select! {
        biased;
        () = sender.closed() => None,
        event = events.recv() => event,
    }
}

/// An event, and those that wait behind it.
fn with_waiting(first: Delivered, events: &mut WatchStream) -> Vec<Delivered> {
    iter::once(first).chain(iter::from_fn(|| events.try_recv().ok())).collect()
}

/// The last state of each object; one that came and went is not told of.
fn merged(events: Vec<Delivered>) -> VecDeque<Delivered> {
    let mut told: Vec<(Option<ObjectKey>, bool, Delivered)> = Vec::new();
    for event in events {
        let key = event.as_ref().ok().and_then(key);
        let known = told.iter().position(|(other, ..)| key.is_some() && *other == key);
        let was_there = match known {
            Some(at) => told.remove(at).1,
            None => !matches!(&event, Ok(event) if event.kind == EventType::Added),
        };
        told.push((key, was_there, event));
    }
    let shown = told.into_iter().filter_map(|(_, was_there, event)| {
        let Ok(mut event) = event else { return Some(event) };
        match (was_there, event.kind) {
            (false, EventType::Deleted) => return None,
            (false, EventType::Modified) => event.kind = EventType::Added,
            (true, EventType::Added) => event.kind = EventType::Modified,
            (true, EventType::Modified | EventType::Deleted)
            | (false, EventType::Added)
            | (_, EventType::Bookmark | EventType::Error) => {}
        }
        Some(Ok(event))
    });
    shown.collect()
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}
#[derive(Deserialize)]
struct Name {
    #[serde(default)]
    namespace: String,
    name: String,
}

fn key(event: &WatchEvent) -> Option<ObjectKey> {
    let named: Named = serde_json::from_slice(&event.object).ok()?;
    Some(ObjectKey::new(&*named.metadata.namespace, &*named.metadata.name))
}

/// The resource that a watch is about.
fn plural(request: &Request) -> String {
    let path = request.path.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn refusal(code: u16) -> ApiError {
    let reason = match code {
        409 => "Conflict",
        422 => "Invalid",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
    let message = "refused by the script".to_owned();
    ApiError { code, reason: reason.to_owned(), message, causes: Vec::new(), retry_after: None }
}
