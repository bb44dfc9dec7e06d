//! The one task that follows the store and hands changes to the caches of their resources.

use std::{collections::BTreeMap, ops::Bound, sync::Arc, time::Duration};

use meta::{mutants::mutant, object::ResourceVersion};
use store::{Event, EventBatch, Revision, StoreError};
use world::Monotonic;

use super::{Cache, Caches, Expected};
use crate::Object;

/// Every key of an API object begins so.
const REGISTRY: &[u8] = b"/registry/";
/// A store that does not answer is asked again after this long.
const PAUSE: Duration = Duration::from_secs(1);

/// Why following stopped, and so what comes next.
enum Ended {
    /// Go on after the last change seen.
    Resume,
    /// Ask again a little later.
    Pause,
    /// Changes were missed for good: every cache is read anew.
    Anew,
    Closed,
}

/// A change whose object is parsed, so that the lock is held for the insertion alone.
enum Parsed {
    Put(String, Object),
    Delete(String, Revision),
}

pub(super) async fn run(caches: Arc<Caches>) {
    loop {
        match caches.follow().await {
            Ended::Resume => {}
            Ended::Pause => caches.world.clock.sleep(PAUSE).await,
            Ended::Anew => caches.begin_anew().await,
            Ended::Closed => return,
        }
    }
}

impl Caches {
    async fn follow(&self) -> Ended {
        let from = Revision(self.progress() + 1);
        let mut stream = match self.store.watch(REGISTRY.to_vec(), from).await {
            Ok(stream) => stream,
            Err(error) => return after(&error),
        };
        while let Some(batch) = stream.recv().await {
            match batch {
                Ok(batch) => self.apply(batch),
                Err(error) => return after(&error),
            }
        }
        Ended::Pause
    }

    fn apply(&self, batch: EventBatch) {
        let EventBatch { revision, events } = batch;
        // A member of the store that was cut off may tell the past again; nobody goes back in time.
        if revision.0 <= self.progress() && !events.is_empty() && !mutant("hb_45") {
            return;
        }
        let at = self.world.clock.monotonic();
        for (cache, events) in self.by_cache(events) {
            cache.apply(events, at);
        }
        self.progress.send_replace(revision.0);
    }

    /// The changes that somebody reads. All of one revision go into a cache at once.
    fn by_cache(&self, events: Vec<Event>) -> Vec<(Arc<Cache>, Vec<Event>)> {
        let by_prefix = self.by_prefix.read();
        let mut sorted: BTreeMap<&str, (Arc<Cache>, Vec<Event>)> = BTreeMap::new();
        for event in events {
            let key = std::str::from_utf8(key_of(&event)).unwrap_or_default();
            let nearest =
                by_prefix.range::<str, _>((Bound::Unbounded, Bound::Included(key))).next_back();
            let Some((prefix, cache)) = nearest.filter(|(prefix, _)| key.starts_with(*prefix))
            else {
                continue;
            };
            sorted.entry(prefix).or_insert_with(|| (Arc::clone(cache), Vec::new())).1.push(event);
        }
        sorted.into_values().collect()
    }

    async fn begin_anew(&self) {
        let Ok(newest) = self.store.revision().await else {
            return self.world.clock.sleep(PAUSE).await;
        };
        let mut by_prefix = self.by_prefix.write();
        let retired =
            if mutant("hb_08") { BTreeMap::new() } else { std::mem::take(&mut *by_prefix) };
        drop(by_prefix);
        for cache in retired.values() {
            cache.state.write().retire();
        }
        self.progress.send_replace(newest.0);
    }
}

impl Cache {
    fn apply(&self, events: Vec<Event>, at: Monotonic) {
        let parsed: Vec<_> = events.into_iter().filter_map(|event| self.parse(event)).collect();
        let mut state = self.state.write();
        for change in parsed {
            match change {
                Parsed::Put(key, object) => state.put(&key, object, at),
                Parsed::Delete(key, revision) => state.delete(&key, revision.0, at),
            }
        }
    }

    fn parse(&self, event: Event) -> Option<Parsed> {
        match event {
            Event::Put { now, .. } => {
                let key = self.relative(&now.key).to_owned();
                let expected = self.expected.lock().remove(&key);
                let known = expected.filter(|expected| expected.stored == now.value);
                if let Some(Expected { stored, header }) = known {
                    let version = ResourceVersion(now.modified.0);
                    return Some(Parsed::Put(key, Object::assemble(header, version, &stored)));
                }
                match self.read(&now.value, now.modified) {
                    Ok(object) => Some(Parsed::Put(key, object)),
                    Err(error) => {
                        tracing::warn!(key, %error, "skipped a stored object");
                        None
                    }
                }
            }
            Event::Delete { before, at } => {
                Some(Parsed::Delete(self.relative(&before.key).to_owned(), at))
            }
        }
    }
}

fn key_of(event: &Event) -> &[u8] {
    match event {
        Event::Put { now, .. } => &now.key,
        Event::Delete { before, .. } => &before.key,
    }
}

fn after(error: &StoreError) -> Ended {
    match error {
        StoreError::Compacted { .. } | StoreError::Future { .. } => Ended::Anew,
        StoreError::Slow => Ended::Resume,
        StoreError::Unknown { .. } | StoreError::Unavailable { .. } => Ended::Pause,
        StoreError::Closed => Ended::Closed,
    }
}
