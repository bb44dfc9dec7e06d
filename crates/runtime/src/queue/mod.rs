//! A queue of keys: each at most once, never handed out twice at a time, delayed and retried with
//! back-off. A data structure only: it is told the time.

mod work;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use meta::mutants::mutant;
use world::Monotonic;

pub(crate) use work::WorkQueue;

use crate::limit::{Bucket, doubled};

const RETRY_FIRST: Duration = Duration::from_millis(5);
const RETRY_LONGEST: Duration = Duration::from_secs(1000);
/// Retries that may come at once; more than that at a time means that something is broken for all.
const RETRIES_BURST: u32 = 1000;
/// One more retry each: 200 a second leave a server that struggles most of its time.
const RETRY_EVERY: Duration = Duration::from_millis(5);

/// The keys of one controller that need a look.
#[derive(Debug)]
pub(crate) struct Queue<K> {
    ready: VecDeque<K>,
    /// Keys that need a look, with the time since when.
    dirty: BTreeMap<K, Monotonic>,
    /// Keys being looked at, with the time since when.
    processing: BTreeMap<K, Monotonic>,
    delayed: BTreeMap<K, Delay>,
    by_time: BTreeSet<(Monotonic, K)>,
    /// Retries that are due and wait for a token.
    held: VecDeque<K>,
    failures: BTreeMap<K, u32>,
    retries: Bucket,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delay {
    /// For its own sake.
    Until(Monotonic),
    /// After a failure; takes a token.
    RetryAt(Monotonic),
    /// A retry that is due.
    Held,
}

impl Delay {
    const fn at(self) -> Option<Monotonic> {
        match self {
            Self::Until(at) | Self::RetryAt(at) => Some(at),
            Self::Held => None,
        }
    }
}

impl<K: Ord + Clone> Queue<K> {
    pub(crate) fn new(now: Monotonic) -> Self {
        let own = (RETRIES_BURST, RETRY_EVERY);
        // The reference's limiter of old: a hundred at once, then ten a second.
        let (burst, every) = if mutant("hb_05") { (100, RETRY_EVERY * 20) } else { own };
        Self {
            ready: VecDeque::new(),
            dirty: BTreeMap::new(),
            processing: BTreeMap::new(),
            delayed: BTreeMap::new(),
            by_time: BTreeSet::new(),
            held: VecDeque::new(),
            failures: BTreeMap::new(),
            retries: Bucket::full(burst, every, now),
        }
    }
    /// Needs a look. Answers whether that is news.
    pub(crate) fn add(&mut self, key: K, now: Monotonic) -> bool {
        if self.dirty.contains_key(&key) {
            return false;
        }
        if !self.processing.contains_key(&key) {
            self.ready.push_back(key.clone());
        }
        self.dirty.insert(key, now);
        true
    }
    /// Needs a look at `at`, or earlier if that was asked for already.
    pub(crate) fn add_at(&mut self, key: K, at: Monotonic) {
        self.delay(key, Delay::Until(at));
    }
    /// Notes a failure: the key needs another look after a back-off, at least after `wait`.
    pub(crate) fn retry(&mut self, key: K, wait: Duration, now: Monotonic) {
        let failures = self.failures.entry(key.clone()).or_default();
        let backoff = doubled(RETRY_FIRST, *failures, RETRY_LONGEST);
        *failures = failures.saturating_add(1);
        self.delay(key, Delay::RetryAt(now + backoff.max(wait)));
    }
    /// Forgets the failures of a key.
    pub(crate) fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }
    /// Forgets the failures of a key, and when it was to be looked at again.
    pub(crate) fn call_off(&mut self, key: &K) {
        self.forget(key);
        match self.delayed.remove(key) {
            Some(Delay::Until(at) | Delay::RetryAt(at)) => {
                self.by_time.remove(&(at, key.clone()));
            }
            Some(Delay::Held) => self.held.retain(|held| held != key),
            None => {}
        }
    }
    /// Makes due keys ready; answers how many became so.
    pub(crate) fn advance(&mut self, now: Monotonic) -> usize {
        let mut added = 0;
        while let Some((at, key)) = self.by_time.first().cloned()
            && at <= now
        {
            self.by_time.pop_first();
            if matches!(self.delayed.get(&key), Some(Delay::RetryAt(_))) {
                self.delayed.insert(key.clone(), Delay::Held);
                self.held.push_back(key);
                continue;
            }
            self.delayed.remove(&key);
            added += usize::from(self.add(key, now));
        }
        while !self.held.is_empty() && self.retries.take(now) {
            let Some(key) = self.held.pop_front() else { break };
            self.delayed.remove(&key);
            added += usize::from(self.add(key, now));
        }
        added
    }
    /// When [`advance`](Self::advance) has something to do next.
    pub(crate) fn next_due(&self) -> Option<Monotonic> {
        let timed = self.by_time.first().map(|(at, _)| *at);
        let held = (!self.held.is_empty()).then(|| self.retries.next());
        timed.into_iter().chain(held).min()
    }
    /// The next key to look at, with how long it waited. It is handed out again only after
    /// [`done`](Self::done).
    pub(crate) fn pop(&mut self, now: Monotonic) -> Option<(K, Duration)> {
        let key = self.ready.pop_front()?;
        let since = self.dirty.remove(&key).unwrap_or(now);
        self.processing.insert(key.clone(), now);
        Some((key, now.since(since)))
    }
    /// The look is over; answers how long it took. A key that became dirty meanwhile is ready again.
    pub(crate) fn done(&mut self, key: &K, now: Monotonic) -> Duration {
        let since = self.processing.remove(key).unwrap_or(now);
        if self.dirty.contains_key(key) {
            self.ready.push_back(key.clone());
        }
        now.since(since)
    }
    /// For how long a key has been looked at; zero if it is not.
    pub(crate) fn working_for(&self, key: &K, now: Monotonic) -> Duration {
        self.processing.get(key).map(|since| now.since(*since)).unwrap_or_default()
    }
    /// Drops all that is not being looked at, failures included.
    pub(crate) fn clear(&mut self) {
        self.ready.clear();
        self.dirty.clear();
        self.delayed.clear();
        self.by_time.clear();
        self.held.clear();
        self.failures.clear();
    }
    /// Keys that need a look now.
    pub(crate) fn depth(&self) -> usize {
        self.dirty.len()
    }
    /// Keys that are known, wherever they are.
    pub(crate) fn keys(&self) -> BTreeSet<K> {
        let looked_at = self.dirty.keys().chain(self.processing.keys());
        looked_at.chain(self.delayed.keys()).chain(self.failures.keys()).cloned().collect()
    }
    /// For how long all keys together, and the oldest, have been looked at.
    pub(crate) fn unfinished(&self, now: Monotonic) -> (Duration, Duration) {
        let running = || self.processing.values().map(|since| now.since(*since));
        (running().sum(), running().max().unwrap_or_default())
    }

