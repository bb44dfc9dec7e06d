//! The one task that gives watches their bookmarks and their end. It sleeps while there are none.

use std::{sync::Arc, time::Duration};

use world::Monotonic;

use super::{Caches, state::State, watch::Watcher};

/// How often a watch hears how far the cache is.
const BOOKMARK_EVERY: Duration = Duration::from_mins(1);

pub(super) async fn run(caches: Arc<Caches>) {
    let mut bookmark_at = caches.world.clock.monotonic() + BOOKMARK_EVERY;
    loop {
        let now = caches.world.clock.monotonic();
        if now >= bookmark_at {
            bookmark_at = now + BOOKMARK_EVERY;
            caches.tend(State::bookmark);
        }
        caches.tend(|state, reached| state.end_overdue(now, reached));
        let Some(deadline) = caches.first_deadline() else {
            caches.watchers_changed.notified().await;
            bookmark_at = bookmark_at.max(caches.world.clock.monotonic());
            continue;
        };
        tokio::select! { biased;
            () = caches.watchers_changed.notified() => {}
            () = caches.world.clock.sleep_until(deadline.min(bookmark_at)) => {}
        }
    }
}

impl Caches {
    fn tend(&self, mut task: impl FnMut(&mut State, u64)) {
        let caches: Vec<_> = self.by_prefix.read().values().map(Arc::clone).collect();
        for cache in caches {
            // Read before the lock: what was complete then is in the cache now.
            let progress = self.progress();
            let mut state = cache.state.write();
            if !state.watchers.is_empty() {
                let reached = progress.max(state.applied);
                task(&mut state, reached);
            }
        }
    }

    fn first_deadline(&self) -> Option<Monotonic> {
        let by_prefix = self.by_prefix.read();
        let due =
            |watcher: &Watcher| watcher.comes_by.unwrap_or(watcher.deadline).min(watcher.deadline);
        let first = |state: &State| state.watchers.iter().map(due).min();
        by_prefix.values().filter_map(|cache| first(&cache.state.read())).min()
    }
}

impl State {
    fn bookmark(&mut self, reached: u64) {
        self.watchers.retain_mut(|watcher| watcher.bookmark(reached));
    }

    /// A last bookmark, so that the client resumes from here, and the end.
    fn end_overdue(&mut self, now: Monotonic, reached: u64) {
        self.watchers.retain_mut(|watcher| {
            let ends = watcher.deadline <= now;
            if ends {
                watcher.bookmark(reached);
            }
            !ends && watcher.has_come(now, reached)
        });
    }
}
