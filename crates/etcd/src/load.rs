//! Writes at a steady pace, and what was acknowledged of them.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use store::{Compare, Etcd, Operation, Revision, Store as _, Transaction, TransactionAnswer};
use world::{Monotonic, Task, World};

/// What became of the writes so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    pub(crate) acknowledged: Vec<String>,
    /// Not acknowledged: refused, or nobody knows.
    pub(crate) failed: u64,
    last: Option<Monotonic>,
    /// The longest time between two that were acknowledged.
    pub(crate) longest_pause: Duration,
}

/// Writers, until they are dropped.
pub(crate) struct Load {
    written: Arc<Mutex<Written>>,
    writers: Vec<Box<dyn Task>>,
}

/// One of them.
struct Writer {
    world: World,
    store: Arc<Etcd>,
    written: Arc<Mutex<Written>>,
    prefix: String,
    pace: Duration,
}

const WRITERS: u32 = 40;
const VALUE: &[u8] = &[b'x'; 1024];

impl Load {
    /// Creates so many keys a second under a prefix.
    pub(crate) fn start(world: &World, store: &Arc<Etcd>, per_second: u32, prefix: &str) -> Self {
        let written = Arc::new(Mutex::new(Written::default()));
        let pace = Duration::from_secs(1) * WRITERS / per_second.max(1);
        let writer = |number: u32| Writer {
            world: world.clone(),
            store: Arc::clone(store),
            written: Arc::clone(&written),
            prefix: format!("{prefix}{number}-"),
            pace,
        };
        let writers = (0..WRITERS).map(|number| {
            // Not all at once.
            let first = world.clock.monotonic() + pace * number / WRITERS;
            world.tasks.spawn("etcd load", Box::pin(writer(number).run(first)))
        });
        let writers = writers.collect();
        Self { written, writers }
    }

    /// What was written so far; the longest pause begins anew.
    pub(crate) fn so_far(&self, now: Monotonic) -> Written {
        let mut written = self.written.lock();
        let mut taken = written.clone();
        // A pause that has not ended counts.
        let pause = written.last.map(|last| now.since(last)).unwrap_or_default();
        taken.longest_pause = taken.longest_pause.max(pause);
        written.longest_pause = Duration::ZERO;
        taken
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.writers.iter().for_each(|writer| writer.abort());
    }
}

impl Writer {
    async fn run(self, first: Monotonic) {
        let clock = &self.world.clock;
        let mut due = first;
        for number in 0_u64.. {
            clock.sleep_until(due).await;
            due = clock.monotonic().max(due + self.pace);
            let key = format!("{}{number}", self.prefix);
            let is_acknowledged = create(&self.store, &key).await;
            self.written.lock().note(key, is_acknowledged, clock.monotonic());
        }
    }
}

async fn create(store: &Etcd, key: &str) -> bool {
    let key = key.as_bytes().to_vec();
    let compare = vec![Compare { key: key.clone(), modified: Revision(0) }];
    let then = vec![Operation::Put { key, value: VALUE.into(), time_to_live: None }];
    let answer = store.transact(Transaction { compare, then }).await;
    matches!(answer, Ok(TransactionAnswer::Applied { .. }))
}

impl Written {
    fn note(&mut self, key: String, is_acknowledged: bool, now: Monotonic) {
        if !is_acknowledged {
            self.failed += 1;
            return;
        }
        let pause = self.last.map(|last| now.since(last)).unwrap_or_default();
        self.longest_pause = self.longest_pause.max(pause);
        self.last = Some(now);
        self.acknowledged.push(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pause_between_acknowledged_writes_is_kept() {
        let mut written = Written::default();
        for (milliseconds, is_acknowledged) in
            [(0, true), (100, true), (200, false), (900, true), (1000, true)]
        {
            let now = Monotonic(Duration::from_millis(milliseconds));
            written.note(milliseconds.to_string(), is_acknowledged, now);
        }
        assert_eq!(written.longest_pause, Duration::from_millis(800));
        assert_eq!((written.acknowledged.len(), written.failed), (4, 1));
    }
}
