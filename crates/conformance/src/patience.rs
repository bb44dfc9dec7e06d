//! Waiting for what real processes do in real time, never longer than said.
#![expect(clippy::disallowed_methods, reason = "real processes take real time")]

use std::{
    thread,
    time::{Duration, Instant},
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// A moment to measure from.
#[derive(Debug, Clone, Copy)]
pub struct Since(Instant);

impl Since {
    pub fn now() -> Self {
        Self(Instant::now())
    }

    pub fn passed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Looks until there is an answer; fails the test after `limit`.
pub fn eventually<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Since::now();
    loop {
        let found = look();
        if let Some(found) = found {
            return found;
        }
        assert!(since.passed() < limit, "not within {limit:?}: {what}");
        thread::sleep(PAUSE);
    }
}

/// Lets the processes run for a while: for faults at chosen moments, never to wait for a result.
pub fn let_run(duration: Duration) {
    thread::sleep(duration);
}
