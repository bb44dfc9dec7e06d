//! Requests and answers of a store.

use std::{fmt, time::Duration};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::StoreError;

/// One number for the whole store; each transaction that changes something makes the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A key with its value and history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyValue {
    pub key: Bytes,
    pub value: Bytes,
    /// Revision at which the key came into being.
    pub created: Revision,
    /// Revision of the last write.
    pub modified: Revision,
    /// Writes since it came into being, counting from 1.
    pub version: u64,
}

/// Keys from `start` (inclusive) to `end` (exclusive; `None` means the one key `start`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub start: Vec<u8>,
    pub end: Option<Vec<u8>>,
    /// `None` reads the newest state.
    pub at: Option<Revision>,
    /// `None` means all.
    pub limit: Option<usize>,
}

impl Range {
    /// One key at the newest revision.
    pub fn key(key: impl Into<Vec<u8>>) -> Self {
        Self { start: key.into(), end: None, at: None, limit: None }
    }
    /// Every key that starts with `prefix`, at the newest revision.
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        let end = prefix_end(&start);
        Self { start, end: Some(end), at: None, limit: None }
    }
}

/// The first key that does not start with `prefix` and sorts after those that do.
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![0]
}

/// The answer to a [`Range`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeAnswer {
    pub pairs: Vec<KeyValue>,
    /// The store's revision when it answered.
    pub revision: Revision,
    /// Keys in the range, whatever the limit.
    pub count: usize,
}

/// Holds if the key was last modified at `modified`; `Revision(0)` means it does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compare {
    pub key: Vec<u8>,
    pub modified: Revision,
}

/// One change of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    Put { key: Vec<u8>, value: Bytes, time_to_live: Option<Duration> },
    Delete { key: Vec<u8> },
}

/// All or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transaction {
    pub compare: Vec<Compare>,
    pub then: Vec<Operation>,
}

/// The answer to a [`Transaction`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionAnswer {
    /// Applied at `revision`.
    Applied { revision: Revision },
    /// Nothing changed; the compared keys as they are now, in the order of the comparisons.
    Refused { revision: Revision, present: Vec<Option<KeyValue>> },
}

/// A key was written or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Put {
        now: KeyValue,
        before: Option<KeyValue>,
    },
    /// `at` is the revision of the deletion.
    Delete {
        before: KeyValue,
        at: Revision,
    },
}

/// All changes of one revision that the watch asked for; empty as a sign of progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBatch {
    pub revision: Revision,
    pub events: Vec<Event>,
}

/// What a watch delivers. The last item may be an error; then the channel closes.
pub type WatchStream = mpsc::Receiver<Result<EventBatch, StoreError>>;
