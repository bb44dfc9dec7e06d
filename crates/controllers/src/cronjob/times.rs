//! Which of the times that have passed is to run now, and when to look again.

use std::time::Duration;

use meta::time::Time;

use super::schedule::Schedule;

/// After more missed times than this somebody should look into it.
const MISSED_MAX: i64 = 100;
/// A look this long after a time finds it passed, even if clocks differ a little.
const DELTA: Duration = Duration::from_millis(100);

/// The newest time that has passed since the last run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) due: Option<Time>,
    pub(super) missed: i64,
}

/// The schedule cannot be followed.
pub(super) const TOO_CLOSE: &str = "time difference between two schedules is less than 1 second";

/// Looks at what has passed between `earliest` and `now`.
pub(super) fn passed(
    schedule: &Schedule,
    earliest: Time,
    now: Time,
) -> Result<Passed, &'static str> {
    let first = schedule.next(earliest).ok_or(TOO_CLOSE)?;
    if now < first {
        return Ok(Passed { due: None, missed: 0 });
    }
    let second = schedule.next(first).ok_or(TOO_CLOSE)?;
    if now < second {
        return Ok(Passed { due: Some(first), missed: 1 });
    }
    let period = second.seconds() - first.seconds();
    if period < 1 {
        return Err(TOO_CLOSE);
    }
    let missed = (now.seconds() - first.seconds()) / period + 1;
    // From shortly before the last one on: times need not be evenly spread.
    let start = Time::from_seconds(first.seconds() + (missed - 2) * period);
    let times = std::iter::successors(schedule.next(start), |time| schedule.next(*time));
    Ok(Passed { due: times.take_while(|time| *time <= now).last(), missed })
}

impl Passed {
    pub(super) const fn is_suspicious(&self) -> bool {
        self.missed > MISSED_MAX
    }
}

/// How long until the next time is due.
pub(super) fn until_next(schedule: &Schedule, earliest: Time, now: Time) -> Option<Duration> {
    let base = match passed(schedule, earliest, now) {
        Ok(Passed { due: Some(due), .. }) => due,
        Ok(Passed { due: None, missed: 0 }) => earliest,
        Ok(_) | Err(_) => now,
    };
    Some((schedule.next(base)? + DELTA).since(now))
}
