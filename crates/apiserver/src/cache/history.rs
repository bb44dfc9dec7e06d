//! The last changes of a resource, for watches that begin in the past.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use world::Monotonic;

use crate::Object;

/// One change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub revision: u64,
    /// Relative storage key.
    pub key: Box<str>,
    pub before: Option<Arc<Object>>,
    pub after: After,
    at: Monotonic,
}

/// What a change left.
#[derive(Debug, Clone)]
pub(crate) enum After {
    Present(Arc<Object>),
    /// The last state, with the revision of the deletion.
    Gone(Arc<Object>),
}

/// Changes in order, complete after [`History::start`].
#[derive(Debug, Default)]
pub(crate) struct History {
    changes: VecDeque<Change>,
    start: u64,
}

/// A resumed watch finds at least this many changes.
const CHANGES_KEPT: usize = 128;
/// Beyond this a busy resource forgets even fresh changes, to bound memory.
const CHANGES_MAX: usize = 8192;
/// A watch that was cut can resume this long.
const FRESH: Duration = Duration::from_secs(75);

impl Change {
    pub(crate) fn new(
        revision: u64,
        key: &str,
        before: Option<Arc<Object>>,
        after: After,
        at: Monotonic,
    ) -> Self {
        Self { revision, key: key.into(), before, after, at }
    }
}

impl History {
    /// Begins empty: everything up to `revision` is forgotten.
    pub(crate) fn starting_at(revision: u64) -> Self {
        Self { changes: VecDeque::new(), start: revision }
    }
    /// Changes after this revision are known.
    pub(crate) const fn start(&self) -> u64 {
        self.start
    }
    pub(crate) fn push(&mut self, change: Change) {
        while self.may_forget(change.at) {
            if let Some(oldest) = self.changes.pop_front() {
                self.start = oldest.revision;
            }
        }
        self.changes.push_back(change);
    }
    /// Changes after `revision`, oldest first. `None` if some of them are forgotten.
    pub(crate) fn after(&self, revision: u64) -> Option<impl DoubleEndedIterator<Item = &Change>> {
        if revision < self.start {
            return None;
        }
        let first = self.changes.partition_point(|change| change.revision <= revision);
        Some(self.changes.range(first..))
    }

    /// The revision just before the first change after a moment; `None` if there is none.
    pub(crate) fn revision_at(&self, moment: Monotonic) -> Option<u64> {
        let first = self.changes.partition_point(|change| change.at <= moment);
        let after = self.changes.get(first)?;
        Some(after.revision.saturating_sub(1).max(self.start))
    }

    fn may_forget(&self, now: Monotonic) -> bool {
        let Some(oldest) = self.changes.front() else { return false };
        let length = self.changes.len();
        length >= CHANGES_MAX || (length >= CHANGES_KEPT && now.since(oldest.at) > FRESH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(revision: u64, second: u64) -> Change {
        let object = Object {
            key: meta::object::ObjectKey::new("", "a"),
            uid: "u".into(),
            version: meta::object::ResourceVersion(revision),
            labels: meta::object::Labels::new(),
            fields: std::collections::BTreeMap::new(),
            json: bytes::Bytes::new(),
        };
        let at = Monotonic(Duration::from_secs(second));
        Change::new(revision, "a", None, After::Present(Arc::new(object)), at)
    }

    #[test]
    fn old_changes_go_once_enough_are_kept() {
        let mut history = History::starting_at(10);
        for revision in 11..=11 + 200 {
            history.push(change(revision, revision));
        }
        assert!(history.after(history.start() - 1).is_none());
        let kept = history.after(history.start()).expect("known").count();
        assert_eq!(kept, CHANGES_KEPT);
    }

    #[test]
    fn a_watch_resumes_after_the_revision_it_saw() {
        let mut history = History::starting_at(10);
        history.push(change(12, 0));
        history.push(change(15, 0));
        let revisions = |after| {
            history.after(after).map(|changes| changes.map(|c| c.revision).collect::<Vec<_>>())
        };
        assert_eq!(revisions(9), None);
        assert_eq!(revisions(10), Some(vec![12, 15]));
        assert_eq!(revisions(12), Some(vec![15]));
        assert_eq!(revisions(99), Some(vec![]));
    }
}
