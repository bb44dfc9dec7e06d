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
    /// History was read up to here; what lies between concerned other keys.
    read: Revision,
}

impl Watcher {
    /// A watch that knows everything before `from`. `None` if the channel cannot be made.
    pub(crate) fn new(prefix: Vec<u8>, from: Revision) -> Option<(Self, WatchStream)> {
        let (sender, stream) = mpsc::channel(BUFFER_BATCHES + 1);
        let last_word = sender.clone().try_reserve_owned().ok()?;
        let told = Revision(from.0.saturating_sub(1));
        Some((Self { prefix, sender, last_word, told, read: told }, stream))
    }

    pub(crate) fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Where history is to be read on from.
    pub(crate) fn next(&self) -> Revision {
        Revision(self.read.0 + 1)
    }

    /// Delivers a batch of history, waiting for the reader; false if it has gone.
    pub(crate) async fn replay(&mut self, batch: EventBatch) -> bool {
        self.told = batch.revision;
        self.read = batch.revision;
        self.sender.send(Ok(batch)).await.is_ok()
    }

    /// Notes that nothing of interest happened up to `revision`.
    pub(crate) fn skip_to(&mut self, revision: Revision) {
        self.read = self.read.max(revision);
    }

    /// News that nothing of interest happened since the reader last heard; `None` if it did.
    pub(crate) fn progress(&self) -> Option<EventBatch> {
        let batch = EventBatch { revision: self.read, events: Vec::new() };
        (self.told < self.read).then_some(batch)
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
    /// Takes a watch whose reader knows everything published so far.
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
        self.end(&slow);
    }

    fn end(&mut self, slow: &[u64]) {
        for watcher in slow.iter().filter_map(|id| self.live.remove(id)) {
            watcher.end(StoreError::Slow);
        }
    }

    /// Tells each watch that has not heard of `revision` that nothing for it happened since.
    pub(crate) fn report_progress(&mut self, revision: Revision) {
        let mut slow = Vec::new();
        for (id, watcher) in self.live.iter_mut().filter(|(_, watcher)| watcher.told < revision) {
            match watcher.sender.try_send(Ok(EventBatch { revision, events: Vec::new() })) {
                Ok(()) => watcher.told = revision,
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => slow.push(*id),
            }
        }
        self.end(&slow);
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
