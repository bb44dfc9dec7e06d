//! Watches the store itself and holds every revision to what must never happen.

mod follower;
mod history;
mod model;
mod objects;
mod others;
mod ownership;
mod pace;
mod reader;
mod reports;
mod rest;
mod rollout;
mod tables;
mod terms;
mod traffic;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use meta::object::Uid;
use parking_lot::Mutex;
use store::{Event, EventBatch, Revision, Store};
use world::{Clock, Monotonic};

pub(crate) use self::{
    follower::Follower,
    model::{Change, Edge},
    tables::check as tables,
};
use self::{
    history::History, model::Model, pace::Pace, reader::Reader, reports::Reports, terms::Terms,
};
pub(crate) use crate::promise::{Promise, Violation};
use crate::{
    scenario::Told,
    tally::{Most, Sometimes},
    trace::Trace,
};

pub(crate) type Verdict = Result<(), Violation>;

/// Holds unless `is_well`; says what is wrong if not.
fn expect(promise: Promise, is_well: bool, wrong: impl FnOnce() -> String) -> Verdict {
    if is_well { Ok(()) } else { Err(Violation::new(promise, wrong())) }
}

/// Clones share what they have seen.
#[derive(Clone)]
pub(crate) struct Checker(Arc<Mutex<State>>);

struct State {
    clock: Arc<dyn Clock>,
    trace: Trace,
    last: Revision,
    revisions: BTreeSet<u64>,
    /// Those of writes that somebody was told of.
    acknowledged: BTreeSet<u64>,
    reader: Reader,
    model: Model,
    history: History,
    terms: Terms,
    pace: Pace,
    reports: Reports,
    reached: BTreeMap<Sometimes, u64>,
    violation: Option<Violation>,
    /// When something was last written that is no heartbeat.
    busy: Monotonic,
    /// Nothing but heartbeats may be written any more.
    quiet: bool,
}

impl Checker {
    pub(crate) fn new(clock: Arc<dyn Clock>, trace: Trace, staleness: Duration) -> Self {
        Self(Arc::new(Mutex::new(State {
            clock,
            trace,
            last: Revision(1),
            revisions: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            reader: Reader::default(),
            model: Model::new(staleness),
            history: History::default(),
            terms: Terms::default(),
            pace: Pace::default(),
            reports: Reports::default(),
            reached: BTreeMap::new(),
            violation: None,
            busy: Monotonic::default(),
            quiet: false,
        })))
    }

    /// Follows a store, in one life of the API server, from where the last one ended.
    pub(crate) async fn follow(self, store: Arc<dyn Store>) {
        let last = self.0.lock().last;
        let mut stream = match store.watch(Vec::new(), Revision(last.0 + 1)).await {
            Ok(stream) => stream,
            Err(error) => {
                let text = format!("the history after {last} is gone: {error}");
                return self.fail(Violation::new(Promise::Durable, text));
            }
        };
        drop(store);
        while let Some(Ok(batch)) = stream.recv().await {
            self.take(&batch);
        }
    }

    /// After a restart the store must have all that was seen.
    pub(crate) fn reopened(&self, newest: Revision) {
        let last = self.0.lock().last;
        if newest < last {
            let text = format!("the store came back at {newest}, it was at {last}");
            self.fail(Violation::new(Promise::Durable, text));
        }
    }

    pub(crate) fn fail(&self, violation: Violation) {
        self.0.lock().violation.get_or_insert(violation);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.0.lock().violation.is_some()
    }

    pub(crate) fn violation(&self) -> Option<Violation> {
        self.0.lock().violation.clone()
    }

    /// The newest revision that was seen.
    pub(crate) fn revision(&self) -> u64 {
        self.0.lock().last.0
    }

    /// States that a run is to reach now and then, and how often it did.
    pub(crate) fn reached(&self) -> BTreeMap<Sometimes, u64> {
        self.0.lock().reached.clone()
    }

    /// The most that one owner had in a minute.
    pub(crate) fn most(&self) -> Most {
        self.0.lock().pace.most
    }

    /// Revisions so far, and when the last one came that was no heartbeat.
    pub(crate) fn progress(&self) -> (u64, Monotonic) {
        let state = self.0.lock();
        (state.last.0, state.busy)
    }

    /// From now on heartbeats alone may be written.
    pub(crate) fn hush(&self) {
        self.0.lock().quiet = true;
    }

    /// Whether the cluster is as it should be when nothing goes on.
    pub(crate) fn at_rest(&self, told: &Told) -> Verdict {
        rest::check(&self.0.lock().model, told)
    }

