//! The line between a caller and the API server: what happens on it follows the plan.

use std::{sync::Arc, time::Duration};

use apiserver::{Service, User};
use client::{
    ApiError, ClientError, Method, Request, Response, Transport, WatchEvent, WatchStream,
};
use parking_lot::Mutex;
use plane::{Identity, InProcess, Part};
use tokio::sync::mpsc::{self, error::TryRecvError};
use world::{BoxFuture, World};

use super::{Fate, Faults};
use crate::gateway::Gateway;

/// Events under way on the line.
const EVENTS_WAITING_MAX: usize = 16;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A part of the plane, to which things happen, under one of its identities.
    Part(Part, Identity),
    /// A person, whose line is good.
    User,
}

/// Revisions of writes that somebody was told of.
pub(crate) type Acknowledged = Arc<Mutex<Vec<u64>>>;

/// See the module. Belongs to one life of its caller.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) world: World,
    pub(crate) gateway: Gateway,
    pub(crate) caller: Caller,
    pub(crate) faults: Faults,
    pub(crate) acknowledged: Acknowledged,
}

impl Transport for Line {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        let line = self.clone();
        Box::pin(async move { line.deliver(request).await })
    }

    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        let line = self.clone();
        Box::pin(async move { line.open(request).await })
    }
}

impl Line {
    async fn deliver(&self, request: Request) -> Result<Response, ClientError> {
        let is_write = request.method != Method::Get;
        let fate = match self.caller {
            Caller::User => Fate::Arrives,
            Caller::Part(..) if is_write => self.faults.fate_of_write(),
            Caller::Part(..) => self.faults.fate_of_read(),
        };
        self.travel().await;
        match fate {
            Fate::Refused(code) => return Err(refusal(code).into()),
            Fate::Late(after) => {
                self.deliver_later(request, after);
                return Err(lost());
            }
            Fate::Arrives | Fate::Unanswered => {}
        }
        let answer = self.ask(&self.world, request.clone()).await;
        if let (Ok(answer), true) = (&answer, is_write) {
            self.note(&request, answer, fate).await;
        }
        if fate == Fate::Unanswered { Err(lost()) } else { answer }
    }

    /// Sends and waits, unless the server ends before.
    async fn ask(&self, world: &World, request: Request) -> Result<Response, ClientError> {
        let Some((service, mut lifetime)) = self.gateway.server() else { return Err(nobody()) };
        tokio::select! {
            biased;
            () = lifetime.ended() => Err(lost()),
            answer = self.join(world, &service).send(request) => answer,
        }
    }

    /// After a write: the caller may end here.
    async fn note(&self, request: &Request, answer: &Response, fate: Fate) {
        if fate == Fate::Arrives {
            self.acknowledged.lock().extend(revision(&answer.body));
        }
        let Caller::Part(part, _) = self.caller else { return };
        let counts = !request.path.contains("/leases") && !request.path.contains("/events");
        if counts && self.faults.wrote(part) {
            std::future::pending::<()>().await;
        }
    }

    async fn travel(&self) {
        let delay = if self.caller == Caller::User { None } else { self.faults.delay() };
        if let Some(delay) = delay {
            self.world.clock.sleep(delay).await;
        }
    }

    /// Whoever sent it, the request is on its own now.
    fn deliver_later(&self, request: Request, after: Duration) {
        let (line, world) = (self.clone(), self.faults.0.world.clone());
        let arrive = async move {
            let world = line.faults.0.world.clone();
            world.clock.sleep(after).await;
            // Nobody hears what came of it.
            let _ = line.ask(&world, request).await;
        };
        world.tasks.spawn("late request", Box::pin(arrive));
    }

    fn join(&self, world: &World, service: &Service) -> InProcess {
        match self.caller {
            Caller::Part(_, identity) => identity.join(world, service),
            Caller::User => {
                let groups = vec!["system:masters".to_owned()];
                let user = User { name: "admin".to_owned(), groups, ..User::default() };
                InProcess::new(world.clone(), service.clone(), user, "kubectl")
            }
        }
    }

    async fn open(&self, request: Request) -> Result<WatchStream, ClientError> {
        let fate = self.faults.fate_of_read();
        self.travel().await;
        match fate {
            Fate::Refused(code) => return Err(refusal(code).into()),
            Fate::Unanswered | Fate::Late(_) => return Err(lost()),
            Fate::Arrives => {}
        }
        let Some((service, mut lifetime)) = self.gateway.server() else { return Err(nobody()) };
        let events = tokio::select! {
            biased;
            () = lifetime.ended() => Err(lost()),
            events = self.join(&self.world, &service).watch(request) => events,
        }?;
        let (sender, stream) = mpsc::channel(EVENTS_WAITING_MAX);
        let (line, tasks) = (self.clone(), Arc::clone(&self.world.tasks));
        let pass_on = async move {
            tokio::select! {
                biased;
                () = lifetime.ended() => {}
                () = line.pass_on(events, sender) => {}
            }
        };
        tasks.spawn("watch on the line", Box::pin(pass_on));
        Ok(stream)
    }

    /// Passes events on in order until either side ends, or the watch is dropped.
    async fn pass_on(&self, mut events: WatchStream, sender: Sender) {
        while let Some(event) = self.next(&mut events, &sender).await {
            if self.faults.drops_watch() || sender.send(event).await.is_err() {
                return;
            }
        }
    }

    /// The next event. A hold begins only when nothing is held up, so that what arrives is never older
    /// than one hold.
    async fn next(&self, events: &mut WatchStream, sender: &Sender) -> Option<Delivered> {
        match events.try_recv() {
            Ok(event) => return Some(event),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        let event = tokio::select! {
            biased;
            () = sender.closed() => None,
            event = events.recv() => event,
        }?;
        if let Some(hold) = self.faults.hold() {
            self.world.clock.sleep(hold).await;
        }
        Some(event)
    }
}

type Delivered = Result<WatchEvent, ClientError>;
type Sender = mpsc::Sender<Delivered>;

fn nobody() -> ClientError {
    ClientError::Unreachable { reason: "nobody listens".to_owned() }
}

fn lost() -> ClientError {
    ClientError::NoAnswer { reason: "the connection broke".to_owned() }
}

fn refusal(code: u16) -> ApiError {
    let (reason, message) = match code {
        409 => ("Conflict", "the object has been modified"),
        429 => ("TooManyRequests", "too many requests, please try again later"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        _ => ("InternalError", "an error on the server has prevented the request"),
    };
    let retry_after = (code == 429).then(|| Duration::from_secs(1));
    let (reason, message) = (reason.to_owned(), message.to_owned());
    ApiError { code, reason, message, causes: Vec::new(), retry_after }
}

/// `metadata.resourceVersion` of an answer that shows an object.
fn revision(body: &[u8]) -> Option<u64> {
    let object: api::views::PartialObject = serde_json::from_slice(body).ok()?;
    let version = object.metadata.resource_version.0;
    (version > 0).then_some(version)
}
