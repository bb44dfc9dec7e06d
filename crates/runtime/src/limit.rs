//! How often something may happen, and how long to wait after it failed.

use std::time::Duration;

use world::Monotonic;

/// A bucket of tokens that fills at a steady rate. It answers now or not at all: it never promises
/// the future, so a burst of askers does not push later ones out for ever.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    capacity: u32,
    every: Duration,
    tokens: u32,
    filled_at: Monotonic,
}

impl Bucket {
    /// A full bucket of `capacity` tokens that gains one each `every`.
    pub(crate) const fn full(capacity: u32, every: Duration, now: Monotonic) -> Self {
        Self { capacity, every, tokens: capacity, filled_at: now }
    }
    /// Takes a token if there is one.
    pub(crate) fn take(&mut self, now: Monotonic) -> bool {
        self.fill(now);
        let had = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        had
    }
    /// When the next token comes if there is none.
    pub(crate) fn next(&self) -> Monotonic {
        self.filled_at + self.every
    }

    fn fill(&mut self, now: Monotonic) {
        let passed = now.since(self.filled_at).as_nanos() / self.every.as_nanos().max(1);
        let gained = u32::try_from(passed).unwrap_or(u32::MAX);
        if self.tokens.saturating_add(gained) >= self.capacity {
            self.tokens = self.capacity;
            self.filled_at = now;
            return;
        }
        self.tokens += gained;
        self.filled_at = self.filled_at + self.every * gained;
    }
}

/// `first` doubled `failures` times, at most `longest`.
pub(crate) fn doubled(first: Duration, failures: u32, longest: Duration) -> Duration {
    let factor = 1_u32.checked_shl(failures.min(31)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(longest)
}

/// The delays of a reflector: 0.8 s, doubling to 30 s. Begins anew with the first delay asked for
/// two minutes after it began, even if failures never stopped.
#[derive(Debug)]
pub(crate) struct Backoff {
    failures: u32,
    began: Monotonic,
}

const BACKOFF_FIRST: Duration = Duration::from_millis(800);
const BACKOFF_LONGEST: Duration = Duration::from_secs(30);
const BACKOFF_RESET: Duration = Duration::from_mins(2);

impl Backoff {
    pub(crate) const fn new(now: Monotonic) -> Self {
        Self { failures: 0, began: now }
    }
    /// How long to wait now, before jitter.
    pub(crate) fn delay(&mut self, now: Monotonic) -> Duration {
        if now.since(self.began) > BACKOFF_RESET {
            *self = Self::new(now);
        }
        let delay = doubled(BACKOFF_FIRST, self.failures, BACKOFF_LONGEST);
        self.failures = self.failures.saturating_add(1);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Monotonic {
        Monotonic(Duration::from_secs(seconds))
    }

    #[test]
    fn an_empty_bucket_gives_one_token_per_interval() {
        let mut bucket = Bucket::full(2, Duration::from_secs(10), at(0));
        let taken: Vec<bool> =
            [0, 1, 2, 9, 10, 11, 20, 60, 60, 60].map(|s| bucket.take(at(s))).into();
        assert_eq!(taken, [true, true, false, false, true, false, true, true, true, false]);
        assert_eq!(bucket.next(), at(70));
    }

    #[test]
    fn a_reflector_waits_twice_as_long_each_time_up_to_half_a_minute() {
        let mut backoff = Backoff::new(at(0));
        let waits: Vec<u128> = (0..7).map(|_| backoff.delay(at(0)).as_millis()).collect();
        assert_eq!(waits, [800, 1600, 3200, 6400, 12800, 25600, 30000]);
        assert_eq!(backoff.delay(at(121)).as_millis(), 800);
        assert_eq!(backoff.delay(at(122)).as_millis(), 1600);
    }

    #[test]
    fn doubling_ends_at_the_longest() {
        let wait =
            |failures| doubled(Duration::from_millis(5), failures, Duration::from_secs(1000));
        assert_eq!(wait(0), Duration::from_millis(5));
        assert_eq!(wait(17), Duration::from_millis(655_360));
        assert_eq!(wait(18), Duration::from_secs(1000));
        assert_eq!(wait(400), Duration::from_secs(1000));
    }
}
