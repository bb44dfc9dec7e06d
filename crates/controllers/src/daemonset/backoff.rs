//! How long a failed pod is kept before another is tried on its node.

use std::{cmp, collections::BTreeMap, time::Duration};

use meta::{object::Uid, text::Text, time::Time};

/// The first wait; each further failure doubles it.
const DELAY_MIN: Duration = Duration::from_secs(1);
/// The longest wait.
const DELAY_MAX: Duration = Duration::from_mins(15);
/// A node without failures for so long starts anew.
const FORGET_AFTER: Duration = Duration::from_mins(2 * 15);

/// The failures of a set's pods, by node; another version of the set starts anew.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    of: (Uid, i64),
    nodes: BTreeMap<Text, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    delay: Duration,
    since: Time,
}

impl Backoff {
    /// Forgets what was noted of another set or version, and what is too long ago.
    pub(super) fn look_at(&mut self, uid: &Uid, generation: i64, now: Time) {
        let of = (uid.clone(), generation);
        if self.of != of {
            *self = Self { of, nodes: BTreeMap::new() };
        }
        self.nodes.retain(|_, entry| now.since(entry.since) <= FORGET_AFTER);
    }
    /// How long a failed pod must still stay; `None` if it may go.
    pub(super) fn wait(&self, node: &Text, now: Time) -> Option<Duration> {
        let entry = self.nodes.get(node)?;
        let rest = entry.delay.checked_sub(now.since(entry.since))?;
        (!rest.is_zero()).then_some(rest)
    }
    /// Notes that a failed pod goes.
    pub(super) fn note(&mut self, node: &Text, now: Time) {
        let delay = self.nodes.get(node).map_or(DELAY_MIN, |known| known.delay * 2);
        self.nodes.insert(node.clone(), Entry { delay: cmp::min(delay, DELAY_MAX), since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(times: &[i64]) -> Backoff {
        let mut backoff = Backoff::default();
        for second in times {
            backoff.look_at(&"u".into(), 1, Time::from_seconds(*second));
            backoff.note(&"a".into(), Time::from_seconds(*second));
        }
        backoff
    }
    fn check(times: &[i64], now: i64, expected: Option<u64>) {
        let mut backoff = noted(times);
        let now = Time::from_seconds(now);
        backoff.look_at(&"u".into(), 1, now);
        assert_eq!(backoff.wait(&"a".into(), now), expected.map(Duration::from_secs));
    }

    #[test]
    fn each_failure_doubles_the_wait() {
        check(&[], 0, None);
        check(&[0], 0, Some(1));
        check(&[0], 1, None);
        check(&[0, 1], 1, Some(2));
        check(&[0, 1, 3], 4, Some(3));
    }
    #[test]
    fn the_wait_has_a_limit() {
        check(&[0; 30], 0, Some(900));
    }
    #[test]
    fn old_failures_are_forgotten() {
        check(&[0, 0, 0, 2000], 2000, Some(1));
    }
    #[test]
    fn another_version_starts_anew() {
        let mut backoff = noted(&[0]);
        backoff.look_at(&"u".into(), 2, Time::from_seconds(0));
        assert_eq!(backoff.wait(&"a".into(), Time::from_seconds(0)), None);
    }
}
