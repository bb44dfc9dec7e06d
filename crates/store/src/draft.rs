//! Decides transactions, one after the other, before any of them is durable.

use std::collections::BTreeMap;

use bytes::Bytes;
use meta::time::Time;

use crate::{
    Compare, Operation, Revision, Transaction,
    index::{Index, Version},
    log::{Expiry, Facts, Position, Row},
};

/// Where the present state of a key lies: in the log, or in a row of the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Present {
    Logged(Version),
    Drafted(usize),
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    Applied(Revision),
    Refused { at: Revision, present: Vec<(Bytes, Option<Present>)> },
}

/// Rows that are decided but not written, on top of an index.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    index: &'a Index,
    revision: Revision,
    now: Time,
    /// Each with the state of its key before.
    pub(crate) rows: Vec<(Row, Option<Present>)>,
    newest: BTreeMap<Bytes, usize>,
}

impl<'a> Draft<'a> {
    /// `revision` is the newest of the index; `now` is what times to live are added to.
    pub(crate) fn new(index: &'a Index, revision: Revision, now: Time) -> Self {
        Self { index, revision, now, rows: Vec::new(), newest: BTreeMap::new() }
    }

    /// Decides one transaction; its rows join the draft.
    pub(crate) fn decide(&mut self, transaction: Transaction) -> Decision {
        if !transaction.compare.iter().all(|compare| self.holds(compare)) {
            return self.refuse(transaction.compare);
        }
        let revision = Revision(self.revision.0 + 1);
        let first = self.rows.len();
        for operation in last_of_each_key(transaction.then) {
            self.write(revision, first, operation);
        }
        if self.rows.len() > first {
            self.revision = revision;
        }
        Decision::Applied(self.revision)
    }

    fn holds(&self, compare: &Compare) -> bool {
        self.modified(self.present(&compare.key)) == compare.modified
    }

    fn modified(&self, present: Option<Present>) -> Revision {
        match present {
            None => Revision(0),
            Some(Present::Logged(version)) => version.modified(),
            Some(Present::Drafted(row)) => self.rows[row].0.position.revision,
        }
    }

    fn refuse(&self, compare: Vec<Compare>) -> Decision {
        let state = |compare: Compare| (self.present(&compare.key), Bytes::from(compare.key));
        let present = compare.into_iter().map(state).map(|(present, key)| (key, present));
        Decision::Refused { at: self.revision, present: present.collect() }
    }

    fn present(&self, key: &[u8]) -> Option<Present> {
        match self.newest.get(key) {
            Some(&row) if self.rows[row].0.is_deletion() => None,
            Some(&row) => Some(Present::Drafted(row)),
            None => self.index.newest(key).map(Present::Logged),
        }
    }

    /// Adds the row of an operation; deleting what is not there changes nothing.
    fn write(&mut self, revision: Revision, first: usize, operation: Operation) {
        let (key, value, time_to_live) = match operation {
            Operation::Put { key, value, time_to_live } => (key, Some(value), time_to_live),
            Operation::Delete { key } => (key, None, None),
        };
        let before = self.present(&key);
        if value.is_none() && before.is_none() {
            return;
        }
        let (created, version) = match before {
            None => (revision, 0),
            Some(Present::Logged(version)) => (version.created, version.writes),
            Some(Present::Drafted(row)) => {
                let facts = self.rows[row].0.facts;
                (facts.created, facts.version)
            }
        };
        let version = if value.is_some() { version + 1 } else { 0 };
        let expiry =
            time_to_live.map(|time_to_live| Expiry { time_to_live, at: self.now + time_to_live });
        let part = u32::try_from(self.rows.len() - first).unwrap_or(u32::MAX);
        let row = Row {
            position: Position { revision, part },
            key: Bytes::from(key),
            value: value.unwrap_or_default(),
            facts: Facts { created, version, expiry },
        };
        self.newest.insert(row.key.clone(), self.rows.len());
        self.rows.push((row, before));
    }
}

/// One key changes once at one revision: of several operations the last counts.
pub(crate) fn last_of_each_key(operations: Vec<Operation>) -> Vec<Operation> {
    let key = |operation: &Operation| match operation {
        Operation::Put { key, .. } | Operation::Delete { key } => key.clone(),
    };
    let last: BTreeMap<Vec<u8>, usize> =
        operations.iter().enumerate().map(|(place, operation)| (key(operation), place)).collect();
    if last.len() == operations.len() {
        return operations;
    }
    let places = operations.into_iter().enumerate();
    places.filter(|(place, op)| last.get(&key(op)) == Some(place)).map(|(_, op)| op).collect()
}
