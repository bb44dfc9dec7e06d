//! The queue of a running controller: the data structure, a clock, a bell and the metrics.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::Notify;
use world::{Clock, Monotonic, World};

use super::Queue;
use crate::metrics::{Metrics, QueueMetrics};

/// Shared by those who add keys and the one who takes them.
pub(crate) struct WorkQueue<K> {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner<K>>,
    bell: Notify,
    metrics: QueueMetrics,
}

struct Inner<K> {
    queue: Queue<K>,
    open: bool,
}

impl<K: Ord + Clone + Send + Sync + 'static> WorkQueue<K> {
    /// A closed queue: what is added is dropped until it is [opened](Self::open).
    pub(crate) fn new(name: &'static str, world: &World, metrics: &Metrics) -> Arc<Self> {
        let clock = Arc::clone(&world.clock);
        let inner = Inner { queue: Queue::new(clock.monotonic()), open: false };
        let queue = Arc::new(Self {
            clock,
            inner: Mutex::new(inner),
            bell: Notify::new(),
            metrics: metrics.queue(name),
        });
        let shown = Arc::downgrade(&queue);
        metrics.on_gather(Box::new(move || {
            let Some(queue) = shown.upgrade() else { return };
            let inner = queue.inner.lock();
            let (all, oldest) = inner.queue.unfinished(queue.clock.monotonic());
            queue.metrics.unfinished(all, oldest);
        }));
        queue
    }
    /// Takes keys in from now on.
    pub(crate) fn open(&self) {
        self.inner.lock().open = true;
    }
    /// Drops all keys, and what is added from now on.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.open = false;
        inner.queue.clear();
        self.metrics.depth(0);
    }
    /// Needs a look after `delay`.
    pub(crate) fn add(&self, key: K, delay: Duration) {
        let mut inner = self.inner.lock();
        if !inner.open {
            return;
        }
        let now = self.clock.monotonic();
        if delay.is_zero() {
            if !inner.queue.add(key, now) {
                return;
            }
            self.metrics.added(1);
            self.metrics.depth(inner.queue.depth());
        } else {
            self.metrics.retried();
            inner.queue.add_at(key, now + delay);
        }
        drop(inner);
        self.bell.notify_one();
    }
    /// Keys that are known: waiting, looked at, or with failures.
    pub(crate) fn keys(&self) -> BTreeSet<K> {
        self.inner.lock().queue.keys()
    }
    /// The next key to look at, and how long it waited.
    pub(crate) async fn next(&self) -> (K, Duration) {
        loop {
            let due = match self.take() {
                Ok(next) => return next,
                Err(due) => due,
            };
            let Some(due) = due else {
                self.bell.notified().await;
                continue;
            };
            tokio::select! {
                biased;
                () = self.bell.notified() => {}
                () = self.clock.sleep_until(due) => {}
            }
        }
    }
    /// A key that is ready, or when there may be one.
    fn take(&self) -> Result<(K, Duration), Option<Monotonic>> {
        let mut inner = self.inner.lock();
        let now = self.clock.monotonic();
        self.metrics.added(inner.queue.advance(now));
        let popped = inner.queue.pop(now);
        self.metrics.depth(inner.queue.depth());
        let (key, waited) = popped.ok_or_else(|| inner.queue.next_due())?;
        self.metrics.waited(waited);
        Ok((key, waited))
    }
    /// The look is over and went well; another one is wanted after `wake`.
    pub(crate) fn succeeded(&self, key: &K, wake: Option<Duration>) {
        self.inner.lock().queue.forget(key);
        if let Some(wake) = wake {
            self.add(key.clone(), wake);
        }
        self.done(key);
    }
    /// The look is over, and there is nothing to look at any more: what was to come later is called off.
    pub(crate) fn gone(&self, key: &K) {
        self.inner.lock().queue.call_off(key);
        self.done(key);
    }
    /// The look is over and failed: another one is wanted after a back-off, at least after `wait`.
    pub(crate) fn failed(&self, key: &K, wait: Duration) {
        {
            let mut inner = self.inner.lock();
            if inner.open {
                self.metrics.retried();
                inner.queue.retry(key.clone(), wait, self.clock.monotonic());
            }
        }
        self.done(key);
    }
    /// The look is over and another one is wanted at once.
    pub(crate) fn again(&self, key: &K) {
        self.add(key.clone(), Duration::ZERO);
        self.done(key);
    }
    /// For how long a key has been looked at.
    pub(crate) fn working_for(&self, key: &K) -> Duration {
        self.inner.lock().queue.working_for(key, self.clock.monotonic())
    }
    /// The look is over, whatever came of it.
    pub(crate) fn done(&self, key: &K) {
        let worked = self.inner.lock().queue.done(key, self.clock.monotonic());
        self.metrics.worked(worked);
        self.bell.notify_one();
    }
}
