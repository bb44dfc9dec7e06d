//! What the clients of a load write down.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use crate::history::{History, List, Tick, Value, Watch, Write};

/// Shared by all clients.
pub(super) struct Notes {
    history: Mutex<History>,
    tick: AtomicU64,
    /// Writes that may still be asked for.
    left: AtomicU64,
    asked: AtomicU64,
    at_work: AtomicUsize,
}

impl Notes {
    pub(super) fn new(writes: u64) -> Self {
        let at_work = AtomicUsize::new(super::WRITERS + super::WATCHES + 1);
        let [tick, asked] = [(); 2].map(|()| AtomicU64::new(0));
        Self { history: Mutex::default(), tick, left: AtomicU64::new(writes), asked, at_work }
    }

    /// The next point in the order of everything.
    pub(super) fn tick(&self) -> Tick {
        self.tick.fetch_add(1, Ordering::SeqCst)
    }

    /// A value for the next write; `None` when there were enough.
    pub(super) fn next_value(&self) -> Option<Value> {
        let one_less = |left: u64| left.checked_sub(1);
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).ok()?;
        Some(self.asked.fetch_add(1, Ordering::SeqCst) + 1)
    }

    pub(super) fn written(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn is_done(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    pub(super) fn write(&self, write: Write) {
        self.lock().writes.push(write);
    }

    pub(super) fn list(&self, list: List) {
        self.lock().lists.push(list);
    }

    pub(super) fn watch(&self, watch: Watch) {
        self.lock().watches.push(watch);
    }

    /// A client has nothing to do any more.
    pub(super) fn leave(&self) {
        self.at_work.fetch_sub(1, Ordering::SeqCst);
    }

    pub(super) fn at_work(&self) -> usize {
        self.at_work.load(Ordering::SeqCst)
    }

    pub(super) fn history(&self) -> History {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
