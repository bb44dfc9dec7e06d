//! How watches hear that nothing for them has happened.
//!
//! Etcd can be asked how far a watch is, but up to 3.4.24 and 3.5.7 its answer may overtake events
//! (etcd issue 15220). What no release reorders are the events of one watch. So when a watch lags
//! behind a revision that somebody read, a mark is written into what it watches: once that arrives,
//! everything before has. Changes of the watched keys arrive by themselves, hence this is rare: after
//! writes of somebody else, and when a watch begins in the past.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Shared, watch::Told};
use crate::{Event, Operation, Revision, Transaction};

/// The mark's key, after what the watch asks for.
const MARK: &[u8] = b"pilothouse-progress";
/// For so long events may come by themselves.
const PATIENCE: Duration = Duration::from_millis(50);

/// For so long the history of a watch that begins in the past may take.
const HISTORY_PATIENCE: Duration = Duration::from_secs(1);

/// Who watches, and what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    watches: Mutex<Vec<Weak<Told>>>,
    wanted: AtomicU64,
    asking: AtomicBool,
}

impl Progress {
    pub(crate) fn add(&self, told: &Arc<Told>) {
        let mut watches = self.watches.lock();
        watches.retain(|watch| watch.strong_count() > 0);
        watches.push(Arc::downgrade(told));
    }

    /// What the watches ask for that have not heard of a revision.
    fn behind(&self, revision: u64) -> Vec<Vec<u8>> {
        let watches = self.watches.lock();
        let live = watches.iter().filter_map(Weak::upgrade);
        let behind = live.filter(|told| told.revision.load(Ordering::Acquire) < revision);
        let mut prefixes: Vec<Vec<u8>> = behind.map(|told| told.prefix.clone()).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }
}

impl Shared {
    /// Lets a watch that begins in the past hear of `revision`, if its history does not take it there.
    pub(crate) fn ask_after_history(self: &Arc<Self>, revision: Revision) {
        let shared = Arc::clone(self);
        let asking = async move {
            shared.members.world.clock.sleep(HISTORY_PATIENCE).await;
            shared.ask_for_progress(revision);
        };
        self.members.world.tasks.spawn("etcd history", Box::pin(asking));
    }

    /// Lets every watch hear of `revision`, a little later.
    pub(crate) fn ask_for_progress(self: &Arc<Self>, revision: Revision) {
        if self.progress.behind(revision.0).is_empty() {
            return;
        }
        self.progress.wanted.fetch_max(revision.0, Ordering::AcqRel);
        if self.progress.asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(self);
        let marking = async move {
            shared.members.world.clock.sleep(PATIENCE).await;
            // From here on others must ask anew: their revision may be newer than the mark.
            shared.progress.asking.store(false, Ordering::Release);
            let behind = shared.progress.behind(shared.progress.wanted.load(Ordering::Acquire));
            if behind.is_empty() {
                return;
            }
            let then = behind.into_iter().map(|prefix| Operation::Put {
                key: [&prefix, MARK].concat(),
                value: Bytes::new(),
                time_to_live: None,
            });
            let mark = Transaction { compare: Vec::new(), then: then.collect() };
            // Who waits for progress asks again if it does not come.
            if let Err(error) = shared.transact(mark).await {
                tracing::debug!(%error, "a mark for the watches of etcd was not written");
            }
        };
        self.members.world.tasks.spawn("etcd progress", Box::pin(marking));
    }
}

/// Whether a change is a mark for a watch of `prefix`.
pub(crate) fn is_mark(prefix: &[u8], event: &Event) -> bool {
    let key = match event {
        Event::Put { now, .. } => &now.key,
        Event::Delete { before, .. } => &before.key,
    };
    key.strip_prefix(prefix) == Some(MARK)
}
