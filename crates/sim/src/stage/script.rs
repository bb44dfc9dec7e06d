//! What is to go wrong on a stage, and when: shared by all wires.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use client::{Method, Request};
use meta::object::ObjectKey;
use parking_lot::Mutex;
use tokio::sync::watch;
use world::{Dice, Monotonic};

/// The requests that something happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requests {
    /// The component that sends them.
    pub by: &'static str,
    /// Their method.
    pub method: Method,
    /// Part of their path.
    pub path: &'static str,
    /// It happens to so many of them.
    pub times: u32,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is answered with a code, and nothing else.
    Refused(u16),
    /// It is done, and the answer is lost.
    Unanswered,
    /// It is lost, and who sent it hears that there is no answer.
    Lost,
    /// It is under way for so long.
    Late(Duration),
}

/// How a watch that was held is told what it missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Event by event, in order.
    InOrder,
    /// The last state of each object: a delete and a create look like one change.
    Merged,
}

/// What happens to a component after one of its writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It ends, and comes back after two seconds.
    Crash,
    /// All its watches are held for so long.
    Hold(Held, Duration),
    /// The watch caches of its server stay so many revisions behind for so long.
    Lag(u64, Duration),
}

/// Every kind.
pub(super) const ALL: &str = "*";

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Who sent it.
    pub by: String,
    /// Its method.
    pub method: Method,
    /// Path without query.
    pub path: String,
    /// Code of the answer.
    pub code: u16,
    /// When it was sent.
    pub at: Monotonic,
}

/// An event that a watch of a component tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Told apart from the component's other watches.
    pub watch: u64,
    /// Of which kind.
    pub plural: String,
    /// Of which object.
    pub key: ObjectKey,
}

/// Clones share all.
#[derive(Clone)]
pub(super) struct Script(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Counts changes that somebody may wait for.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    held: BTreeMap<(String, String), Held>,
    cuts: BTreeSet<(String, String)>,
    /// How often the watches of a component on a kind were ended.
    ended: BTreeMap<(String, String), u64>,
    faults: Vec<(Requests, Fate)>,
    /// Answers to reads whose path contains something, in place of the server's.
    answers: BTreeMap<&'static str, Bytes>,
    /// Every request and event may be late by up to so much, now and then.
    jitter: Duration,
    writes: BTreeMap<String, u64>,
    /// Who, after which of its writes, and what.
    planned: Vec<(String, u64, After)>,
    due: VecDeque<(String, After)>,
    sent: Vec<Sent>,
    watches: u64,
    told: BTreeMap<&'static str, Vec<Told>>,
    /// Who is not to hear of a state that does not last, by the place of its event in what is told.
    hidden: Option<(String, usize)>,
}

/// One request of so many is late when there is jitter.
const LATE_EVERY: u64 = 4;

impl Default for Script {
    fn default() -> Self {
        Self(Arc::new(Shared { state: Mutex::default(), changes: watch::Sender::new(0) }))
    }
}

