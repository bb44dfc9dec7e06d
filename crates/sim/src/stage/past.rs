//! Every revision of the store, for judging what may never have been.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde_json::Value;
use store::{Event, Operation, Revision, Store, Transaction};
use world::{Clock, Monotonic};

/// One object at one revision.
#[derive(Debug, Clone)]
pub struct State {
    /// The revision that made it so.
    pub revision: u64,
    /// When.
    pub at: Monotonic,
    /// Its place in the store, such as `/registry/pods/shop/web-0`.
    pub key: String,
    /// Before; `None` when it came into being.
    pub before: Option<Value>,
    /// After; `None` when it is gone.
    pub now: Option<Value>,
}

/// Clones share what was seen.
#[derive(Clone, Default)]
pub(super) struct Past(Arc<Mutex<Vec<Seen>>>);

/// Parsed only when somebody asks.
struct Seen {
    at: Monotonic,
    event: Event,
}

impl Past {
    /// Follows a store for ever.
    pub(super) async fn follow(self, store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
        let Ok(mut stream) = store.watch(b"/registry/".to_vec(), Revision(1)).await else { return };
        while let Some(Ok(batch)) = stream.recv().await {
            let at = clock.monotonic();
            let seen = batch.events.into_iter().map(|event| Seen { at, event });
            self.0.lock().extend(seen);
        }
    }

    /// All states of the objects of one kind, in order.
    pub(super) fn of(&self, prefix: &str) -> Vec<State> {
        let seen = self.0.lock();
        let fitting = seen.iter().filter(|seen| seen.key().starts_with(prefix.as_bytes()));
        fitting.map(Seen::state).collect()
    }

    /// The transactions that lead to the state at `revision`.
    pub(super) fn writes_to(&self, revision: u64) -> Vec<Transaction> {
        let seen = self.0.lock();
        let mut writes: BTreeMap<u64, Transaction> = BTreeMap::new();
        for seen in seen.iter().filter(|seen| seen.revision() <= revision) {
            let operation = match &seen.event {
                Event::Put { now, .. } => {
                    let (key, value) = (now.key.to_vec(), now.value.clone());
                    Operation::Put { key, value, time_to_live: None }
                }
                Event::Delete { before, .. } => Operation::Delete { key: before.key.to_vec() },
            };
            writes.entry(seen.revision()).or_default().then.push(operation);
        }
        writes.into_values().collect()
    }

    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }

    /// When something was last written that is neither a lease nor an event, and what.
    pub(super) fn last_change(&self) -> Option<(Monotonic, String)> {
        let seen = self.0.lock();
        let last = seen.iter().rev().find(|seen| seen.is_work())?;
        Some((last.at, String::from_utf8_lossy(last.key()).into_owned()))
    }
}

impl Seen {
    fn key(&self) -> &[u8] {
        match &self.event {
            Event::Put { now, .. } => &now.key,
            Event::Delete { before, .. } => &before.key,
        }
    }
    const fn revision(&self) -> u64 {
        match &self.event {
            Event::Put { now, .. } => now.modified.0,
            Event::Delete { at, .. } => at.0,
        }
    }
    fn is_work(&self) -> bool {
        let key = self.key();
        let beside = ["/registry/leases/", "/registry/events/", "/registry/minions/"];
        !beside.iter().any(|prefix| key.starts_with(prefix.as_bytes()))
    }
    fn state(&self) -> State {
        let parse = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_default();
        let key = String::from_utf8_lossy(self.key()).into_owned();
        let (before, now) = match &self.event {
            Event::Put { now, before } => {
                let before = before.as_ref().map(|before| parse(&before.value));
                (before, Some(parse(&now.value)))
            }
            Event::Delete { before, .. } => (Some(parse(&before.value)), None),
        };
        State { revision: self.revision(), at: self.at, key, before, now }
    }
}
