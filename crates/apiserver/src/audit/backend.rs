//! Where events go: written before the request goes on, or put into a batch that is bounded. A
//! backend that is slow or gone costs events, which are counted, and never memory beyond its bounds.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use prometheus::IntCounter;
use tokio::sync::{mpsc, oneshot};
use world::World;

use super::{LogFile, Truncation};

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

/// A log that is to hear of every event.
pub struct Backend {
    pub log: LogFile,
    pub mode: Mode,
    /// Bounds events; `None` leaves them as they are.
    pub truncation: Option<Truncation>,
}

/// A backend that runs.
pub(super) struct Feed {
    truncation: Option<Truncation>,
    way: Way,
    lost: IntCounter,
}

enum Way {
    Now { log: Arc<LogFile>, strict: bool },
    Later(mpsc::Sender<Bytes>),
}

impl Feed {
    /// Starts a backend, which counts the events that it loses.
    pub(super) fn start(world: &World, backend: Backend, lost: IntCounter) -> Self {
        let log = Arc::new(backend.log);
        let way = match backend.mode {
            Mode::Blocking => Way::Now { log, strict: false },
            Mode::BlockingStrict => Way::Now { log, strict: true },
            Mode::Batch(batching) => {
                let (sender, queue) = mpsc::channel(batching.buffer_max.max(1));
                let batches = Batches { world: world.clone(), batching, log, lost: lost.clone() };
                world.tasks.spawn("audit batches", Box::pin(batches.write(queue)));
                Way::Later(sender)
            }
        };
        Self { truncation: backend.truncation, way, lost }
    }

    pub(super) const fn is_strict(&self) -> bool {
        matches!(self.way, Way::Now { strict: true, .. })
    }

    /// Whether the event is written, or will be if all goes well. `bare` gives it without bodies.
    pub(super) fn write(&self, line: &Bytes, bare: impl Fn() -> Option<Bytes>) -> bool {
        let fits = |line: &Bytes| {
            self.truncation.is_none_or(|truncation| line.len() <= truncation.event_bytes_max)
        };
        let line = if fits(line) { Some(line.clone()) } else { bare().filter(fits) };
        let is_taken = line.is_some_and(|line| self.take(line));
        if !is_taken {
            self.lost.inc();
        }
        is_taken
    }

    fn take(&self, line: Bytes) -> bool {
        match &self.way {
            Way::Later(queue) => queue.try_send(line).is_ok(),
            Way::Now { log, .. } => match log.append(&line) {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(%error, "an audit event is lost");
                    false
                }
            },
        }
    }
}

/// Writes what waits.
struct Batches {
    world: World,
    batching: Batching,
    log: Arc<LogFile>,
    lost: IntCounter,
}

impl Batches {
    /// Goes on until nobody writes any more.
    async fn write(self, mut queue: mpsc::Receiver<Bytes>) {
        while let Some(first) = queue.recv().await {
            let batch = self.fill(first, &mut queue).await;
            let count = batch.len();
            if let Err(error) = self.append(batch).await {
                tracing::warn!(error, count, "audit events are lost");
                self.lost.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
            }
        }
    }

    async fn fill(&self, first: Bytes, queue: &mut mpsc::Receiver<Bytes>) -> Vec<Bytes> {
        let mut batch = vec![first];
        let mut expired = self.world.clock.sleep(self.batching.wait_max);
        while batch.len() < self.batching.size_max {
            let next = tokio::select! {
                biased;
                next = queue.recv() => next,
                () = &mut expired => None,
            };
            match next {
                Some(event) => batch.push(event),
                None => break,
            }
        }
        batch
    }

    async fn append(&self, batch: Vec<Bytes>) -> Result<(), String> {
        let log = Arc::clone(&self.log);
        let (done, told) = oneshot::channel();
        let write = move || {
            let written = log.append(&batch.concat()).map_err(|error| error.to_string());
            // Nobody who waits any more is as good as told.
            let _ = done.send(written);
        };
        self.world.tasks.block("audit log", Box::new(write));
        told.await.unwrap_or_else(|_| Err("the server ends".to_owned()))
    }
}
