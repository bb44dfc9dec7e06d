//! The system's clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use meta::time::Time;

use crate::{Clock, Monotonic, Sleep};

/// Wall time from the system, monotonic time from the moment of its making, sleep from tokio.
pub(super) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to use")]
    pub(super) fn start() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to use")]
    fn wall(&self) -> Time {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_microseconds(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.start.elapsed())
    }

    fn sleep_until(&self, deadline: Monotonic) -> Sleep {
        // A deadline beyond what the system can count is never reached.
        let instant = self.start.checked_add(deadline.0);
        Box::pin(async move {
            match instant {
                Some(instant) => tokio::time::sleep_until(instant.into()).await,
                None => std::future::pending().await,
            }
        })
    }
}
