//! Which looks belong to an object: those that it set off, those that wrote to it, and the same for what
//! these made.

use std::collections::BTreeSet;

use runtime::trace::{Cause, Place, Record};

use super::Recording;

/// Looks that belong together, by the time they began.
pub(super) struct Selection<'a> {
    records: Vec<&'a Record>,
}

impl<'a> Selection<'a> {
    /// Of all that was recorded, what belongs to the object; looks that did nothing only if `all` are
    /// wanted.
    pub(super) fn of(recording: &'a Recording, all: bool) -> Self {
        let mut known = BTreeSet::from([recording.object.clone()]);
        let mut records: Vec<&Record> = Vec::new();
        let mut left: Vec<&Record> = recording.records.iter().collect();
        loop {
            let (found, others): (Vec<&Record>, Vec<&Record>) =
                left.into_iter().partition(|record| is_about(record, &known));
            if found.is_empty() {
                break;
            }
            let written = found.iter().flat_map(|record| &record.writes);
            let created = written.filter(|write| write.action.starts_with("create "));
            known.extend(created.map(|write| write.place.clone()));
            records.extend(found);
            left = others;
        }
        records.retain(|record| all || !record.writes.is_empty());
        records.sort_by_key(|record| (record.began, record.number));
        Self { records }
    }
    pub(super) fn iter(&self) -> std::slice::Iter<'_, &'a Record> {
        self.records.iter()
    }
    /// When the first look began, in microseconds since the epoch.
    pub(super) fn start(&self) -> i64 {
        self.records.first().map_or(0, |record| record.began)
    }
    /// The look that wrote what was seen; `None` if somebody else did.
    pub(super) fn writer(&self, cause: &Cause) -> Option<&'a Record> {
        self.records.iter().copied().find(|record| {
            let mut writes = record.writes.iter();
            writes.any(|write| write.place == cause.place && write.version == cause.version)
        })
    }
}

fn is_about(record: &Record, known: &BTreeSet<Place>) -> bool {
    let seen = record.causes.iter().map(|cause| &cause.place);
    let written = record.writes.iter().map(|write| &write.place);
    seen.chain(written).any(|place| known.contains(place))
}
