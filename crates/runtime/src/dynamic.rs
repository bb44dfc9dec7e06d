//! Metadata of resources that are known only while the program runs: what the garbage collector
//! and quota watch.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::views::PartialObject;
use meta::{object::ResourceVersion, resource::Resource};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use crate::{
    Cache, Change,
    feed::{Feed, Typed, contained},
};

/// Called with every change of every wanted resource; in order for each resource.
pub type DynamicListener = Box<dyn Fn(&Resource, &Change<PartialObject>) + Send + Sync>;

/// A growing and shrinking set of watched resources. Asking is only noting a wish, so pure code may
/// do it; the engine starts and stops the watches. Cheap to clone; all clones are one set.
///
/// ```
/// use meta::resource::{Resource, Scope};
/// let mut informers = runtime::Informers::default();
/// let dynamic = informers.dynamic();
/// let widgets = Resource::new("example.com", "v1", "widgets", "Widget", Scope::Namespaced);
/// dynamic.want(widgets.clone());
/// assert!(dynamic.wanted().contains(&widgets));
/// assert!(!dynamic.is_synced(&widgets)); // until the engine has listed them
/// ```
#[derive(Clone, Default)]
pub struct Dynamic {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    sources: Mutex<BTreeMap<Resource, Arc<Typed<PartialObject>>>>,
    listeners: RwLock<Vec<DynamicListener>>,
    changed: Notify,
}

impl Dynamic {
    /// Wishes that `resource` be watched; nothing happens if it is already.
    pub fn want(&self, resource: Resource) {
        let mut sources = self.shared.sources.lock();
        if sources.contains_key(&resource) {
            return;
        }
        let typed = Arc::new(Typed::new(resource.clone()));
        let (shared, told) = (Arc::downgrade(&self.shared), resource.clone());
        typed.listeners.lock().push(Box::new(move |change| {
            let Some(shared) = shared.upgrade() else { return };
            shared.listeners.read().iter().for_each(|listener| listener(&told, change));
        }));
        sources.insert(resource, typed);
        self.shared.changed.notify_one();
    }
    /// Wishes that `resource` be no longer watched (it is not served any more). Listeners are told
    /// that its objects are gone.
    pub fn forget(&self, resource: &Resource) {
        let Some(typed) = self.shared.sources.lock().remove(resource) else { return };
        typed.clear();
        self.shared.changed.notify_one();
    }
    /// The resources wished for.
    pub fn wanted(&self) -> BTreeSet<Resource> {
        self.shared.sources.lock().keys().cloned().collect()
    }
    /// The cache of a wanted resource; empty until it is synced.
    pub fn cache(&self, resource: &Resource) -> Option<Arc<Cache<PartialObject>>> {
        self.shared.sources.lock().get(resource).map(|typed| Arc::clone(&typed.cache))
    }
    /// The revision up to which all listeners were told of a wanted resource: what they made of it is
    /// complete so far, while its cache may be a moment ahead of them. Zero until it is synced.
    pub fn told_up_to(&self, resource: &Resource) -> ResourceVersion {
        let sources = self.shared.sources.lock();
        sources.get(resource).map(|it| it.signal().progress().version).unwrap_or_default()
    }
    /// Takes in all objects there are of a wanted resource as of `version`, and tells the listeners what
    /// changed: what the engine does with a list that a server sent.
    pub fn fill(&self, resource: &Resource, objects: Vec<PartialObject>, version: ResourceVersion) {
        let source = self.shared.sources.lock().get(resource).map(Arc::clone);
        if let Some(typed) = source {
            typed.fill(objects, version);
        }
    }
    /// Whether the first list of a wanted resource is in.
    pub fn is_synced(&self, resource: &Resource) -> bool {
        self.cache(resource).is_some_and(|cache| cache.is_synced())
    }
    /// Calls `listener` with every change from now on, from the tasks that feed the caches: it must
    /// be short and must not wait, and it may be called for two resources at once.
    pub fn listen(&self, listener: DynamicListener) {
        self.shared.listeners.write().push(listener);
    }

    /// Calls `visit` with every object there is, as if it had just appeared.
    pub(crate) fn replay(&self, visit: impl Fn(&Resource, &Change<PartialObject>)) {
        for (resource, typed) in self.sources() {
            for object in typed.cache.list() {
                let appeared = Change { old: None, new: Some(object) };
                contained(&resource, &appeared, &|change| visit(&resource, change));
            }
        }
    }
    /// The wanted resources with what feeds them.
    pub(crate) fn sources(&self) -> BTreeMap<Resource, Arc<Typed<PartialObject>>> {
        self.shared.sources.lock().clone()
    }
    /// What feeds the cache of a wanted resource.
    pub(crate) fn feed(&self, resource: &Resource) -> Option<Arc<dyn Feed>> {
        let typed = Arc::clone(self.shared.sources.lock().get(resource)?);
        Some(typed)
    }
    /// Ends when the set of wanted resources has changed since the last call.
    pub(crate) async fn changed(&self) {
        self.shared.changed.notified().await;
    }
}
