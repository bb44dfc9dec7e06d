//! How events are given to a backend: written before the request goes on, or put into a batch that is
//! bounded. A backend that is slow or gone costs events, which are counted, and never memory beyond its
//! bounds.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use prometheus::IntCounter;
use tokio::sync::{Semaphore, mpsc, oneshot};
use world::World;

use super::{
    LogFile, Truncation,
    batches::{Batches, Item},
    webhook::Webhook,
};

/// How a backend is fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Requests wait until their events are written; they go on if that fails.
    Blocking,
    /// As `Blocking`; a request whose beginning cannot be written is refused.
    BlockingStrict,
    /// Nobody waits.
    Batch(Batching),
}

/// Bounds of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// Events that wait; one more is lost.
    pub buffer_max: usize,
    /// Events of a batch.
    pub size_max: usize,
    /// A batch that is not full leaves after that time.
    pub wait_max: Duration,
}

/// Who is to hear of every event.
pub struct Backend {
    pub destination: Destination,
    pub mode: Mode,
    /// Bounds events; `None` leaves them as they are.
    pub truncation: Option<Truncation>,
}

/// Where events go.
#[derive(Clone)]
pub enum Destination {
    Log(Arc<LogFile>),
    Webhook(Webhook),
}

/// A backend that runs.
pub(super) struct Feed {
    truncation: Option<Truncation>,
    way: Way,
    is_strict: bool,
    lost: IntCounter,
}

enum Way {
    Log(Arc<LogFile>),
    /// Each event by itself, so many at once at most.
    Webhook {
        world: World,
        webhook: Webhook,
        seats: Arc<Semaphore>,
    },
    Later(mpsc::Sender<Item>),
}

/// What becomes of an event.
pub(super) enum Fate {
    /// It is written, or will be if all goes well.
    Taken,
    Lost,
    /// It is on its way, for those who want to wait.
    Underway(oneshot::Receiver<bool>),
}

/// Requests that may wait for a webhook at once, and events of such whose requests ended meanwhile.
const UNDERWAY_MAX: usize = 1000;

impl Destination {
    /// What metrics call it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Log(_) => "log",
            Self::Webhook(_) => "webhook",
        }
    }
}

impl Feed {
    /// Starts a backend, which counts the events that it loses.
    pub(super) fn start(world: &World, backend: Backend, lost: IntCounter) -> Self {
        let Backend { destination, mode, truncation } = backend;
        let way = match (mode, destination) {
            (Mode::Batch(batching), destination) => {
                let (sender, queue) = mpsc::channel(batching.buffer_max.max(1));
                let world = world.clone();
                let tasks = Arc::clone(&world.tasks);
                let batches =
                    Batches { world, batching, truncation, destination, lost: lost.clone() };
                tasks.spawn("audit batches", Box::pin(batches.write(queue)));
                Way::Later(sender)
            }
            (Mode::Blocking | Mode::BlockingStrict, Destination::Log(log)) => Way::Log(log),
            (Mode::Blocking | Mode::BlockingStrict, Destination::Webhook(webhook)) => {
                let seats = Arc::new(Semaphore::new(UNDERWAY_MAX));
                Way::Webhook { world: world.clone(), webhook, seats }
            }
        };
        Self { truncation, way, is_strict: mode == Mode::BlockingStrict, lost }
    }

    /// Whether a request must not go on whose beginning is lost.
    pub(super) const fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// Takes an event. `bare` gives it without bodies.
    pub(super) fn write(&self, line: &Bytes, bare: impl Fn() -> Option<Bytes>) -> Fate {
        let fits = |line: &Bytes| {
            self.truncation.is_none_or(|truncation| line.len() <= truncation.event_bytes_max)
        };
        let line = if fits(line) { Some(line.clone()) } else { bare().filter(fits) };
        let fate = line.map_or(Fate::Lost, |line| self.take(line));
        if matches!(fate, Fate::Lost) {
            self.lost.inc();
        }
        fate
    }

    /// Ends when everything is written that was taken before.
    pub(super) async fn flush(&self) {
        let Way::Later(queue) = &self.way else { return };
        let (done, told) = oneshot::channel();
        if queue.send(Item::Flush(done)).await.is_ok() {
            // A writer that is gone has nothing left.
            let _ = told.await;
        }
    }

    fn take(&self, line: Bytes) -> Fate {
        match &self.way {
            Way::Later(queue) => match queue.try_send(Item::Event(line)) {
                Ok(()) => Fate::Taken,
                Err(_) => Fate::Lost,
            },
            Way::Log(log) => match log.append(&line) {
                Ok(()) => Fate::Taken,
                Err(error) => {
                    tracing::warn!(%error, "an audit event is lost");
                    Fate::Lost
                }
            },
            Way::Webhook { world, webhook, seats } => {
                let Ok(seat) = Arc::clone(seats).try_acquire_owned() else { return Fate::Lost };
                let sending = Sending { world: world.clone(), webhook: webhook.clone(), line };
                let (done, told) = oneshot::channel();
                let lost = self.lost.clone();
                let send = async move {
                    sending.run(&lost, done).await;
                    drop(seat);
                };
                drop(world.tasks.spawn("audit webhook", Box::pin(send)));
                Fate::Underway(told)
            }
        }
    }
}

/// One event on its way to a webhook.
struct Sending {
    world: World,
    webhook: Webhook,
    line: Bytes,
}

impl Sending {
    async fn run(self, lost: &IntCounter, done: oneshot::Sender<bool>) {
        let is_there = self.webhook.send(&self.world, &[self.line]).await;
        if !is_there {
            lost.inc();
        }
        // The request may not wait any more.
        let _ = done.send(is_there);
    }
}
