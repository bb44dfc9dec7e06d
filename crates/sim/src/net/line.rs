//! The way of one component to the API servers: its requests, and what happens to them.

use std::{sync::Arc, time::Duration};

use client::{ApiError, ClientError, Epoch, Request, Response, Transport, WatchStream};
use parking_lot::Mutex;
use plane::{Identity, InProcess};
use tokio::sync::oneshot;
use world::{BoxFuture, World};

use super::{
    Asked, SILENCE_MAX, Server, Servers, Wires, join_as_master, lost, nobody, stream::Passing,
};
use crate::{
    check::Checker,
    faults::{Fate, Faults},
    plan::Component,
};

/// What all lines have in common.
#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) servers: Servers,
    pub(crate) wires: Wires,
    pub(crate) faults: Faults,
    pub(crate) checker: Checker,
    /// Which API servers there are.
    pub(crate) apis: Vec<Component>,
}

/// See the module. Belongs to one life of its component.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) world: World,
    pub(crate) caller: Component,
    /// As whom it acts; a person, if none.
    pub(crate) identity: Option<Identity>,
    pub(crate) office: Office,
    /// Which API server it is connected to, in the how-many-eth connection.
    connected: Arc<Mutex<(Component, u64)>>,
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
    pub(crate) fn new(
        world: World,
        caller: Component,
        identity: Option<Identity>,
        office: Office,
    ) -> Self {
        let first = office.faults.home(caller, &office.apis, &*world.dice);
        let connected = Arc::new(Mutex::new(first));
        Self { world, caller, identity, office, connected }
    }

    /// The same line, used under another identity of the same process.
    pub(crate) fn acting_as(&self, identity: Identity) -> Self {
        Self { identity: Some(identity), ..self.clone() }
    }

    async fn deliver(&self, request: Request) -> Result<Response, ClientError> {
        let asked = Asked::of(&request);
        let request = self.spoiled(&asked, request);
        self.office.checker.asks(self.caller, &asked, &request);
        let began = self.office.checker.acknowledged_so_far();
        let fate = self.office.faults.fate(self.caller, &asked);
        let api = self.connection();
        let exchange = async {
            self.travel(self.caller, api).await;
            match fate {
                Fate::Refused(code) => return Err(refusal(code).into()),
                Fate::Late(after) => {
                    self.deliver_later(api, request, asked.clone(), after);
                    return Err(lost());
                }
                Fate::Arrives | Fate::Unanswered => {}
            }
            let answer = self.ask(api, request, asked.clone()).await?;
            if fate == Fate::Unanswered {
                return Err(lost());
            }
            self.travel(api, self.caller).await;
            answer.map(|answer| self.aged(&asked, answer))
        };
        let answer = self.unless_broken(api, exchange).await;
        if let Ok(answer) = &answer {
            self.office.checker.answered(&asked, answer, began);
        }
        answer
    }

    /// What comes of an exchange, unless the connection is given up before.
    async fn unless_broken<T>(
        &self,
        api: Component,
        exchange: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let (number, clock) = (self.connected.lock().1, &self.world.clock);
        let outcome = tokio::select! {
            biased;
            outcome = exchange => outcome,
            () = self.office.faults.redirected(self.caller, number) => Err(lost()),
            () = clock.sleep(SILENCE_MAX) => Err(lost()),
        };
        if matches!(outcome, Err(ClientError::Unreachable { .. } | ClientError::NoAnswer { .. })) {
            self.connect_elsewhere(api);
        }
        outcome
    }

    /// The API server to talk to; a new one if the line was redirected.
    fn connection(&self) -> Component {
        let mut connected = self.connected.lock();
        if let Some((api, number)) = self.office.faults.redirection(self.caller, connected.1) {
            *connected = (api, number);
        }
        connected.0
    }

    fn connect_elsewhere(&self, broken: Component) {
        let mut connected = self.connected.lock();
        let other = self.office.apis.iter().find(|api| **api != broken);
        if let Some(other) = other.filter(|_| connected.0 == broken) {
            connected.0 = *other;
        }
    }

    /// Lets an API server carry a request out, whatever becomes of the caller meanwhile. The outer
    /// error means that nobody heard an answer.
    async fn ask(
        &self,
        api: Component,
        request: Request,
        asked: Asked,
    ) -> Result<Result<Response, ClientError>, ClientError> {
        let server = self.office.servers.get(api).ok_or_else(nobody)?;
        let (line, tasks) = (self.clone(), Arc::clone(&server.world.tasks));
        let (sender, answer) = oneshot::channel();
        let name = asked.task();
        let carry_out = async move {
            let epoch = line.forged(request.epoch.clone());
            let answer = match line.forgotten(&asked) {
                Some(answer) => Ok(answer),
                None => line.join(&server).send(request).await,
            };
            line.note(&asked, epoch.as_ref(), &answer);
            // Whoever asked may be gone.
            let _ = sender.send(answer);
        };
        tasks.spawn(name, Box::pin(carry_out));
        answer.await.map_err(|_| lost())
    }

    /// Tells of a write that was carried out.
    fn note(&self, asked: &Asked, epoch: Option<&Epoch>, answer: &Result<Response, ClientError>) {
        let Ok(answer) = answer else { return };
        if asked.is_write() {
            self.office.checker.wrote(epoch, answer);
        }
        if asked.is_write() && !asked.is_heartbeat() {
            self.office.faults.wrote(self.caller);
        }
    }

    async fn travel(&self, from: Component, to: Component) {
        self.office.wires.pass(from, to).await;
        let delay = if self.identity.is_none() { None } else { self.office.faults.delay() };
        if let Some(delay) = delay {
            self.world.clock.sleep(delay).await;
        }
    }

    /// Whoever sent it, the request is on its own now.
    fn deliver_later(&self, api: Component, request: Request, asked: Asked, after: Duration) {
        let (line, world) = (self.clone(), self.office.faults.world().clone());
        let clock = Arc::clone(&world.clock);
        let arrive = async move {
            clock.sleep(after).await;
            // Nobody hears what came of it.
            let _ = line.ask(api, request, asked).await;
        };
        world.tasks.spawn("late request", Box::pin(arrive));
    }

    fn join(&self, server: &Server) -> InProcess {
        let Server { service, world } = server;
        match self.identity {
            Some(identity) => identity.join(world, service),
            None => join_as_master(world, service, "admin", "kubectl"),
        }
    }

    async fn open(&self, request: Request) -> Result<WatchStream, ClientError> {
        let asked = Asked::of(&request);
        let fate = self.office.faults.fate(self.caller, &asked);
        let api = self.connection();
        let number = self.connected.lock().1;
        let exchange = async {
            self.travel(self.caller, api).await;
            match fate {
                Fate::Refused(code) => return Err(refusal(code).into()),
                Fate::Unanswered | Fate::Late(_) => return Err(lost()),
                Fate::Arrives => {}
            }
            let server = self.office.servers.get(api).ok_or_else(nobody)?;
            let (sender, answer) = oneshot::channel();
            let (line, tasks) = (self.clone(), Arc::clone(&server.world.tasks));
            let begin = async move {
                // Whoever asked may be gone.
                let _ = sender.send(line.join(&server).watch(request).await);
            };
            tasks.spawn(asked.task(), Box::pin(begin));
            let events = answer.await.map_err(|_| lost())??;
            self.travel(api, self.caller).await;
            Ok(events)
        };
        let events = self.unless_broken(api, exchange).await?;
        Ok(Passing { line: self.clone(), api, number, asked }.start(events))
    }
}

fn refusal(code: u16) -> ApiError {
    let (reason, message) = match code {
        403 => ("Forbidden", "it is forbidden"),
        404 => ("NotFound", "it is not found"),
        409 => ("Conflict", "the object has been modified"),
        422 => ("Invalid", "it is invalid"),
        429 => ("TooManyRequests", "too many requests, please try again later"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => ("Timeout", "the request did not complete within the allotted time"),
        _ => ("InternalError", "an error on the server has prevented the request"),
    };
    let retry_after = (code == 429).then(|| Duration::from_secs(1));
    let (reason, message) = (reason.to_owned(), message.to_owned());
    ApiError { code, reason, message, causes: Vec::new(), retry_after }
}
