//! Events for people: recorded without waiting, correlated, and written beside.

mod correlator;
mod lru;
mod sink;

use std::{sync::Arc, time::Duration};

use client::Transport;
use meta::{text::Text, time::Time};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tracing::warn;
use world::{Clock, Monotonic};

pub(crate) use sink::EventSink;

use crate::Event;

/// Records events under one component's name.
#[derive(Clone)]
pub(crate) struct Recorder {
    clock: Arc<dyn Clock>,
    source: Text,
    transport: Arc<dyn Transport>,
    sender: mpsc::Sender<Recorded>,
    /// Nanoseconds in the name of the latest event: no two are the same.
    stamp: Arc<Mutex<i64>>,
    told_of_drops: Arc<Mutex<Option<Monotonic>>>,
}

const TELL_OF_DROPS_EVERY: Duration = Duration::from_mins(1);

/// An event on its way.
pub(crate) struct Recorded {
    transport: Arc<dyn Transport>,
    occurrence: Occurrence,
}

/// An event as it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// Component that tells of it.
    source: Text,
    /// What happened; the message is complete.
    event: Event,
    /// When.
    at: Time,
    /// Unix nanoseconds for its name.
    stamp: i64,
}

impl Recorder {
    /// The same under another name, if one is given.
    pub(crate) fn named(&self, name: Option<&Text>) -> Self {
        let mut recorder = self.clone();
        if let Some(name) = name {
            recorder.source = name.clone();
        }
        recorder
    }
    /// Records `event` if there is one; `name` and `error` complete its message. Never waits: what
    /// does not fit in the queue is dropped.
    pub(crate) fn record(&self, event: Option<&Event>, name: &str, error: &str) {
        let Some(event) = event else { return };
        let mut event = event.clone();
        event.message = event.message.replace("{name}", name).replace("{error}", error);
        let (regarding, reason) = (event.regarding.key.clone(), event.reason);
        let at = self.clock.wall();
        let (source, stamp) = (self.source.clone(), self.stamp(at));
        let occurrence = Occurrence { source, event, at, stamp };
        let recorded = Recorded { transport: Arc::clone(&self.transport), occurrence };
        if self.sender.try_send(recorded).is_err() && self.may_tell_of_drops() {
            warn!(%regarding, reason, "dropping events: too many are waiting");
        }
    }

    /// A burst drops thousands of events; one line a minute says so.
    fn may_tell_of_drops(&self) -> bool {
        let now = self.clock.monotonic();
        let mut told = self.told_of_drops.lock();
        let may = told.is_none_or(|told| now.since(told) >= TELL_OF_DROPS_EVERY);
        if may {
            *told = Some(now);
        }
        may
    }

    fn stamp(&self, at: Time) -> i64 {
        let mut latest = self.stamp.lock();
        *latest = at.microseconds().saturating_mul(1000).max(*latest + 1);
        *latest
    }
}
