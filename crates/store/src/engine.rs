//! The store itself, over any [`Log`]: one lane of writes, many readers.
//!
//! Writes queue up in the lane. Whoever finds it idle starts it; it then takes all that is queued,
//! decides it, makes it durable with one sync, shows it to readers and watches, answers, and looks
//! again. So writes that arrive during a sync share the next one, and a single writer waits for
//! nothing but its own.
//!
//! Values stay in the log and are read when asked for; memory holds the index. History for watches
//! is read from the log as well, so there is no second buffer of recent changes: a watch that
//! starts in the past follows the log at its reader's pace and goes live when it has caught up.

use std::{ops::ControlFlow, sync::Arc};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{
    Notify,
    oneshot::{self, Receiver},
};
use world::World;

use crate::{
    KeyValue, Range, RangeAnswer, Revision, StoreError, Transaction, TransactionAnswer,
    index::Version,
    lane::{Lane, Work},
    log::{Log, LogError, Reader},
    state::{Now, State},
};

/// Writes that may wait for the lane. Beyond it callers are told to come again.
const QUEUED_MAX: usize = 10_000;

/// Everything a store has; shared by its handle, its lane and its tasks.
pub(crate) struct Engine {
    pub(crate) world: World,
    pub(crate) log: Box<dyn Log>,
    pub(crate) state: RwLock<State>,
    pub(crate) lane: Mutex<Lane>,
    /// Told when the earliest deadline may have changed.
    pub(crate) deadlines: Arc<Notify>,
}

impl Engine {
    /// An empty store.
    pub(crate) fn new(world: &World, log: Box<dyn Log>) -> Self {
        Self {
            world: world.clone(),
            log,
            state: RwLock::default(),
            lane: Mutex::default(),
            deadlines: Arc::default(),
        }
    }

    /// Takes in what the log has.
    pub(crate) fn load(&self) -> Result<(), LogError> {
        let reader = self.log.reader()?;
        let (mut state, now) = (self.state.write(), self.now());
        reader.scan(Revision(0), &mut |row| {
            state.load(row.key, row.position, row.facts, now);
            ControlFlow::Continue(())
        })?;
        // What a crash kept a compaction from removing goes with the next writes.
        let forgotten = state.compact(reader.compacted()?);
        self.lane.lock().forget(forgotten);
        Ok(())
    }

    pub(crate) fn now(&self) -> Now {
        Now { wall: self.world.clock.wall(), monotonic: self.world.clock.monotonic() }
    }

    /// The newest revision; live watches hear that it has come.
    pub(crate) fn revision(&self) -> Result<Revision, StoreError> {
        let state = self.state.read();
        state.check_open()?;
        let revision = state.revision;
        let behind = state.hub.is_behind(revision);
        drop(state);
        if behind {
            let mut state = self.state.write();
            let newest = state.revision;
            state.hub.report_progress(newest);
        }
        Ok(revision)
    }

    pub(crate) fn range(&self, range: &Range) -> Result<RangeAnswer, StoreError> {
        let state = self.state.read();
        state.check_open()?;
        let at = state.readable(range.at)?;
        let mut found = state.index.range(&range.start, range.end.as_deref(), at);
        let limit = range.limit.unwrap_or(usize::MAX);
        let keys: Vec<(Bytes, Version)> =
            found.by_ref().take(limit).map(|(key, version)| (key.clone(), version)).collect();
        let count = keys.len() + found.count();
        let revision = state.revision;
        let reader = self.log.reader().map_err(unreadable)?;
        drop(state);
        let read = |(key, version)| key_value(&*reader, key, version, at);
        let pairs = keys.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(RangeAnswer { pairs, revision, count })
    }

    /// Queues a transaction; the answer comes when it is durable.
    pub(crate) fn submit(
        self: &Arc<Self>,
        transaction: Transaction,
    ) -> Result<Receiver<Result<TransactionAnswer, StoreError>>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Work::Transact { transaction, answer })?;
        Ok(answered)
    }

    /// Queues a compaction; the answer comes when it is durable that `oldest` is the oldest.
    pub(crate) fn compact(
        self: &Arc<Self>,
        oldest: Revision,
    ) -> Result<Receiver<Result<(), StoreError>>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Work::Compact { oldest, answer })?;
        Ok(answered)
    }

    fn enqueue(self: &Arc<Self>, work: Work) -> Result<(), StoreError> {
        self.state.read().check_open()?;
        let mut lane = self.lane.lock();
        if lane.queued() >= QUEUED_MAX {
            let reason = format!("{QUEUED_MAX} writes wait already");
            return Err(StoreError::Unavailable { action: "take a write", reason });
        }
        let idle = lane.push(work);
        drop(lane);
        if !idle {
            return Ok(());
        }
        if self.log.waits() {
            let engine = Arc::clone(self);
            self.world.tasks.block("store commit", Box::new(move || engine.run_lane()));
        } else {
            self.run_lane();
        }
        Ok(())
    }

    /// Ends watches and refuses all further calls.
    pub(crate) fn close(&self) {
        let mut state = self.state.write();
        state.closed = true;
        state.hub.close();
    }
}

pub(crate) fn unreadable(error: LogError) -> StoreError {
    StoreError::Unavailable { action: "read", reason: error.to_string() }
}

/// One version of a key with its value. `at` is the revision it was asked for.
pub(crate) fn key_value(
    reader: &dyn Reader,
    key: Bytes,
    version: Version,
    at: Revision,
) -> Result<KeyValue, StoreError> {
    let Some(value) = reader.value(version.position).map_err(unreadable)? else {
        // Forgotten since it was looked up, so a compaction has passed it.
        return Err(StoreError::Compacted { requested: at, oldest: Revision(at.0 + 1) });
    };
    let Version { created, writes, position } = version;
    Ok(KeyValue { key, value, created, modified: position.revision, version: writes })
}
