//! Which key has which versions, and where their values lie. Values stay in the log: the index is
//! what an engine on disk keeps in memory.

use std::{collections::BTreeMap, ops::Bound};

use bytes::Bytes;

use crate::{Revision, log::Position};

/// One write of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) position: Position,
    pub(crate) created: Revision,
    /// Since it came into being, this one included; zero marks a deletion.
    pub(crate) writes: u64,
}

impl Version {
    pub(crate) fn modified(self) -> Revision {
        self.position.revision
    }

    fn is_deletion(self) -> bool {
        self.writes == 0
    }
}

/// All versions of all keys since the last compaction, in order.
#[derive(Debug, Default)]
pub(crate) struct Index {
    keys: BTreeMap<Bytes, Vec<Version>>,
}

impl Index {
    /// The key as of `revision`, unless it did not exist then.
    pub(crate) fn at(&self, key: &[u8], revision: Revision) -> Option<Version> {
        as_of(self.keys.get(key)?, revision)
    }

    /// The key as it is now, if it exists.
    pub(crate) fn newest(&self, key: &[u8]) -> Option<Version> {
        self.keys.get(key)?.last().copied().filter(|version| !version.is_deletion())
    }

    /// The keys of a range as of `revision`. See [`crate::Range`] for `end`.
    pub(crate) fn range<'a>(
        &'a self,
        start: &'a [u8],
        end: Option<&'a [u8]>,
        revision: Revision,
    ) -> impl Iterator<Item = (&'a Bytes, Version)> {
        let end = match end {
            None => Bound::Included(start),
            // What `prefix_end` answers when nothing sorts after the prefix, as in etcd.
            Some([0]) => Bound::Unbounded,
            // A range that ends before it starts is empty, not an error.
            Some(end) => Bound::Excluded(end.max(start)),
        };
        let keys = self.keys.range::<[u8], _>((Bound::Included(start), end));
        keys.filter_map(move |(key, versions)| Some((key, as_of(versions, revision)?)))
    }

    /// Adds a version; its revision is above all there are.
    pub(crate) fn insert(&mut self, key: &Bytes, version: Version) {
        match self.keys.get_mut(key) {
            Some(versions) => versions.push(version),
            None => drop(self.keys.insert(key.clone(), vec![version])),
        }
    }

    /// Forgets what nobody can read at `oldest` or later, and says where it lies. A deletion at
    /// `oldest` itself stays, so that the newest revision always has a row.
    pub(crate) fn compact(&mut self, oldest: Revision) -> Vec<Position> {
        let mut forgotten = Vec::new();
        self.keys.retain(|_, versions| {
            let cut = obsolete(versions, oldest);
            forgotten.extend(versions.drain(..cut).map(|version| version.position));
            !versions.is_empty()
        });
        forgotten.sort_unstable();
        forgotten
    }
}

fn as_of(versions: &[Version], revision: Revision) -> Option<Version> {
    let count = versions.partition_point(|version| version.modified() <= revision);
    versions[..count].last().copied().filter(|version| !version.is_deletion())
}

/// How many of the first versions nobody can read any more.
fn obsolete(versions: &[Version], oldest: Revision) -> usize {
    let count = versions.partition_point(|version| version.modified() <= oldest);
    let Some(current) = count.checked_sub(1) else { return 0 };
    let version = versions[current];
    if version.is_deletion() && version.modified() < oldest { count } else { current }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions as text: a number is a write at that revision, with a minus a deletion.
    fn index(history: &[i64]) -> Index {
        let mut index = Index::default();
        for &entry in history {
            let revision = Revision(entry.unsigned_abs());
            let version = Version {
                position: Position { revision, part: 0 },
                created: revision,
                writes: u64::from(entry > 0),
            };
            index.insert(&Bytes::from_static(b"key"), version);
        }
        index
    }

    #[track_caller]
    fn check_compaction(history: &[i64], oldest: u64, forgotten: &[u64]) {
        let positions = index(history).compact(Revision(oldest));
        let revisions: Vec<u64> = positions.iter().map(|position| position.revision.0).collect();
        assert_eq!(revisions, forgotten);
    }

    #[test]
    fn compaction_keeps_what_can_still_be_read() {
        check_compaction(&[2, 3, 4], 3, &[2]);
        check_compaction(&[2, 3, 4], 9, &[2, 3]);
        check_compaction(&[5], 4, &[]);
    }

    #[test]
    fn compaction_forgets_a_deleted_key_whole() {
        check_compaction(&[2, -3], 4, &[2, 3]);
        check_compaction(&[2, -3, 6], 4, &[2, 3]);
    }

    #[test]
    fn compaction_keeps_a_deletion_at_its_own_revision() {
        check_compaction(&[2, -3], 3, &[2]);
    }

    #[test]
    fn a_deleted_key_exists_before_its_deletion_only() {
        let index = index(&[2, -5, 7]);
        let at = |revision| index.at(b"key", Revision(revision)).map(|found| found.modified().0);
        assert_eq!(
            [1, 2, 4, 5, 6, 7, 8].map(at),
            [None, Some(2), Some(2), None, None, Some(7), Some(7)]
        );
    }
}