    /// One delay per key: the earlier wins.
    fn delay(&mut self, key: K, delay: Delay) {
        let known = self.delayed.get(&key).copied();
        if known.is_some_and(|known| known.at() <= delay.at()) {
            return;
        }
        if let Some(at) = known.and_then(Delay::at) {
            self.by_time.remove(&(at, key.clone()));
        }
        if let Some(at) = delay.at() {
            self.by_time.insert((at, key.clone()));
        }
        self.delayed.insert(key, delay);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Runs `verb key [milliseconds]` words: `add`, `at`, `fail`, `done`, `ok` (forget and done), `gone`,
    /// `time`, `pop`, and shows what `pop` gave.
    fn check(script: &str, expected: Expect) {
        let mut now = Monotonic::default();
        let mut queue = Queue::new(now);
        let mut shown = Vec::new();
        for line in script.split(", ") {
            let words: Vec<&str> = line.split(' ').collect();
            let key = words.get(1).copied().unwrap_or_default();
            let number = |at: usize| {
                let millis = words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0);
                Duration::from_millis(millis)
            };
            match words[0] {
                "add" => drop(queue.add(key, now)),
                "at" => queue.add_at(key, Monotonic::default() + number(2)),
                "fail" => {
                    queue.retry(key, number(2), now);
                    queue.done(&key, now);
                }
                "done" => drop(queue.done(&key, now)),
                "ok" => {
                    queue.forget(&key);
                    queue.done(&key, now);
                }
                "gone" => {
                    queue.call_off(&key);
                    queue.done(&key, now);
                }
                "time" => {
                    now = Monotonic::default() + number(1);
                    queue.advance(now);
                }
                _ => shown.push(queue.pop(now).map_or("–".into(), |(key, waited)| {
                    format!("{key} after {}", waited.as_millis())
                })),
            }
        }
        let due = queue.next_due().map(|at| at.0.as_millis());
        shown.push(format!("due {due:?}"));
        expected.assert_eq(&shown.join(", "));
    }