impl Script {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.state.lock());
        self.0.changes.send_modify(|changes| *changes += 1);
    }
    pub(super) fn hold(&self, component: &str, plural: &str, how: Held) {
        let key = (component.to_owned(), plural.to_owned());
        self.change(|state| {
            state.held.insert(key, how);
        });
    }
    pub(super) fn release(&self, component: &str, plural: &str) {
        self.change(|state| {
            state.held.remove(&(component.to_owned(), plural.to_owned()));
        });
    }
    pub(super) fn end_watches(&self, component: &str, plural: &str) {
        let key = (component.to_owned(), plural.to_owned());
        self.change(|state| *state.ended.entry(key).or_default() += 1);
    }
    pub(super) fn cut(&self, from: &str, to: &str) {
        self.change(|state| {
            state.cuts.insert((from.to_owned(), to.to_owned()));
        });
    }
    pub(super) fn mend(&self) {
        self.change(|state| state.cuts.clear());
    }
    pub(super) fn plan(&self, requests: Requests, fate: Fate) {
        self.change(|state| state.faults.push((requests, fate)));
    }
    pub(super) fn answer(&self, path: &'static str, body: Bytes) {
        self.change(|state| {
            state.answers.insert(path, body);
        });
    }
    pub(super) fn answer_to(&self, request: &Request) -> Option<Bytes> {
        let state = self.0.state.lock();
        let found = state.answers.iter().find(|(path, _)| request.path.contains(**path));
        found.map(|(_, body)| body.clone()).filter(|_| request.method == Method::Get)
    }
    pub(super) fn set_jitter(&self, jitter: Duration) {
        self.change(|state| state.jitter = jitter);
    }
    /// Counted from now on.
    pub(super) fn after_write(&self, component: &str, writes: u64, what: After) {
        self.change(|state| {
            let so_far = state.writes.get(component).copied().unwrap_or(0);
            state.planned.push((component.to_owned(), so_far + writes, what));
        });
    }
    /// Nothing goes wrong any more.
    pub(super) fn heal(&self) {
        self.change(|state| {
            state.held.clear();
            state.cuts.clear();
            state.faults.clear();
            state.planned.clear();
            state.hidden = None;
        });
    }

    pub(super) fn held(&self, component: &str, plural: &str) -> Option<Held> {
        let state = self.0.state.lock();
        let held = |plural: &str| state.held.get(&(component.to_owned(), plural.to_owned()));
        held(plural).or_else(|| held(ALL)).copied()
    }
    pub(super) fn ended(&self, component: &str, plural: &str) -> u64 {
        let key = (component.to_owned(), plural.to_owned());
        self.0.state.lock().ended.get(&key).copied().unwrap_or(0)
    }
    pub(super) fn is_cut(&self, from: &str, to: &str) -> bool {
        self.0.state.lock().cuts.contains(&(from.to_owned(), to.to_owned()))
    }
    /// Waits until `holds`; asked again after each change.
    pub(super) async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let mut changes = self.0.changes.subscribe();
        while !holds(self) {
            // An error would mean that the script is gone, which is held here.
            let _ = changes.changed().await;
        }
    }
    pub(super) fn fate(&self, by: &str, request: &Request) -> Option<Fate> {
        let mut state = self.0.state.lock();
        let found = state.faults.iter_mut().find(|(requests, _)| {
            requests.times > 0
                && requests.by == by
                && requests.method == request.method
                && request.path.contains(requests.path)
        });
        let (requests, fate) = found?;
        requests.times -= 1;
        Some(*fate)
    }
    pub(super) fn delay(&self, dice: &dyn Dice) -> Option<Duration> {
        let jitter = self.0.state.lock().jitter;
        if jitter.is_zero() || dice.below(LATE_EVERY) > 0 {
            return None;
        }
        Some(Duration::from_micros(dice.below(u64::try_from(jitter.as_micros()).unwrap_or(1))))
    }
    /// Notes a request that arrived; answers whether its sender ends here.
    pub(super) fn arrived(&self, sent: Sent) -> bool {
        let mut state = self.0.state.lock();
        let is_write = sent.counts();
        let by = sent.by.clone();
        state.sent.push(sent);
        if !is_write {
            return false;
        }
        let count = state.writes.entry(by.clone()).or_default();
        *count += 1;
        let number = *count;
        let is_now = |(who, at, _): &(String, u64, After)| *who == by && *at == number;
        let due: Vec<_> = state.planned.extract_if(.., |planned| is_now(planned)).collect();
        let ends = due.iter().any(|(.., what)| *what == After::Crash);
        state.due.extend(due.into_iter().map(|(who, _, what)| (who, what)));
        ends
    }
    pub(super) fn is_due(&self) -> bool {
        !self.0.state.lock().due.is_empty()
    }
    pub(super) fn next_due(&self) -> Option<(String, After)> {
        self.0.state.lock().due.pop_front()
    }
    pub(super) fn writes(&self, component: &str) -> u64 {
        self.0.state.lock().writes.get(component).copied().unwrap_or(0)
    }
    pub(super) fn sent(&self) -> Vec<Sent> {
        self.0.state.lock().sent.clone()
    }
    /// A number for a watch that begins.
    pub(super) fn next_watch(&self) -> u64 {
        let mut state = self.0.state.lock();
        state.watches += 1;
        state.watches
    }
    pub(super) fn hide(&self, component: &str, place: usize) {
        self.change(|state| state.hidden = Some((component.to_owned(), place)));
    }
    /// Notes an event that a component is to hear; answers whether it is hidden.
    pub(super) fn tells(&self, component: &'static str, told: Told) -> bool {
        let mut state = self.0.state.lock();
        let all = state.told.entry(component).or_default();
        all.push(told);
        let place = all.len() - 1;
        state.hidden.as_ref().is_some_and(|(who, hidden)| *who == component && *hidden == place)
    }
    pub(super) fn told(&self, component: &str) -> Vec<Told> {
        self.0.state.lock().told.get(component).cloned().unwrap_or_default()
    }
}

impl Sent {
    /// Whether it was to change the state that users see: neither a read nor a lease nor an event.
    pub fn is_work(&self) -> bool {
        let beside = ["/leases", "/events"].iter().any(|kind| self.path.contains(kind));
        self.method != Method::Get && !beside
    }
    /// Whether it did.
    pub fn counts(&self) -> bool {
        self.is_work() && self.code < 400
    }
}
