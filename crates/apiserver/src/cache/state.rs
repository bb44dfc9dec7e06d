//! What a watch cache holds, and how changes go into it. Knows no store and does not wait.

use std::{
    collections::{BTreeMap, btree_map},
    ops::Bound,
    sync::Arc,
};

use meta::object::ResourceVersion;
use world::Monotonic;

use super::{
    history::{After, Change, History},
    watch::Watcher,
};
use crate::{Object, Reason, Status};

/// The present and the near past of one resource.
#[derive(Debug)]
pub(super) struct State {
    /// By storage key below the resource's prefix.
    pub(super) objects: BTreeMap<Box<str>, Arc<Object>>,
    pub(super) history: History,
    pub(super) watchers: Vec<Watcher>,
    /// The revision of the last change, or of the load.
    pub(super) applied: u64,
    /// Keys deleted while the first load is under way; `None` once it is done.
    loading: Option<BTreeMap<Box<str>, u64>>,
    /// Another cache has taken the place of this one.
    pub(super) retired: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            history: History::default(),
            watchers: Vec::new(),
            applied: 0,
            loading: Some(BTreeMap::new()),
            retired: false,
        }
    }
}

/// The entries from `key` on.
pub(super) fn from_key<'m, V>(
    map: &'m BTreeMap<Box<str>, V>,
    key: &str,
) -> btree_map::Range<'m, Box<str>, V> {
    map.range::<str, _>((Bound::Included(key), Bound::Unbounded))
}

impl State {
    /// Takes the objects read at `revision` in, below what has changed since.
    pub(super) fn complete(&mut self, objects: Vec<(Box<str>, Arc<Object>)>, revision: u64) {
        let Some(deleted) = self.loading.take() else { return };
        for (key, object) in objects {
            let later = deleted.get(&key).is_some_and(|at| *at > object.version.0)
                || self.objects.get(&key).is_some_and(|known| known.version > object.version);
            if !later {
                self.objects.insert(key, object);
            }
        }
        self.applied = self.applied.max(revision);
        self.history = History::starting_at(self.applied);
    }

    /// One object was written.
    pub(super) fn put(&mut self, key: &str, object: Object, at: Monotonic) {
        let revision = object.version.0;
        if self.knows(revision) {
            return;
        }
        let now = Arc::new(object);
        let before = self.objects.insert(key.into(), Arc::clone(&now));
        self.changed(Change::new(revision, key, before, After::Present(now), at));
    }

    /// One object was deleted.
    pub(super) fn delete(&mut self, key: &str, revision: u64, at: Monotonic) {
        if self.knows(revision) {
            return;
        }
        let before = self.objects.remove(key);
        if let Some(deleted) = &mut self.loading {
            deleted.insert(key.into(), revision);
            self.applied = revision;
            return;
        }
        if let Some(before) = before {
            let last = Arc::new(before.at_version(ResourceVersion(revision)));
            self.changed(Change::new(revision, key, Some(before), After::Gone(last), at));
        }
    }

    /// Ends every watch and refuses new readers: this cache is no longer fed.
    pub(super) fn retire(&mut self) {
        self.retired = true;
        let expired =
            Status::new(410, Reason::Expired, "too old resource version: the cache is anew");
        for watcher in self.watchers.drain(..) {
            watcher.end(expired.clone());
        }
    }

    /// Ends every watch as if its time were over, and refuses new readers.
    pub(super) fn close(&mut self) {
        self.retired = true;
        self.watchers.clear();
    }

    /// The load at a revision holds what happened before it, whenever that is told.
    fn knows(&self, revision: u64) -> bool {
        self.loading.is_none() && revision <= self.history.start()
    }

    fn changed(&mut self, change: Change) {
        self.applied = change.revision;
        if self.loading.is_some() {
            return;
        }
        self.watchers.retain_mut(|watcher| watcher.tell(&change));
        self.history.push(change);
    }
}
