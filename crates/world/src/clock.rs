//! Time: what the wall shows, and what only ever grows.

use std::{ops, time::Duration};

use meta::time::Time;

use crate::BoxFuture;

/// A point on a clock that never jumps, counted from an arbitrary start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Monotonic(pub Duration);

impl Monotonic {
    /// Time passed since `earlier`; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
impl ops::Add<Duration> for Monotonic {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// Ends at its time, or is dropped before.
pub type Sleep = BoxFuture<()>;

/// The only source of time. Wall time goes into objects and may jump; durations are measured on the
/// monotonic clock.
pub trait Clock: Send + Sync {
    fn wall(&self) -> Time;
    fn monotonic(&self) -> Monotonic;
    fn sleep_until(&self, deadline: Monotonic) -> Sleep;
    fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.monotonic() + duration)
    }
}
