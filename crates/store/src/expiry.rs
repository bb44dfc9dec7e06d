//! Which keys end when.

use std::collections::BTreeSet;

use bytes::Bytes;
use meta::collections::HashMap;
use world::Monotonic;

use crate::Revision;

/// Deadlines of the keys that have one. A key has the deadline of its last write.
#[derive(Debug, Default)]
pub(crate) struct Expiries {
    by_time: BTreeSet<(Monotonic, Bytes)>,
    by_key: HashMap<Bytes, (Monotonic, Revision)>,
}

impl Expiries {
    /// Sets or, with `None`, removes the deadline of a key that was written at `revision`.
    pub(crate) fn set(&mut self, key: &Bytes, revision: Revision, deadline: Option<Monotonic>) {
        if let Some((old, _)) = self.by_key.remove(key) {
            self.by_time.remove(&(old, key.clone()));
        }
        if let Some(deadline) = deadline {
            self.by_key.insert(key.clone(), (deadline, revision));
            self.by_time.insert((deadline, key.clone()));
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Monotonic> {
        self.by_time.first().map(|(deadline, _)| *deadline)
    }

    /// Up to `limit` keys whose time is over, each with the revision of its last write.
    pub(crate) fn due(&self, now: Monotonic, limit: usize) -> Vec<(Bytes, Revision)> {
        let over = self.by_time.iter().take_while(|(deadline, _)| *deadline <= now).take(limit);
        over.filter_map(|(_, key)| Some((key.clone(), self.by_key.get(key)?.1))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Monotonic {
        Monotonic(Duration::from_secs(seconds))
    }

    #[test]
    fn a_rewritten_key_has_its_last_deadline_or_none() {
        let mut expiries = Expiries::default();
        let key = Bytes::from_static(b"event");
        expiries.set(&key, Revision(2), Some(at(10)));
        expiries.set(&key, Revision(3), Some(at(20)));
        assert_eq!(expiries.due(at(19), 9), []);
        assert_eq!(expiries.due(at(20), 9), [(key.clone(), Revision(3))]);
        expiries.set(&key, Revision(4), None);
        assert_eq!(expiries.next(), None);
    }

    #[test]
    fn many_that_end_together_come_in_portions() {
        let mut expiries = Expiries::default();
        for key in 0..9_u8 {
            expiries.set(&Bytes::from(vec![key]), Revision(2), Some(at(1)));
        }
        assert_eq!(expiries.due(at(1), 4).len(), 4);
    }
}
