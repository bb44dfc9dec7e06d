//! One node after the other: a bucket that holds one token.

use meta::time::Time;

use crate::nodelifecycle::EvictionRate;

/// Gives a token each time the rate allows one, and saves none up.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    rate: EvictionRate,
    /// The next token is there then.
    next: Time,
}

impl Bucket {
    /// A new rate begins with an empty bucket if the old one was empty.
    pub(super) fn set_rate(&mut self, rate: EvictionRate, now: Time) {
        if self.rate == rate {
            return;
        }
        let is_empty = self.next > now;
        self.rate = rate;
        if let (true, EvictionRate(Some(every))) = (is_empty, rate) {
            self.next = now + every;
        }
    }

    /// Takes a token if there is one.
    pub(super) fn take(&mut self, now: Time) -> bool {
        let EvictionRate(Some(every)) = self.rate else { return false };
        if now < self.next {
            return false;
        }
        self.next = now + every;
        true
    }

    /// When there is a token again; `None` means never at this rate.
    pub(super) fn next(&self) -> Option<Time> {
        self.rate.0.map(|_| self.next)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SLOW: EvictionRate = EvictionRate(Some(Duration::from_secs(10)));

    #[test]
    fn one_token_comes_at_a_time_and_none_is_saved_up() {
        let mut bucket = Bucket::default();
        let at = Time::from_seconds;
        assert!(!bucket.take(at(0)));
        bucket.set_rate(SLOW, at(0));
        assert_eq!(
            [0, 0, 9, 10, 100, 100].map(|second| bucket.take(at(second))),
            [true, false, false, true, true, false]
        );
        assert_eq!(bucket.next(), Some(at(110)));
    }

    #[test]
    fn a_new_rate_does_not_fill_an_empty_bucket() {
        let mut bucket = Bucket::default();
        let at = Time::from_seconds;
        bucket.set_rate(SLOW, at(0));
        assert!(bucket.take(at(0)));
        bucket.set_rate(EvictionRate(None), at(1));
        assert_eq!((bucket.take(at(50)), bucket.next()), (false, None));
        bucket.set_rate(SLOW, at(5));
        assert!(!bucket.take(at(14)));
        assert!(bucket.take(at(15)));
    }
}
