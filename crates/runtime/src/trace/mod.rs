//! What happened, for a person who asks (`pilothouse trace`): the change, the wait, the decision with its
//! reason, the writes. Nothing is kept, and next to nothing is spent, unless somebody follows.

mod record;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use world::{Clock, Monotonic};

pub use record::{Cause, Place, Record, Told, What, Write};

/// Whoever follows and does not ask for so long is gone.
const FOLLOWED_FOR: Duration = Duration::from_secs(30);
/// Records that are held for those who follow; older ones are dropped.
const RECORDS_MAX: usize = 4096;
/// Changes that are told of one look; a look for which more came says how many.
const CAUSES_MAX: usize = 8;

/// Where components tell what they do, and others read it. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Trace {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    followed: AtomicBool,
    state: Mutex<State>,
    recorded: Notify,
}

/// One key of one component.
type Worker = (&'static str, String);

#[derive(Default)]
struct State {
    until: Monotonic,
    /// Changes since the last look at a key.
    causes: BTreeMap<Worker, Vec<Cause>>,
    /// Looks that go on.
    open: BTreeMap<Worker, (Record, Monotonic)>,
    records: VecDeque<Record>,
    last: u64,
}

impl Trace {
    /// What was recorded after the record with this number. From the first call on, looks are recorded;
    /// half a minute after the last one they no longer are.
    pub fn after(&self, number: u64, clock: &dyn Clock) -> Told {
        let mut state = self.shared.state.lock();
        state.until = clock.monotonic() + FOLLOWED_FOR;
        self.shared.followed.store(true, Ordering::Relaxed);
        let records = state.records.iter().filter(|record| record.number > number);
        Told { last: state.last, records: records.cloned().collect() }
    }
    /// Waits until there is something after this number, or for `patience`.
    pub async fn wait(&self, number: u64, clock: &dyn Clock, patience: Duration) {
        let mut recorded = std::pin::pin!(self.shared.recorded.notified());
        // Before the look, so that nothing is recorded unnoticed between look and wait.
        recorded.as_mut().enable();
        if self.shared.state.lock().last > number {
            return;
        }
        tokio::select! {
            biased;
            () = recorded => {}
            () = clock.sleep(patience) => {}
        }
    }

    /// Whether somebody follows: nothing need be told if not.
    pub(crate) fn is_followed(&self) -> bool {
        self.shared.followed.load(Ordering::Relaxed)
    }
    /// A change has made a key dirty.
    pub(crate) fn caused(&self, component: &'static str, key: String, cause: Cause) {
        let mut state = self.shared.state.lock();
        let causes = state.causes.entry((component, key)).or_default();
        if causes.len() < CAUSES_MAX && causes.last() != Some(&cause) {
            causes.push(cause);
        }
    }
    /// A look at a key begins that was in the queue for so long.
    pub(crate) fn begin(
        &self,
        component: &'static str,
        key: String,
        waited: Duration,
        clock: &dyn Clock,
    ) {
        let now = clock.monotonic();
        let mut state = self.shared.state.lock();
        if now > state.until || !self.is_followed() {
            self.shared.followed.store(false, Ordering::Relaxed);
            *state = State { last: state.last, ..State::default() };
            return;
        }
        let worker = (component, key);
        let record = Record {
            number: 0,
            component: component.to_owned(),
            key: worker.1.clone(),
            causes: state.causes.remove(&worker).unwrap_or_default(),
            waited: record::microseconds(waited),
            began: clock.wall().microseconds(),
            took: 0,
            writes: Vec::new(),
            next: String::new(),
        };
        state.open.insert(worker, (record, now));
    }
    /// A step of a look is through, from its begin to its end.
    pub(crate) fn write(
        &self,
        component: &'static str,
        key: &str,
        mut write: Write,
        (from, to): (Monotonic, Monotonic),
    ) {
        let mut state = self.shared.state.lock();
        if let Some((record, began)) = state.open.get_mut(&(component, key.to_owned())) {
            write.after = record::microseconds(from.since(*began));
            write.took = record::microseconds(to.since(from));
            record.writes.push(write);
        }
    }
    /// A look is over.
    pub(crate) fn end(&self, component: &'static str, key: String, next: String, now: Monotonic) {
        let mut state = self.shared.state.lock();
        let Some((mut record, began)) = state.open.remove(&(component, key)) else { return };
        state.last += 1;
        record.number = state.last;
        record.took = record::microseconds(now.since(began));
        record.next = next;
        if state.records.len() == RECORDS_MAX {
            state.records.pop_front();
        }
        state.records.push_back(record);
        drop(state);
        self.shared.recorded.notify_waiters();
    }
    /// A step of a component that has no keys.
    pub(crate) fn alone(
        &self,
        component: &'static str,
        write: Write,
        from: Monotonic,
        clock: &dyn Clock,
    ) {
        let (key, now) = (write.place.key.clone(), clock.monotonic());
        self.begin(component, key.clone(), Duration::ZERO, clock);
        if let Some((record, began)) =
            self.shared.state.lock().open.get_mut(&(component, key.clone()))
        {
            let before = i64::try_from(now.since(from).as_micros()).unwrap_or(i64::MAX);
            record.began = record.began.saturating_sub(before);
            *began = from;
        }
        self.write(component, &key, write, (from, now));
        self.end(component, key, String::new(), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestWorld;

    fn cause(version: u64) -> Cause {
        Cause {
            place: Place { resource: "pods".into(), key: "shop/web".into() },
            what: What::Changed,
            version,
        }
    }

    #[test]
    fn nothing_is_recorded_until_somebody_follows() {
        let (trace, clock) = (Trace::default(), TestWorld::default());
        assert!(!trace.is_followed());
        trace.begin("c", "k".into(), Duration::ZERO, &clock);
        trace.end("c", "k".into(), String::new(), clock.monotonic());
        assert_eq!(trace.after(0, &clock).records, []);
        assert!(trace.is_followed());
    }

    #[test]
    fn a_look_has_its_causes_its_wait_and_its_writes() {
        let (trace, clock) = (Trace::default(), TestWorld::default());
        trace.after(0, &clock);
        trace.caused("c", "k".into(), cause(1));
        trace.caused("c", "k".into(), cause(2));
        trace.caused("c", "other".into(), cause(3));
        trace.begin("c", "k".into(), Duration::from_micros(7), &clock);
        trace.end("c", "k".into(), "rests".into(), clock.monotonic());
        let records = trace.after(0, &clock).records;
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].waited, records[0].causes.len()), (7, 2));
        assert_eq!(trace.after(records[0].number, &clock).records, []);
    }
}
