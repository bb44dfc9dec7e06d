//! The way from what a server sends into one cache, and on to those who listen.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use api::views::Object;
use meta::{
    mutants::mutant,
    object::{ObjectKey, ResourceVersion, Uid},
    resource::Resource,
};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, watch};
use tracing::{error, warn};

use crate::{Cache, Change};

/// Called, in order, with every change of a kind.
pub type Listener<K> = Box<dyn Fn(&Change<K>) + Send + Sync>;

/// What a reflector does with what it receives, whatever the view's type. Objects that cannot be
/// decoded are skipped with a log line: one odd object may not hide the others.
pub(crate) trait Feed: Send + Sync {
    /// What is inserted and removed from here on belongs to a list that is not complete yet.
    fn begin(&self);
    /// Takes in an added or changed object; answers whose it is.
    fn insert(&self, object: &[u8]) -> Option<ObjectKey>;
    /// Takes an object out; answers whose it was.
    fn remove(&self, object: &[u8]) -> Option<ObjectKey>;
    /// The list is complete, as of `version`: it replaces the cache.
    fn finish(&self, version: ResourceVersion);
    /// Notes a bookmark.
    fn advance(&self, version: ResourceVersion);
    /// Whether that very object is not in the cache, or is being deleted.
    fn is_going(&self, key: &ObjectKey, uid: &Uid) -> bool;
    /// How others learn how far the cache is.
    fn signal(&self) -> &Signal;
}

/// How far a cache has followed the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Progress {
    /// Everything up to this revision is in the cache.
    pub(crate) version: ResourceVersion,
    /// The first list is in.
    pub(crate) synced: bool,
}

/// Tells of a cache's progress.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    progress: watch::Sender<Progress>,
    wakers: RwLock<Vec<Arc<Notify>>>,
    /// Asks the reflector for a new list because the cache may be behind without knowing it.
    pub(crate) freshen: Notify,
    /// What the cache is to reach, even if nothing happens that would tell it how far the server is.
    floor: watch::Sender<ResourceVersion>,
}

impl Signal {
    /// How far the cache is, now and from now on.
    pub(crate) fn follow(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }
    /// How far the cache is.
    pub(crate) fn progress(&self) -> Progress {
        *self.progress.borrow()
    }
    /// Wants the cache to reach `floor`.
    pub(crate) fn want(&self, floor: ResourceVersion) {
        self.floor.send_if_modified(|known| {
            let is_news = *known < floor;
            *known = floor.max(*known);
            is_news
        });
    }
    /// What the cache is to reach, now and from now on.
    pub(crate) fn floor(&self) -> watch::Receiver<ResourceVersion> {
        self.floor.subscribe()
    }
    /// Wakes `waker` after each change from now on.
    pub(crate) fn wake(&self, waker: Arc<Notify>) {
        self.wakers.write().push(waker);
    }
    fn changed(&self, progress: Progress) {
        self.progress.send_replace(progress);
        self.wakers.read().iter().for_each(|waker| waker.notify_one());
    }
}

/// A cache of one view type with its listeners.
pub(crate) struct Typed<K: 'static> {
    resource: Resource,
    pub(crate) cache: Arc<Cache<K>>,
    pub(crate) listeners: Mutex<Vec<Listener<K>>>,
    /// The list being received, if one is.
    staged: Mutex<Option<BTreeMap<ObjectKey, K>>>,
    signal: Signal,
}

impl<K: Object> Typed<K> {
    pub(crate) fn new(resource: Resource) -> Self {
        Self {
            resource,
            cache: Arc::default(),
            listeners: Mutex::new(Vec::new()),
            staged: Mutex::new(None),
            signal: Signal::default(),
        }
    }
    /// Tells the listeners that all objects are gone.
    pub(crate) fn clear(&self) {
        let version = self.cache.version();
        self.cache.replace(Vec::new(), version).iter().for_each(|change| self.tell(change));
    }

    /// Replaces what there was, tells the listeners what changed, and then how far the cache is.
    pub(crate) fn fill(&self, objects: Vec<K>, version: ResourceVersion) {
        for change in &self.cache.replace(objects, version) {
            self.tell(change);
        }
        self.report();
    }

    /// A new object under an old name is told as the end of the one and the start of the other.
    fn tell(&self, change: &Change<K>) {
        if let Change { old: Some(old), new: Some(new) } = change
            && old.metadata().uid != new.metadata().uid
            && !mutant("hb_39")
        {
            self.tell_all(&Change { old: Some(Arc::clone(old)), new: None });
            return self.tell_all(&Change { old: None, new: Some(Arc::clone(new)) });
        }
        self.tell_all(change);
    }
    fn tell_all(&self, change: &Change<K>) {
        for listener in self.listeners.lock().iter() {
            contained(&self.resource, change, listener);
        }
    }
    fn decode(&self, object: &[u8]) -> Option<K> {
        let decoded = serde_json::from_slice(object);
        if let Err(error) = &decoded {
            warn!(resource = %self.resource, %error, "skipped an object that cannot be decoded");
        }
        decoded.ok()
    }
    fn report(&self) {
        let (version, synced) = (self.cache.version(), self.cache.is_synced());
        self.signal.changed(Progress { version, synced });
    }
}

