//! What every reader sees: the index at the newest acknowledged revision, the watches, the deadlines.
//! It changes only after the log has made a change durable.

use std::time::Duration;

use meta::time::Time;
use world::Monotonic;

use crate::{
    Event, KeyValue, Revision, StoreError,
    expiry::Expiries,
    hub::Hub,
    index::{Index, Version},
    log::{Expiry, Facts, Position, Row},
};

/// An empty store is at revision 1, as etcd is.
const FIRST: Revision = Revision(1);

/// A durable write with what it replaced.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) row: Row,
    pub(crate) before: Option<KeyValue>,
}

/// The two clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) wall: Time,
    pub(crate) monotonic: Monotonic,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) index: Index,
    pub(crate) revision: Revision,
    /// The oldest revision that can be read; zero if nothing was ever compacted.
    pub(crate) compacted: Revision,
    pub(crate) expiries: Expiries,
    pub(crate) hub: Hub,
    pub(crate) closed: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            index: Index::default(),
            revision: FIRST,
            compacted: Revision(0),
            expiries: Expiries::default(),
            hub: Hub::default(),
            closed: false,
        }
    }
}

impl State {
    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.closed { Err(StoreError::Closed) } else { Ok(()) }
    }

    /// The revision a range reads at.
    pub(crate) fn readable(&self, at: Option<Revision>) -> Result<Revision, StoreError> {
        let Some(requested) = at else { return Ok(self.revision) };
        if requested > self.revision {
            return Err(StoreError::Future { requested, current: self.revision });
        }
        if requested < self.compacted {
            return Err(StoreError::Compacted { requested, oldest: self.compacted });
        }
        Ok(requested)
    }

    /// Whether a watch may start at `from`: each change after the last compaction still has its
    /// previous value, and the next one is not missed.
    pub(crate) fn watchable(&self, from: Revision) -> Result<(), StoreError> {
        if from.0 > self.revision.0 + 1 {
            return Err(StoreError::Future { requested: from, current: self.revision });
        }
        if self.compacted.0 > 0 && from <= self.compacted {
            let oldest = Revision(self.compacted.0 + 1);
            return Err(StoreError::Compacted { requested: from, oldest });
        }
        Ok(())
    }

    /// Whether history before `oldest` may be forgotten.
    pub(crate) fn compactable(&self, oldest: Revision) -> Result<(), StoreError> {
        if oldest > self.revision {
            return Err(StoreError::Future { requested: oldest, current: self.revision });
        }
        if oldest <= self.compacted {
            return Err(StoreError::Compacted { requested: oldest, oldest: self.compacted });
        }
        Ok(())
    }

    /// Adds a row that the log already had when it was opened.
    pub(crate) fn load(&mut self, key: &[u8], position: Position, facts: Facts, now: Now) {
        let key = bytes::Bytes::copy_from_slice(key);
        self.record(&key, position, facts, now);
    }

    /// Publishes durable changes, in the order of their positions.
    pub(crate) fn publish(&mut self, changes: Vec<Change>, now: Now) {
        let mut events = Vec::new();
        for Change { row, before } in changes {
            if row.position.revision > self.revision {
                self.hub.publish(self.revision, &std::mem::take(&mut events));
            }
            self.record(&row.key, row.position, row.facts, now);
            events.extend(event(&row, before));
        }
        self.hub.publish(self.revision, &events);
    }

    /// Makes `oldest` the oldest readable revision; answers what lies in the log for nobody.
    pub(crate) fn compact(&mut self, oldest: Revision) -> Vec<Position> {
        self.compacted = self.compacted.max(oldest);
        self.index.compact(self.compacted)
    }

    fn record(&mut self, key: &bytes::Bytes, position: Position, facts: Facts, now: Now) {
        let Facts { created, version, expiry } = facts;
        self.index.insert(key, Version { position, created, writes: version });
        let deadline = expiry.map(|expiry| now.monotonic + remaining(expiry, now.wall));
        self.expiries.set(key, position.revision, deadline);
        self.revision = self.revision.max(position.revision);
    }
}

/// What is left of a time to live by the wall clock, but never more than all of it.
fn remaining(expiry: Expiry, now: Time) -> Duration {
    expiry.at.since(now).min(expiry.time_to_live)
}

fn event(row: &Row, before: Option<KeyValue>) -> Option<Event> {
    if row.is_deletion() {
        // A deletion is only ever written of what was there.
        return before.map(|before| Event::Delete { before, at: row.position.revision });
    }
    Some(Event::Put { now: row.key_value(), before })
}
