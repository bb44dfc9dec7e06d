//! The shipper: two ways out of one log, the archive and a collector, each with a position of its own, so
//! that neither waits for the other.

use std::{path::PathBuf, sync::Arc, time::Duration};

use world::{BoxFuture, Disk, DiskError, World};

use crate::{
    Batch, Format, Lost,
    archive::Archive,
    backoff::Backoff,
    follow::Follower,
    line::{Head, lines},
    position::{Position, PositionError},
};

/// A collector that takes requests.
pub trait Sink: Send + Sync {
    /// Ends when the collector has the batch, or will not have it.
    fn deliver(&self, batch: Batch) -> BoxFuture<Result<(), Refusal>>;
}

/// A batch that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Half of it may arrive.
    #[error("the batch is too large for the collector")]
    TooLarge,
    /// It is sent again, not before `after`.
    #[error("{reason}")]
    Later { after: Option<Duration>, reason: String },
}

/// What is shipped where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The log as the API server was told.
    pub log: PathBuf,
    pub archive: PathBuf,
    /// Tells several shippers into one archive apart; becomes part of names.
    pub source: String,
    /// Events are in the archive after that time at the latest.
    pub flush_every: Duration,
    pub mode: Mode,
}

/// When the shipper ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// When everything that is written has arrived.
    Once,
    /// Never by itself.
    Follow,
}

/// What one way out did until it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Events that arrived.
    pub events: u64,
    /// Since the first run.
    pub lost: Lost,
}

/// Shipping cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    #[error("another process ships into {folder} already")]
    Busy { folder: String },
    #[error("cannot go on where shipping ended")]
    Position(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot use the archive")]
    Disk(#[from] DiskError),
}

/// See the module. What is not in a closed part when it ends is read again by the next.
pub struct Shipper {
    world: World,
    options: Options,
    folder: PathBuf,
    _lock: Box<dyn Send + Sync>,
}

/// Between two looks at a log that had nothing new.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Shipper {
    /// A shipper that nobody else is, for its log and archive.
    ///
    /// # Errors
    /// Somebody else is, or the archive's folder cannot be used.
    pub fn new(world: World, options: Options) -> Result<Self, ShipError> {
        let folder = options.archive.join(format!("shipper-{}", options.source));
        world.disk.create_folder(&folder)?;
        let lock = world.disk.lock_folder(&folder).map_err(|error| match error {
            DiskError::Locked { .. } => ShipError::Busy { folder: folder.display().to_string() },
            DiskError::Missing { .. } | DiskError::Failed { .. } => ShipError::Disk(error),
        })?;
        Ok(Self { world, options, folder, _lock: lock })
    }

    /// Fills the archive.
    ///
    /// # Errors
    /// The position cannot be read. Whatever fails later is told and tried again.
    pub async fn to_archive(&self) -> Result<Report, ShipError> {
        let (archive, source) = (self.options.archive.clone(), self.options.source.clone());
        let mut way = Way {
            archive: Archive::new(self.disk(), archive, source),
            follower: self.follower("archive.json")?,
            shipper: self,
            report: Report::default(),
            torn: 0,
        };
        way.run().await;
        Ok(way.report)
    }

    /// Feeds a collector.
    ///
    /// # Errors
    /// The position cannot be read. Whatever fails later is told and tried again.
    pub async fn to_sink(&self, sink: &dyn Sink, format: Format) -> Result<Report, ShipError> {
        let mut follower = self.follower("sink.json")?;
        let mut report = Report::default();
        loop {
            let text = self.read(&mut follower).await;
            if text.is_empty() && self.options.mode == Mode::Once {
                report.lost = follower.position().lost;
                return Ok(report);
            }
            if text.is_empty() {
                self.world.clock.sleep(LOOK_EVERY).await;
                continue;
            }
            let (events, torn) = whole_events(&text);
            let refused = self.deliver(sink, format, &events).await;
            let count = u64::try_from(events.len()).unwrap_or_default();
            report.events += count.saturating_sub(refused);
            let lost = &mut follower.position_mut().lost;
            lost.refused += refused;
            lost.torn_lines += torn;
            self.store(&mut follower, "sink.json").await;
        }
    }

    /// Sends until it has arrived; how many events the collector will never take.
    async fn deliver(&self, sink: &dyn Sink, format: Format, events: &[&[u8]]) -> u64 {
        let mut backoff = Backoff::default();
        let mut refused = 0;
        let mut waiting = vec![events];
        while let Some(some) = waiting.pop() {
            if some.is_empty() {
                continue;
            }
            let mut text = some.join(&b'\n');
            text.push(b'\n');
            match sink.deliver(format.batch(&text, &self.options.source)).await {
                Ok(()) => backoff.reset(),
                Err(Refusal::TooLarge) if some.len() > 1 => {
                    let (first, second) = some.split_at(some.len() / 2);
                    waiting.extend([second, first]);
                }
                Err(error @ Refusal::TooLarge) => {
                    tracing::warn!(%error, bytes = text.len(), "an event is left out");
                    refused += 1;
                }
                Err(Refusal::Later { after, reason }) => {
                    let events = some.len();
                    tracing::warn!(error = reason, events, "the collector does not take events");
                    waiting.push(some);
                    backoff.wait(&self.world, after).await;
                }
            }
        }
        refused
    }

    fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.world.disk)
    }

    fn follower(&self, file: &str) -> Result<Follower, ShipError> {
        let position = Position::load(&*self.world.disk, &self.folder.join(file));
        let position =
            position.map_err(|error: PositionError| ShipError::Position(error.into()))?;
        Ok(Follower::new(self.disk(), &self.options.log, position))
    }

    /// The next lines of the log; a disk that fails is asked again.
    async fn read(&self, follower: &mut Follower) -> Vec<u8> {
        let mut backoff = Backoff::default();
        loop {
            match follower.read() {
                Ok(text) => return text,
                Err(error) => tracing::warn!(%error, "the log cannot be read"),
            }
            backoff.wait(&self.world, None).await;
        }
    }

    /// Notes how far a way has got; a disk that fails is asked again.
    async fn store(&self, follower: &mut Follower, file: &str) {
        let mut backoff = Backoff::default();
        loop {
            let path = self.folder.join(file);
            match follower.note().and_then(|()| follower.position().store(&*self.world.disk, &path))
            {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "the position cannot be stored"),
            }
            backoff.wait(&self.world, None).await;
        }
    }
}

