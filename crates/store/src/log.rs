//! What an engine has to do: keep rows in the order of their revisions. All else is shared.

use std::{ops::ControlFlow, time::Duration};

use bytes::Bytes;
use meta::time::Time;

use crate::{KeyValue, Revision};

/// Where a row lies: one transaction may write several keys at one revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) revision: Revision,
    pub(crate) part: u32,
}

/// What is known of a write besides key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) created: Revision,
    /// Zero marks a deletion.
    pub(crate) version: u64,
    pub(crate) expiry: Option<Expiry>,
}

/// When a key ends by itself. The duration counts while the process runs; the wall time serves the
/// next process to know what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry {
    pub(crate) time_to_live: Duration,
    pub(crate) at: Time,
}

/// One write of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) position: Position,
    pub(crate) key: Bytes,
    pub(crate) value: Bytes,
    pub(crate) facts: Facts,
}

impl Row {
    pub(crate) fn is_deletion(&self) -> bool {
        self.facts.version == 0
    }

    pub(crate) fn key_value(&self) -> KeyValue {
        KeyValue {
            key: self.key.clone(),
            value: self.value.clone(),
            created: self.facts.created,
            modified: self.position.revision,
            version: self.facts.version,
        }
    }
}

/// A row without its value, as a scan shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outline<'a> {
    pub(crate) position: Position,
    pub(crate) key: &'a [u8],
    pub(crate) facts: Facts,
}

/// What becomes durable together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    pub(crate) rows: Vec<Row>,
    pub(crate) forget: Vec<Position>,
    /// The new oldest revision that can be read.
    pub(crate) compacted: Option<Revision>,
}

impl Commit {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.forget.is_empty() && self.compacted.is_none()
    }
}

/// The log cannot be read or written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct LogError(pub(crate) String);

/// Keeps rows.
pub(crate) trait Log: Send + Sync {
    /// Whether [`Log::commit`] waits for a disk and so belongs on a thread that may block.
    fn waits(&self) -> bool;
    /// Returns when the commit is durable. After an error it is unknown whether it is, and the log
    /// must be reopened.
    fn commit(&self, commit: &Commit) -> Result<(), LogError>;
    /// Everything committed so far, unmoved by what is committed later.
    fn reader(&self) -> Result<Box<dyn Reader>, LogError>;
    /// Starts over from what is durable.
    fn reopen(&self) -> Result<(), LogError>;
}

/// Reads rows.
pub(crate) trait Reader: Send {
    /// `None` if the row was forgotten.
    fn value(&self, position: Position) -> Result<Option<Bytes>, LogError>;
    /// Shows the rows from a revision on in order, until told to stop.
    fn scan(
        &self,
        from: Revision,
        visit: &mut dyn FnMut(Outline<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError>;
    /// As last committed; zero if never.
    fn compacted(&self) -> Result<Revision, LogError>;
}