    /// Whether every revision that somebody was told of was seen, and each in its writer's term.
    pub(crate) fn settled(&self) -> Verdict {
        let mut state = self.0.lock();
        let lost = state.acknowledged.difference(&state.revisions).next().copied();
        expect(Promise::Durable, lost.is_none(), || {
            format!("revision {lost:?} was acknowledged and is not there")
        })?;
        if state.terms.changes() > 1 {
            state.reach(Sometimes::LeadershipMoves);
        }
        state.terms.check()
    }

    fn take(&self, batch: &EventBatch) {
        let mut state = self.0.lock();
        if state.violation.is_some() {
            return;
        }
        if let Err(mut violation) = state.take(batch) {
            violation.text = format!("revision {}: {}", batch.revision, violation.text);
            state.violation = Some(violation);
        }
    }
}

impl State {
    fn take(&mut self, batch: &EventBatch) -> Verdict {
        let (last, revision) = (self.last, batch.revision);
        if batch.events.is_empty() {
            return expect(Promise::RevisionsGrow, revision <= last, || {
                format!("progress beyond {last}")
            });
        }
        expect(Promise::RevisionsGrow, revision.0 == last.0 + 1, || format!("follows {last}"))?;
        self.last = revision;
        self.revisions.insert(revision.0);
        let now = self.clock.monotonic();
        batch.events.iter().try_for_each(|event| self.take_event(event, now))?;
        self.history.reached(revision.0)
    }

    fn reach(&mut self, what: Sometimes) {
        *self.reached.entry(what).or_default() += 1;
    }

    fn take_event(&mut self, event: &Event, now: Monotonic) -> Verdict {
        let (key, value) = match event {
            Event::Put { now, .. } => (&now.key, Some(&now.value[..])),
            Event::Delete { before, .. } => (&before.key, None),
        };
        self.trace.mix(key);
        self.trace.mix(value.unwrap_or(b"deleted"));
        let key = String::from_utf8_lossy(key).into_owned();
        self.history.note(self.last.0, &key, value.is_none());
        self.terms.note(self.last.0, &key, value);
        let reported = self.reports.take(&key, value);
        let paced = value.map_or(Ok(()), |value| self.pace.tell(&key, value, now));
        // What an object is comes before what is said of it.
        let judged = paced.and_then(|()| self.take_change(key.clone(), event, now));
        judged.and(reported).map_err(|violation| violation.of(&key))
    }

    fn take_change(&mut self, key: String, event: &Event, now: Monotonic) -> Verdict {
        let change = Change::read(&mut self.reader, &key, event)?;
        if change.is_heartbeat() {
            return Ok(());
        }
        self.trace.tell(now, || format!("{:>5} {}", self.last, change.describe(&key)));
        expect(Promise::Silence, !self.quiet, || {
            format!("{} is written at rest", change.describe(&key))
        })?;
        self.busy = now;
        objects::check(&key, &change)?;
        self.pace.take(&change, now)?;
        self.note_reached(&change);
        ownership::check(&self.model, &key, &change)?;
        rollout::check(&self.model, &change, now)?;
        self.model.take(key, change, now);
        rollout::check_after(&self.model, now)
    }
}

impl State {
    fn note_reached(&mut self, change: &Change) {
        for what in Sometimes::of(change) {
            self.reach(what);
        }
    }
}

/// Short form of a UID for messages.
fn short(uid: &Uid) -> &str {
    uid.0.get(..8).unwrap_or(&uid.0)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use store::KeyValue;

    use super::*;
    use crate::{trace::Detail, world::Simulation};

    fn change(revision: u64) -> EventBatch {
        let now = KeyValue {
            key: Bytes::from(format!("/registry/configmaps/shop/{revision}")),
            value: Bytes::from_static(br#"{"metadata":{"name":"a","uid":"u"}}"#),
            created: Revision(revision),
            modified: Revision(revision),
            version: 1,
        };
        let events = vec![Event::Put { now, before: None }];
        EventBatch { revision: Revision(revision), events }
    }

    #[test]
    fn a_revision_that_is_missing_or_comes_twice_is_noticed() {
        let rows = [(vec![2, 3, 4], true), (vec![2, 4], false), (vec![2, 3, 3], false)];
        for (revisions, wanted) in rows {
            let clock = Simulation::new(1).world("checker").clock;
            let checker = Checker::new(clock, Trace::new(Detail::Silent), Duration::ZERO);
            for revision in &revisions {
                checker.take(&change(*revision));
            }
            let broken = checker.violation().map(|violation| violation.promise);
            let expected = (!wanted).then_some(Promise::RevisionsGrow);
            assert_eq!(broken, expected, "{revisions:?}");
        }
    }
}
