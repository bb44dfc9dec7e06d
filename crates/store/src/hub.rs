//! Hands changes to the watches that are up to date. Those that lag read history from the log until
//! they have caught up (see `engine`), so nothing is buffered for them here.

use std::collections::BTreeMap;

use tokio::sync::mpsc::{self, OwnedPermit, Sender, error::TrySendError};

use crate::{Event, EventBatch, Revision, StoreError, WatchStream};

/// Batches a live watch may lag behind before it is ended. Enough for a burst of a few hundred
/// milliseconds; what is queued shares its bytes with all other watches.
const BUFFER_BATCHES: usize = 1024;

type Delivery = Result<EventBatch, StoreError>;

/// One watch: where its batches go, and a kept place for its last word.
#[derive(Debug)]
pub(crate) struct Watcher {
    prefix: Vec<u8>,
    sender: Sender<Delivery>,
    last_word: OwnedPermit<Delivery>,
    /// The reader knows of everything up to here.
    told: Revision,
}

impl Watcher {
    /// A watch that knows everything before `from`. `None` if the channel cannot be made.
    pub(crate) fn new(prefix: Vec<u8>, from: Revision) -> Option<(Self, WatchStream)> {
        let (sender, stream) = mpsc::channel(BUFFER_BATCHES + 1);
        let last_word = sender.clone().try_reserve_owned().ok()?;
        let told = Revision(from.0.saturating_sub(1));
        Some((Self { prefix, sender, last_word, told }, stream))
    }

    pub(crate) fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// The first revision the reader does not know.
    pub(crate) fn next(&self) -> Revision {
        Revision(self.told.0 + 1)
    }

    /// Delivers a batch of history, waiting for the reader; false if it has gone.
    pub(crate) async fn replay(&mut self, batch: EventBatch) -> bool {
        self.told = batch.revision;
        self.sender.send(Ok(batch)).await.is_ok()
    }

    /// Notes that nothing of interest happened up to `revision`.
    pub(crate) fn skip_to(&mut self, revision: Revision) {
        self.told = self.told.max(revision);
    }

    pub(crate) fn end(self, error: StoreError) {
        self.last_word.send(Err(error));
    }
}

/// The live watches.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    made: u64,
    live: BTreeMap<u64, Watcher>,
}

impl Hub {
    /// Takes a watch that knows everything published so far.
    pub(crate) fn attach(&mut self, watcher: Watcher) {
        self.made += 1;
        self.live.insert(self.made, watcher);
    }

    /// Delivers the changes of one revision. A watch whose buffer is full is ended.
    pub(crate) fn publish(&mut self, revision: Revision, events: &[Event]) {
        self.live.retain(|_, watcher| !watcher.sender.is_closed());
        let mut slow = Vec::new();
        for (id, watcher) in &mut self.live {
            let matching = events.iter().filter(|event| key_of(event).starts_with(&watcher.prefix));
            let batch = EventBatch { revision, events: matching.cloned().collect() };
            if batch.events.is_empty() {
                continue;
            }
            match watcher.sender.try_send(Ok(batch)) {
                Ok(()) => watcher.told = revision,
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => slow.push(*id),
            }
        }
        for watcher in slow.iter().filter_map(|id| self.live.remove(id)) {
            watcher.end(StoreError::Slow);
        }
    }

    /// Tells each watch that has not heard of `revision` that nothing for it happened since. One with
    /// a full buffer is left out: it will hear from what it has queued.
    pub(crate) fn report_progress(&mut self, revision: Revision) {
        let behind = self.live.values_mut().filter(|watcher| watcher.told < revision);
        for watcher in behind {
            let progress = EventBatch { revision, events: Vec::new() };
            if watcher.sender.try_send(Ok(progress)).is_ok() {
                watcher.told = revision;
            }
        }
    }

    /// Whether [`Hub::report_progress`] would tell anybody anything.
    pub(crate) fn is_behind(&self, revision: Revision) -> bool {
        self.live.values().any(|watcher| watcher.told < revision)
    }

    /// Ends every watch.
    pub(crate) fn close(&mut self) {
        for watcher in std::mem::take(&mut self.live).into_values() {
            watcher.end(StoreError::Closed);
        }
    }
}

fn key_of(event: &Event) -> &[u8] {
    match event {
        Event::Put { now, .. } => &now.key,
        Event::Delete { before, .. } => &before.key,
    }
}
