//! Sleepers of a clock that somebody moves: the stepped clock's and the simulator's.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use parking_lot::Mutex;

use crate::{Monotonic, Sleep};

/// A point in time and those who wait for a later one. Clones share both.
#[derive(Clone, Default)]
pub struct Timers(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    now: Monotonic,
    made: u64,
    sleepers: BTreeMap<(Monotonic, u64), Waker>,
}

impl Timers {
    pub fn now(&self) -> Monotonic {
        self.0.lock().now
    }

    pub fn sleep_until(&self, deadline: Monotonic) -> Sleep {
        Box::pin(Timer { timers: self.clone(), deadline, id: None })
    }

    /// Moves to the next deadlines up to `limit`, those within `window` of the first taken as one,
    /// and wakes their sleepers in order. If there are none, moves to `limit` and answers false.
    pub fn fire_next(&self, limit: Monotonic, window: Duration) -> bool {
        let due = self.0.lock().take_next(limit, window);
        let fired = !due.is_empty();
        due.into_iter().for_each(Waker::wake);
        fired
    }
}

impl Waiting {
    fn take_next(&mut self, limit: Monotonic, window: Duration) -> Vec<Waker> {
        let first = self.sleepers.keys().next().map(|(deadline, _)| *deadline);
        let Some(first) = first.filter(|first| *first <= limit) else {
            self.now = self.now.max(limit);
            return Vec::new();
        };
        let end = limit.min(first + window);
        let later = self.sleepers.split_off(&(end, u64::MAX));
        let due = std::mem::replace(&mut self.sleepers, later);
        let last = due.keys().next_back().map_or(first, |(deadline, _)| *deadline);
        self.now = self.now.max(last);
        due.into_values().collect()
    }
}

struct Timer {
    timers: Timers,
    deadline: Monotonic,
    /// `None` before the first poll.
    id: Option<u64>,
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.timers.0);
        let mut waiting = shared.lock();
        if waiting.now >= self.deadline {
            return Poll::Ready(());
        }
        let id = self.id.unwrap_or(waiting.made);
        if self.id.replace(id).is_none() {
            waiting.made += 1;
        }
        let old = waiting.sleepers.insert((self.deadline, id), context.waker().clone());
        drop(waiting);
        // Outside the lock: a waker may own a task that owns timers.
        drop(old);
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let waker = self.timers.0.lock().sleepers.remove(&(self.deadline, id));
            drop(waker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Monotonic {
        Monotonic(Duration::from_millis(milliseconds))
    }

    fn poll(sleep: &mut Sleep) -> bool {
        sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn deadlines_within_the_window_are_one_stop() {
        let timers = Timers::default();
        let mut sleeps = [5, 12, 16].map(|deadline| timers.sleep_until(at(deadline)));
        assert!(!sleeps.iter_mut().any(poll));
        assert!(timers.fire_next(at(100), Duration::from_millis(10)));
        assert_eq!(timers.now(), at(12));
        assert_eq!(sleeps.each_mut().map(poll), [true, true, false]);
    }

    #[test]
    fn a_stop_is_never_beyond_the_limit() {
        let timers = Timers::default();
        let mut sleep = timers.sleep_until(at(12));
        assert!(!poll(&mut sleep));
        assert!(!timers.fire_next(at(11), Duration::from_millis(10)));
        assert_eq!((timers.now(), poll(&mut sleep)), (at(11), false));
    }

    #[test]
    fn a_dropped_sleep_is_no_stop() {
        let timers = Timers::default();
        let mut sleep = timers.sleep_until(at(5));
        assert!(!poll(&mut sleep));
        drop(sleep);
        assert!(!timers.fire_next(at(100), Duration::ZERO));
    }
}
