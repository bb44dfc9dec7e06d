//! How fast requests go: a transport that lets them pass one by one, and tries reads again that a busy
//! server has refused.

mod window;

use std::{sync::Arc, time::Duration};

use client::{ClientError, Method, Request, Response, Transport, WatchStream};
use parking_lot::Mutex;
use tokio::sync::{Mutex as Line, Notify};
use world::{BoxFuture, Monotonic, World};

use self::window::{Answered, Window};
use crate::{Actor, Metrics};

/// How many requests are sent to a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// All that there are: for a server of the same process.
    Free,
    /// At most so many a second on the average, and `burst` at once; counted for each identity, as the
    /// reference's `--kube-api-qps` and `--kube-api-burst` are.
    Steady {
        /// More than zero.
        per_second: f64,
        /// At least one.
        burst: u32,
    },
    /// As many at once as the server answers well, whoever asks: fewer when it refuses for having too
    /// much to do, more when it keeps up.
    Adaptive,
}

/// A read that a busy server refuses is tried again so often.
const RETRIES_MAX: u32 = 10;
/// Where the server does not say how long to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The pace of a manager.
pub(crate) struct Pacing {
    pace: Pace,
    /// As metrics name the server.
    host: Arc<str>,
    shared: Arc<Turnstile>,
}

impl Pacing {
    pub(crate) fn new(world: &World, pace: Pace, host: &str) -> Self {
        Self { pace, host: host.into(), shared: Arc::new(Turnstile::new(world, pace)) }
    }
    /// The same actor at this pace.
    pub(crate) fn slow_down(&self, world: &World, metrics: &Arc<Metrics>, actor: Actor) -> Actor {
        let turnstile = match self.pace {
            Pace::Free => return actor,
            Pace::Steady { .. } => Arc::new(Turnstile::new(world, self.pace)),
            Pace::Adaptive => Arc::clone(&self.shared),
        };
        let (host, metrics) = (Arc::clone(&self.host), Arc::clone(metrics));
        let paced = Paced { inner: actor.transport, turnstile, host, metrics };
        Actor { transport: Arc::new(paced), ..actor }
    }
}

/// Lets requests pass in the order they come.
struct Turnstile {
    world: World,
    line: Line<()>,
    window: Mutex<Window>,
    /// Rung when a request is over.
    bell: Notify,
}

impl Turnstile {
    fn new(world: &World, pace: Pace) -> Self {
        let window = Mutex::new(Window::new(pace, world.clock.monotonic()));
        Self { world: world.clone(), line: Line::new(()), window, bell: Notify::new() }
    }
    async fn pass(self: Arc<Self>) -> Passage {
        let turn = self.line.lock().await;
        while let Err(until) = self.try_to_pass() {
            tokio::select! {
                biased;
                () = self.bell.notified() => {}
                () = self.wait_until(until) => {}
            }
        }
        drop(turn);
        Passage { turnstile: self, answered: None }
    }
    fn try_to_pass(&self) -> Result<(), Option<Monotonic>> {
        self.window.lock().pass(self.world.clock.monotonic())
    }
    async fn wait_until(&self, until: Option<Monotonic>) {
        match until {
            Some(until) => self.world.clock.sleep_until(until).await,
            None => std::future::pending().await,
        }
    }
}

/// A request under way; over when it is dropped.
struct Passage {
    turnstile: Arc<Turnstile>,
    answered: Option<Answered>,
}

impl Drop for Passage {
    fn drop(&mut self) {
        let now = self.turnstile.world.clock.monotonic();
        self.turnstile.window.lock().over(self.answered, now);
        self.turnstile.bell.notify_one();
    }
}

#[derive(Clone)]
struct Paced {
    inner: Arc<dyn Transport>,
    turnstile: Arc<Turnstile>,
    host: Arc<str>,
    metrics: Arc<Metrics>,
}

impl Transport for Paced {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        Box::pin(self.clone().patiently(request))
    }
    /// Watches are few, and wait by themselves when they are refused.
    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        self.inner.watch(request)
    }
}

