//! Watches: history at the reader's pace, then live.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, Weak},
};

use bytes::Bytes;

use crate::{
    Event, EventBatch, KeyValue, Revision, StoreError, WatchStream,
    engine::{Engine, key_value, unreadable},
    hub::Watcher,
    index::Version,
    log::{Position, Reader},
    state::State,
};

/// Rows looked at in one go, with the index locked for writers.
const ROWS_MAX: usize = 256;

/// A portion of history: whole revisions, and where the next portion starts.
struct Portion {
    batches: Vec<EventBatch>,
    next: Revision,
}

/// What is seen of a row in a scan, if the watch asks for its key.
struct Seen {
    position: Position,
    key: Bytes,
}

impl Engine {
    pub(crate) fn watch(
        self: &Arc<Self>,
        prefix: Vec<u8>,
        from: Revision,
    ) -> Result<WatchStream, StoreError> {
        let mut state = self.state.write();
        state.check_open()?;
        state.watchable(from)?;
        let Some((watcher, stream)) = Watcher::new(prefix, from) else {
            let reason = "its buffer could not be made".to_owned();
            return Err(StoreError::Unavailable { action: "watch", reason });
        };
        if from > state.revision {
            state.hub.attach(watcher);
        } else {
            drop(state);
            let catch_up = catch_up(Arc::downgrade(self), watcher);
            self.world.tasks.spawn("store watch", Box::pin(catch_up));
        }
        Ok(stream)
    }

    /// Hands the watch to the hub if it has caught up; else it comes back with more history.
    fn attach_or_read(&self, mut watcher: Watcher) -> Option<(Watcher, Portion)> {
        let portion = match self.history(&watcher) {
            Ok(portion) => portion,
            Err(error) => {
                watcher.end(error);
                return None;
            }
        };
        if !portion.batches.is_empty() {
            return Some((watcher, portion));
        }
        watcher.skip_to(Revision(portion.next.0.saturating_sub(1)));
        let mut state = self.state.write();
        if state.closed {
            watcher.end(StoreError::Closed);
            return None;
        }
        if watcher.next() <= state.revision {
            return Some((watcher, portion));
        }
        // Who asked for progress meanwhile could not reach it: it hears before it goes live.
        if let Some(progress) = watcher.progress() {
            let batches = vec![progress];
            return Some((watcher, Portion { batches, ..portion }));
        }
        state.hub.attach(watcher);
        None
    }

    fn history(&self, watcher: &Watcher) -> Result<Portion, StoreError> {
        let state = self.state.read();
        state.watchable(watcher.next())?;
        let reader = self.log.reader().map_err(unreadable)?;
        let (mut seen, mut looked_at) = (Vec::new(), 0);
        let mut next = Revision(state.revision.0 + 1);
        let scanned = reader.scan(watcher.next(), &mut |row| {
            let revision = row.position.revision;
            // Only whole revisions, and nothing that is durable but not yet acknowledged.
            if revision > state.revision || (looked_at >= ROWS_MAX && row.position.part == 0) {
                next = next.min(revision);
                return ControlFlow::Break(());
            }
            looked_at += 1;
            if row.key.starts_with(watcher.prefix()) {
                let key = Bytes::copy_from_slice(row.key);
                seen.push(Seen { position: row.position, key });
            }
            ControlFlow::Continue(())
        });
        scanned.map_err(unreadable)?;
        let batches = batches(&state, &*reader, seen)?;
        Ok(Portion { batches, next })
    }
}

fn batches(
    state: &State,
    reader: &dyn Reader,
    seen: Vec<Seen>,
) -> Result<Vec<EventBatch>, StoreError> {
    let mut batches: BTreeMap<Revision, Vec<Event>> = BTreeMap::new();
    for Seen { position, key } in seen {
        let revision = position.revision;
        let read = |version: Option<Version>| -> Result<Option<KeyValue>, StoreError> {
            let version = version.map(|version| key_value(reader, key.clone(), version, revision));
            version.transpose()
        };
        let before = read(state.index.at(&key, Revision(revision.0 - 1)))?;
        let event = match (read(state.index.at(&key, revision))?, before) {
            (Some(now), before) => Event::Put { now, before },
            (None, Some(before)) => Event::Delete { before, at: revision },
            (None, None) => continue,
        };
        batches.entry(revision).or_default().push(event);
    }
    let batch = |(revision, events)| EventBatch { revision, events };
    Ok(batches.into_iter().map(batch).collect())
}

/// Replays history until the watch is live or its reader has gone. Holds the store only while it
/// reads, never while it waits for the reader.
async fn catch_up(engine: Weak<Engine>, mut watcher: Watcher) {
    loop {
        let Some(store) = engine.upgrade() else {
            return watcher.end(StoreError::Closed);
        };
        let Some((lagging, portion)) = store.attach_or_read(watcher) else { return };
        drop(store);
        watcher = lagging;
        for batch in portion.batches {
            if !watcher.replay(batch).await {
                return;
            }
        }
        watcher.skip_to(Revision(portion.next.0.saturating_sub(1)));
        // Long stretches without a match would else hold a thread.
        world::yield_now().await;
    }
}
