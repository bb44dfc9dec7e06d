//! The objects of one kind as last seen, with indices: what controllers read instead of the server.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::views::Object;
use meta::{
    mutants::mutant,
    object::{ObjectKey, ResourceVersion},
    text::Text,
};
use parking_lot::RwLock;

/// A named way to find objects by something other than their key.
#[derive(Debug)]
pub struct Index<K> {
    /// Unique among the indices of a kind.
    pub name: &'static str,
    /// The values under which an object is found.
    pub values: fn(&K) -> Vec<Text>,
}

/// What happened to one object between two states of a cache.
#[derive(Debug, Clone)]
pub struct Change<K> {
    /// Before; `None` when it appeared.
    pub old: Option<Arc<K>>,
    /// After; `None` when it is gone.
    pub new: Option<Arc<K>>,
}

impl<K: Object> Change<K> {
    /// The newest state there is: after, or before if the object is gone.
    pub fn latest(&self) -> Option<&Arc<K>> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

/// The objects of one kind. Reads are O(1) by key and O(matches) by index; objects are shared and
/// never change.
pub struct Cache<K: 'static> {
    state: RwLock<State<K>>,
}

/// The keys of objects under each value of an index.
type Found = BTreeMap<Text, BTreeSet<ObjectKey>>;

struct State<K: 'static> {
    objects: BTreeMap<ObjectKey, Arc<K>>,
    indices: Vec<(&'static Index<K>, Found)>,
    version: ResourceVersion,
    synced: bool,
}

impl<K: Object> Default for Cache<K> {
    fn default() -> Self {
        let state = State {
            objects: BTreeMap::new(),
            indices: Vec::new(),
            version: ResourceVersion::default(),
            synced: false,
        };
        Self { state: RwLock::new(state) }
    }
}

impl<K: Object> Cache<K> {
    /// The object under that key.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<K>> {
        self.state.read().objects.get(key).cloned()
    }
    /// All objects, in key order.
    pub fn list(&self) -> Vec<Arc<K>> {
        self.state.read().objects.values().cloned().collect()
    }
    /// The objects of a namespace, in key order.
    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<K>> {
        let first = ObjectKey::new(namespace, "");
        let state = self.state.read();
        let found = state.objects.range(first..);
        found
            .take_while(|(key, _)| key.namespace == *namespace)
            .map(|(_, o)| Arc::clone(o))
            .collect()
    }
    /// The objects that an index has under `value`, in key order. Empty if the index was not asked for
    /// with [`Informers::index`](crate::Informers::index).
    pub fn by_index(&self, index: &Index<K>, value: &str) -> Vec<Arc<K>> {
        let state = self.state.read();
        let Some((_, keys)) = state.indices.iter().find(|(known, _)| known.name == index.name)
        else {
            return Vec::new();
        };
        let keys = keys.get(value).into_iter().flatten();
        keys.filter_map(|key| state.objects.get(key).cloned()).collect()
    }
    /// Whether an index has anything under `value`.
    pub fn has(&self, index: &Index<K>, value: &str) -> bool {
        let state = self.state.read();
        let found = state.indices.iter().find(|(known, _)| known.name == index.name);
        found.is_some_and(|(_, keys)| keys.contains_key(value))
    }
    /// The revision up to which the cache has followed the server.
    pub fn version(&self) -> ResourceVersion {
        self.state.read().version
    }
    /// Whether the first list is in.
    pub fn is_synced(&self) -> bool {
        self.state.read().synced
    }
    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.state.read().objects.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an index; objects already there are indexed.
    pub fn add_index(&self, index: &'static Index<K>) {
        let mut state = self.state.write();
        if state.indices.iter().any(|(known, _)| known.name == index.name) {
            return;
        }
        let mut keys = Found::new();
        for (key, object) in &state.objects {
            for value in (index.values)(object) {
                keys.entry(value).or_default().insert(key.clone());
            }
        }
        state.indices.push((index, keys));
    }
    /// Takes an object in; answers what changed, or `None` if the cache had that version already.
    pub fn insert(&self, object: K) -> Option<Change<K>> {
        let mut state = self.state.write();
        state.version = state.version.max(object.metadata().resource_version);
        state.insert(object)
    }
    /// Takes an object out; `version` is that of the deletion.
    pub fn remove(&self, key: &ObjectKey, version: ResourceVersion) -> Option<Change<K>> {
        let mut state = self.state.write();
        state.version = state.version.max(version);
        state.remove(key)
    }
    /// Replaces everything by a list taken at `version`; answers the differences: what is gone first.
    /// Readers see the old state or the new one, nothing between.
    pub fn replace(&self, objects: Vec<K>, version: ResourceVersion) -> Vec<Change<K>> {
        let present: BTreeSet<ObjectKey> = objects.iter().map(|o| o.metadata().key()).collect();
        let mut state = self.state.write();
        let known: Vec<ObjectKey> = state.objects.keys().cloned().collect();
        let gone = known.iter().filter(|key| !present.contains(*key) && !mutant("hb_07"));
        let mut changes: Vec<_> = gone.filter_map(|key| state.remove(key)).collect();
        changes.extend(objects.into_iter().filter_map(|object| state.insert(object)));
        state.version = version;
        state.synced = true;
        changes
    }
    /// Notes that the server has nothing newer up to `version` (a bookmark).
    pub fn advance(&self, version: ResourceVersion) {
        let mut state = self.state.write();
        state.version = state.version.max(version);
    }
}

impl<K: Object> State<K> {
    fn insert(&mut self, object: K) -> Option<Change<K>> {
        let (key, version) = (object.metadata().key(), object.metadata().resource_version);
        let object = Arc::new(object);
        let old = self.objects.insert(key.clone(), Arc::clone(&object));
        self.reindex(&key, old.as_deref(), Some(&object));
        if old.as_ref().is_some_and(|old| old.metadata().resource_version == version) {
            return None;
        }
        Some(Change { old, new: Some(object) })
    }
    fn remove(&mut self, key: &ObjectKey) -> Option<Change<K>> {
        let old = self.objects.remove(key)?;
        self.reindex(key, Some(&old), None);
        Some(Change { old: Some(old), new: None })
    }
    fn reindex(&mut self, key: &ObjectKey, old: Option<&K>, new: Option<&K>) {
        for (index, keys) in &mut self.indices {
            for value in old.map(index.values).into_iter().flatten() {
                remove_from(keys, &value, key);
            }
            for value in new.map(index.values).into_iter().flatten() {
                keys.entry(value).or_default().insert(key.clone());
            }
        }
    }
}

/// A value under which nothing is found any more leaves the index.
fn remove_from(keys: &mut Found, value: &Text, key: &ObjectKey) {
    let Some(found) = keys.get_mut(value) else { return };
    found.remove(key);
    if found.is_empty() {
        keys.remove(value);
    }
}
