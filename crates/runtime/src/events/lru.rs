//! A map that forgets what was not used for longest.

use std::collections::BTreeMap;

/// At most `capacity` entries.
#[derive(Debug)]
pub(super) struct Lru<K, V> {
    capacity: usize,
    entries: BTreeMap<K, (u64, V)>,
    by_use: BTreeMap<u64, K>,
    uses: u64,
}

impl<K: Ord + Clone, V> Lru<K, V> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self { capacity, entries: BTreeMap::new(), by_use: BTreeMap::new(), uses: 0 }
    }
    /// The value under `key`, made by `make` if there is none; it counts as used.
    pub(super) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        self.uses += 1;
        let known = self.entries.remove(&key);
        let value = known.map(|(used, value)| {
            self.by_use.remove(&used);
            value
        });
        let value = value.unwrap_or_else(make);
        if self.entries.len() >= self.capacity
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.by_use.insert(self.uses, key.clone());
        &mut self.entries.entry(key).or_insert((self.uses, value)).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut lru = Lru::new(2);
        lru.entry("a", || 1);
        lru.entry("b", || 2);
        lru.entry("a", || 3);
        lru.entry("c", || 4);
        assert_eq!((*lru.entry("a", || 0), *lru.entry("b", || 0)), (1, 0));
        assert_eq!((lru.entries.len(), lru.by_use.len()), (2, 2));
    }
}