impl Paced {
    async fn patiently(self, request: Request) -> Result<Response, ClientError> {
        for _ in 0..RETRIES_MAX {
            let answer = self.once(request.clone()).await;
            let Some(wait) = again_after(&request, &answer) else { return answer };
            let code = answer.err().and_then(|error| error.api().map(|error| error.code));
            self.metrics.retried(code.unwrap_or_default(), request.method, &self.host);
            self.turnstile.world.clock.sleep(wait).await;
        }
        self.once(request).await
    }

    async fn once(&self, request: Request) -> Result<Response, ClientError> {
        let clock = &self.turnstile.world.clock;
        let came = clock.monotonic();
        let mut passage = Arc::clone(&self.turnstile).pass().await;
        let waited = clock.monotonic().since(came);
        self.metrics.waited_for_pace(waited, request.method, &self.host);
        let may_refuse = request.path.split('?').next().unwrap_or_default().ends_with("/eviction");
        let answer = self.inner.send(request).await;
        passage.answered = Some(if may_refuse { Answered::Well } else { judge(&answer) });
        answer
    }
}

/// A refused eviction (429) is a budget's, not the server's; it is not judged.
fn judge(answer: &Result<Response, ClientError>) -> Answered {
    match answer {
        Err(ClientError::Api(error)) if error.code == 429 || error.code >= 500 => {
            Answered::Overloaded(error.retry_after)
        }
        Err(ClientError::NoAnswer { .. }) => Answered::Overloaded(None),
        Ok(_)
        | Err(
            ClientError::Api(_) | ClientError::Unreachable { .. } | ClientError::Unreadable { .. },
        ) => Answered::Well,
    }
}

/// How long to wait before a read is tried again; `None` if it is not.
fn again_after(request: &Request, answer: &Result<Response, ClientError>) -> Option<Duration> {
    let error = answer.as_ref().err()?.api().filter(|_| request.method == Method::Get)?;
    match error.code {
        429 => Some(error.retry_after.unwrap_or(RETRY_AFTER)),
        500.. => error.retry_after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use api::resources::PODS;
    use client::ListOptions;

    use super::*;
    use crate::testing::{Fault, Server, TestWorld};

    fn paced(world: &TestWorld, server: &Server, pace: Pace) -> Actor {
        let actor = Actor { transport: Arc::new(server.clone()), field_manager: "test" };
        let world = world.world();
        Pacing::new(&world, pace, "server").slow_down(&world, &Arc::default(), actor)
    }

    #[test]
    fn a_read_that_a_busy_server_refuses_is_tried_again() {
        let (world, server) = (TestWorld::default(), Server::default());
        let actor = paced(&world, &server, Pace::Adaptive);
        for _ in 0..2 {
            server.fail("Get /api/v1/pods", Fault::Refuse(429, "TooManyRequests"));
        }
        let answers = Arc::new(Mutex::new(Vec::new()));
        let answered = Arc::clone(&answers);
        let request = Request::list(&PODS, "", &ListOptions::default());
        let asked = async move {
            let answer = actor.transport.send(request).await;
            answered.lock().push(answer.is_ok());
        };
        drop(world.world().tasks.spawn("ask", Box::pin(asked)));
        world.run_for(Duration::from_secs(1));
        assert!(answers.lock().is_empty());
        world.run_for(Duration::from_secs(2));
        assert_eq!(*answers.lock(), [true]);
    }

    #[test]
    fn requests_of_one_identity_keep_its_pace() {
        let (world, server) = (TestWorld::default(), Server::default());
        let actor = paced(&world, &server, Pace::Steady { per_second: 2.0, burst: 3 });
        let done = Arc::new(Mutex::new(0));
        for _ in 0..10 {
            let (done, transport) = (Arc::clone(&done), Arc::clone(&actor.transport));
            let request = Request::list(&PODS, "", &ListOptions::default());
            let asked = async move {
                drop(transport.send(request).await);
                *done.lock() += 1;
            };
            drop(world.world().tasks.spawn("ask", Box::pin(asked)));
        }
        world.run_for(Duration::from_millis(100));
        assert_eq!(*done.lock(), 3);
        world.run_for(Duration::from_secs(2));
        assert_eq!(*done.lock(), 7);
    }
}
