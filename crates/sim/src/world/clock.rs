//! Virtual time: one monotonic clock for all, a wall clock for each component.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use meta::time::Time;
use world::{Clock, Monotonic, Sleep, Timers};

/// What every wall shows at the start: 2026-01-01T00:00:00Z.
const START: Time = Time::from_seconds(1_767_225_600);

/// Microseconds by which a component's wall clock goes wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Skew(Arc<AtomicI64>);

impl Skew {
    pub(super) fn add(&self, microseconds: i64) {
        self.0.fetch_add(microseconds, Ordering::Relaxed);
    }
}

/// The clock of one component.
pub(super) struct VirtualClock {
    pub(super) timers: Timers,
    pub(super) skew: Skew,
}

impl Clock for VirtualClock {
    fn wall(&self) -> Time {
        let right = START + self.timers.now().0;
        let skew = self.skew.0.load(Ordering::Relaxed);
        let distance = Duration::from_micros(skew.unsigned_abs());
        if skew < 0 { right - distance } else { right + distance }
    }

    fn monotonic(&self) -> Monotonic {
        self.timers.now()
    }

    fn sleep_until(&self, deadline: Monotonic) -> Sleep {
        self.timers.sleep_until(deadline)
    }
}