/// Calls a listener; a panic in it is its own affair and stops nobody else.
pub(crate) fn contained<K: Object>(
    resource: &Resource,
    change: &Change<K>,
    listener: &dyn Fn(&Change<K>),
) {
    if catch_unwind(AssertUnwindSafe(|| listener(change))).is_err() {
        let key = change.latest().map(|object| object.metadata().key());
        error!(%resource, ?key, "panicked at a change; it is skipped");
    }
}

impl<K: Object> Feed for Typed<K> {
    fn begin(&self) {
        *self.staged.lock() = Some(BTreeMap::new());
    }
    fn insert(&self, object: &[u8]) -> Option<ObjectKey> {
        let object = self.decode(object)?;
        let key = object.metadata().key();
        if let Some(staged) = self.staged.lock().as_mut() {
            staged.insert(key.clone(), object);
            return Some(key);
        }
        if let Some(change) = self.cache.insert(object) {
            self.tell(&change);
        }
        self.report();
        Some(key)
    }
    fn remove(&self, object: &[u8]) -> Option<ObjectKey> {
        let object = self.decode(object)?;
        let (key, version) = (object.metadata().key(), object.metadata().resource_version);
        if let Some(staged) = self.staged.lock().as_mut() {
            staged.remove(&key);
            return Some(key);
        }
        if let Some(change) = self.cache.remove(&key, version) {
            self.tell(&change);
        }
        self.report();
        Some(key)
    }
    fn finish(&self, version: ResourceVersion) {
        let staged = self.staged.lock().take().unwrap_or_default();
        self.fill(staged.into_values().collect(), version);
    }
    fn advance(&self, version: ResourceVersion) {
        self.cache.advance(version);
        self.report();
    }
    fn is_going(&self, key: &ObjectKey, uid: &Uid) -> bool {
        let Some(object) = self.cache.get(key) else { return !mutant("hb_16") };
        object.metadata().uid != *uid || object.metadata().is_deleting()
    }
    fn signal(&self) -> &Signal {
        &self.signal
    }
}

#[cfg(test)]
mod tests {
    use api::views::Namespace;
    use expect_test::{Expect, expect};
    use meta::resource::Scope;

    use super::*;

    const NAMESPACES: Resource = Resource::new("", "v1", "namespaces", "Namespace", Scope::Cluster);

    /// Feeds lines such as `list 3`, `+ name uid version`, `- name uid version`, `end 5`, and shows
    /// what a listener hears, and the cache at the end.
    fn check(script: &str, expected: Expect) {
        let feed = Typed::<Namespace>::new(NAMESPACES);
        let heard = Arc::new(Mutex::new(String::new()));
        let log = Arc::clone(&heard);
        feed.listeners.lock().push(Box::new(move |change| {
            let line =
                format!("{} → {}\n", show(change.old.as_deref()), show(change.new.as_deref()));
            log.lock().push_str(&line);
        }));
        for line in script.split(", ") {
            let words: Vec<&str> = line.split(' ').collect();
            let object = |at: usize| {
                format!(
                    r#"{{"metadata":{{"name":"{}","uid":"{}","resourceVersion":"{}"}}}}"#,
                    words[at],
                    words[at + 1],
                    words[at + 2]
                )
            };
            match words[0] {
                "list" => feed.begin(),
                "+" => drop(feed.insert(object(1).as_bytes())),
                "-" => drop(feed.remove(object(1).as_bytes())),
                "odd" => drop(feed.insert(br#"{"metadata":3}"#)),
                _ => feed.finish(ResourceVersion(words[1].parse().expect("a number"))),
            }
        }
        let progress = feed.signal().progress();
        let heard = heard.lock();
        expected.assert_eq(&format!("{heard}{} at {}", feed.cache.len(), progress.version));
    }
    fn show(object: Option<&Namespace>) -> String {
        let Some(object) = object else { return "·".to_owned() };
        format!("{}/{}", object.metadata.uid, object.metadata.resource_version)
    }

    #[test]
    fn a_list_is_compared_with_what_was_known() {
        check(
            "list, + a 1 1, + b 2 2, end 3, list, + b 2 4, end 5",
            expect![[r#"
                · → 1/1
                · → 2/2
                1/1 → ·
                2/2 → 2/4
                1 at 5"#]],
        );
    }
    #[test]
    fn objects_that_vanish_while_a_list_streams_are_not_told_of() {
        check("list, + a 1 1, - a 1 2, end 3", expect!["0 at 3"]);
    }
    #[test]
    fn a_new_object_under_an_old_name_is_an_end_and_a_start() {
        check(
            "list, + a 1 1, end 1, + a 2 5",
            expect![[r#"
                · → 1/1
                1/1 → ·
                · → 2/5
                1 at 5"#]],
        );
    }
    #[test]
    fn an_object_that_cannot_be_decoded_hides_no_other() {
        check(
            "list, odd, + a 1 1, end 3",
            expect![[r#"
                · → 1/1
                1 at 3"#]],
        );
    }
    #[test]
    fn an_event_of_the_past_is_not_told_twice() {
        check(
            "list, + a 1 4, end 4, + a 1 4",
            expect![[r#"
                · → 1/4
                1 at 4"#]],
        );
    }
}