    #[test]
    fn many_adds_are_one_look() {
        check("add a, add b, add a, pop, pop, pop", expect!["a after 0, b after 0, –, due None"]);
    }
    #[test]
    fn a_key_is_not_handed_out_twice_at_a_time_and_no_add_is_lost() {
        check("add a, pop, add a, pop, done a, pop", expect!["a after 0, –, a after 0, due None"]);
    }
    #[test]
    fn the_earlier_of_two_delays_wins() {
        check(
            "at a 50, at a 20, at a 90, time 19, pop, time 20, pop, ok a, time 100, pop",
            expect!["–, a after 0, –, due None"],
        );
    }
    #[test]
    fn what_is_gone_is_not_looked_at_again() {
        check("at a 50, add a, pop, gone a, time 60, pop", expect!["a after 0, –, due None"]);
        check(
            "add a, pop, fail a, add a, pop, gone a, time 5, pop",
            expect!["a after 0, a after 0, –, due None"],
        );
        check(
            "add a, pop, fail a, time 5, add a, pop, gone a, add a, pop",
            expect!["a after 0, a after 0, a after 0, due None"],
        );
    }
    #[test]
    fn failures_double_the_wait_until_forgotten() {
        check(
            "add a, pop, fail a, time 4, pop, time 5, pop, fail a, time 14, pop, time 15, pop, ok a, add a, pop, fail a",
            expect!["a after 0, –, a after 0, –, a after 0, a after 0, due Some(20)"],
        );
    }
    #[test]
    fn a_server_that_asks_to_wait_longer_is_obeyed() {
        check("add a, pop, fail a 3000", expect!["a after 0, due Some(3000)"]);
    }
    #[test]
    fn a_key_that_waits_for_a_retry_is_looked_at_when_it_changes() {
        check(
            "add a, pop, fail a 3000, add a, pop",
            expect!["a after 0, a after 0, due Some(3000)"],
        );
    }

    #[test]
    fn ten_thousand_failing_keys_are_all_retried_within_a_minute() {
        let mut queue = Queue::new(Monotonic::default());
        for key in 0..10_000 {
            queue.retry(key, Duration::ZERO, Monotonic::default());
        }
        assert_eq!(queue.advance(Monotonic(Duration::from_millis(5))), 1000);
        let mut now = Monotonic::default();
        while let Some(due) = queue.next_due() {
            now = due;
            queue.advance(now);
        }
        assert_eq!(queue.depth(), 10_000);
        assert!(now.0 < Duration::from_mins(1), "{now:?}");
    }

    #[test]
    fn nothing_is_kept_of_keys_that_are_through() {
        let mut queue = Queue::new(Monotonic::default());
        for key in 0..100 {
            queue.add(key, Monotonic::default());
            queue.retry(key, Duration::ZERO, Monotonic::default());
        }
        queue.advance(Monotonic(Duration::from_secs(1)));
        while let Some((key, _)) = queue.pop(Monotonic::default()) {
            queue.forget(&key);
            queue.done(&key, Monotonic::default());
        }
        let kept = (queue.dirty.len(), queue.processing.len(), queue.delayed.len());
        assert_eq!((kept, queue.failures.len(), queue.by_time.len()), ((0, 0, 0), 0, 0));
    }
}