/// The way into the archive.
struct Way<'s> {
    shipper: &'s Shipper,
    follower: Follower,
    archive: Archive,
    report: Report,
    torn: u64,
}

impl Way<'_> {
    async fn run(&mut self) {
        let (clock, options) = (&self.shipper.world.clock, &self.shipper.options);
        let mut due = clock.monotonic() + options.flush_every;
        loop {
            let text = self.shipper.read(&mut self.follower).await;
            self.torn += self.archive.add(&text).torn;
            let is_end = text.is_empty() && options.mode == Mode::Once;
            if self.archive.is_full() || is_end || clock.monotonic() >= due {
                self.close().await;
                due = clock.monotonic() + options.flush_every;
            }
            if is_end {
                self.report.lost = self.follower.position().lost;
                return;
            }
            if text.is_empty() {
                clock.sleep(LOOK_EVERY).await;
            } else {
                world::yield_now().await;
            }
        }
    }

    /// First the events are durable, then the position: a crash in between repeats events, and loses none.
    async fn close(&mut self) {
        let events = self.archive.waiting();
        if events == 0 && self.torn == 0 {
            return;
        }
        let mut backoff = Backoff::default();
        while let Err(error) = self.archive.close() {
            tracing::warn!(%error, "the archive takes no events; they wait in the log");
            backoff.wait(&self.shipper.world, None).await;
        }
        self.follower.position_mut().lost.torn_lines += std::mem::take(&mut self.torn);
        self.shipper.store(&mut self.follower, "archive.json").await;
        self.report.events += events;
        tracing::info!(events, "archived");
    }
}

/// The lines that are events, and how many are none.
fn whole_events(text: &[u8]) -> (Vec<&[u8]>, u64) {
    let (events, torn): (Vec<&[u8]>, Vec<&[u8]>) =
        lines(text).partition(|line| Head::read(line).is_some());
    (events, u64::try_from(torn.len()).unwrap_or_default())
}
