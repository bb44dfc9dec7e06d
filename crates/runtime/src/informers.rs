//! One watch per kind for all who ask, and the handlers that turn changes into work.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};

use api::views::{Kind, Object, PartialObject};
use meta::resource::Resource;
use parking_lot::Mutex;

use crate::{Cache, Change, Controller, Index};

/// The caches of a process: asked for while components are set up, fed once they are started.
#[derive(Default)]
pub struct Informers {
    pub(crate) sources: BTreeMap<Resource, Source>,
    settings: BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

/// One resource that is to be watched: how its cache is fed, and who listens.
pub(crate) struct Source {
    /// `Arc<Typed<K>>` of the view's type.
    pub(crate) typed: Arc<dyn Any + Send + Sync>,
    /// The same, by what the reflector needs.
    pub(crate) feed: Arc<dyn Feed>,
    /// Only metadata is asked for.
    pub(crate) metadata_only: bool,
}

/// What a reflector does with what it receives, whatever the view's type.
pub(crate) trait Feed: Send + Sync {
    /// Decodes and takes in a whole list.
    fn replace(
        &self,
        objects: &[&[u8]],
        version: meta::object::ResourceVersion,
    ) -> Result<(), serde_json::Error>;
    /// Decodes and takes in an added or changed object.
    fn insert(&self, object: &[u8]) -> Result<(), serde_json::Error>;
    /// Takes an object out.
    fn remove(&self, object: &[u8]) -> Result<(), serde_json::Error>;
    /// Notes a bookmark.
    fn advance(&self, version: meta::object::ResourceVersion);
    /// The revision followed so far, and whether the first list is in.
    fn progress(&self) -> (meta::object::ResourceVersion, bool);
}

/// Called, in order, with every change of a kind.
pub type Listener<K> = Box<dyn Fn(&Change<K>) + Send + Sync>;

pub(crate) struct Typed<K: 'static> {
    pub(crate) cache: Arc<Cache<K>>,
    pub(crate) listeners: Mutex<Vec<Listener<K>>>,
}

impl<K: Object> Typed<K> {
    fn tell(&self, change: &Change<K>) {
        self.listeners.lock().iter().for_each(|listener| listener(change));
    }
}

impl<K: Object> Feed for Typed<K> {
    fn replace(
        &self,
        objects: &[&[u8]],
        version: meta::object::ResourceVersion,
    ) -> Result<(), serde_json::Error> {
        let decoded =
            objects.iter().map(|o| serde_json::from_slice(o)).collect::<Result<Vec<K>, _>>()?;
        self.cache.replace(decoded, version).iter().for_each(|change| self.tell(change));
        Ok(())
    }
    fn insert(&self, object: &[u8]) -> Result<(), serde_json::Error> {
        if let Some(change) = self.cache.insert(serde_json::from_slice(object)?) {
            self.tell(&change);
        }
        Ok(())
    }
    fn remove(&self, object: &[u8]) -> Result<(), serde_json::Error> {
        let object: K = serde_json::from_slice(object)?;
        let metadata = object.metadata();
        if let Some(change) = self.cache.remove(&metadata.key(), metadata.resource_version) {
            self.tell(&change);
        }
        Ok(())
    }
    fn advance(&self, version: meta::object::ResourceVersion) {
        self.cache.advance(version);
    }
    fn progress(&self) -> (meta::object::ResourceVersion, bool) {
        (self.cache.version(), self.cache.is_synced())
    }
}

impl Informers {
    /// Makes a value known to the components set up after this: their configuration.
    pub fn provide<T: Send + Sync + 'static>(&mut self, setting: T) {
        self.settings.insert(TypeId::of::<T>(), Arc::new(setting));
    }
    /// A value that was [provided](Self::provide).
    pub fn setting<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(self.settings.get(&TypeId::of::<T>())?).downcast().ok()
    }
    /// The cache of a kind.
    pub fn cache<K: Kind>(&mut self) -> Arc<Cache<K>> {
        Arc::clone(&self.typed::<K>(K::RESOURCE, false).cache)
    }
    /// The cache of a kind, with an index.
    pub fn index<K: Kind>(&mut self, index: &'static Index<K>) -> Arc<Cache<K>> {
        let cache = self.cache::<K>();
        cache.add_index(index);
        cache
    }
    /// Metadata of a resource that is known only at run time.
    pub fn metadata(&mut self, resource: Resource) -> Arc<Cache<PartialObject>> {
        Arc::clone(&self.typed::<PartialObject>(resource, true).cache)
    }
    /// Calls `listener` with every change of a kind, in order, from the task that feeds the cache: it
    /// must be short and must not wait.
    pub fn listen<K: Kind>(&mut self, listener: Listener<K>) {
        self.typed::<K>(K::RESOURCE, false).listeners.lock().push(listener);
    }

    fn typed<K: Object>(&mut self, resource: Resource, metadata_only: bool) -> Arc<Typed<K>> {
        let key = if metadata_only { metadata_key(&resource) } else { resource };
        let source = self.sources.entry(key).or_insert_with(|| {
            let typed =
                Arc::new(Typed::<K> { cache: Arc::default(), listeners: Mutex::new(Vec::new()) });
            let feed: Arc<dyn Feed> = Arc::<Typed<K>>::clone(&typed);
            Source { typed, feed, metadata_only }
        });
        Arc::clone(&source.typed).downcast().expect("a resource has one view type")
    }
}

/// Metadata caches live beside full ones of the same resource.
fn metadata_key(resource: &Resource) -> Resource {
    Resource { kind: format!("{} metadata", resource.kind).into(), ..resource.clone() }
}

/// Collects the keys that a change makes dirty.
#[derive(Debug)]
pub struct Enqueue<Key> {
    pub(crate) keys: Vec<(Key, Duration)>,
}

impl<Key> Enqueue<Key> {
    /// Look at `key` soon.
    pub fn add(&mut self, key: Key) {
        self.keys.push((key, Duration::ZERO));
    }
    /// Look at `key` after `delay`.
    pub fn add_after(&mut self, key: Key, delay: Duration) {
        self.keys.push((key, delay));
    }
}

/// Turns a change of a kind into dirty keys.
pub type Handler<C, K> =
    fn(&<C as Controller>::View, &Change<K>, &mut Enqueue<<C as Controller>::Key>);

/// Registers a controller's handlers.
pub struct Watches<'a, C: Controller> {
    pub(crate) informers: &'a mut Informers,
    pub(crate) view: Arc<C::View>,
    pub(crate) sink: Arc<dyn Fn(C::Key, Duration) + Send + Sync>,
    pub(crate) controller: PhantomData<C>,
}

impl<C: Controller> Watches<'_, C> {
    /// Calls `handler` with every change of a kind.
    pub fn on<K: Kind>(&mut self, handler: Handler<C, K>) {
        let (view, sink) = (Arc::clone(&self.view), Arc::clone(&self.sink));
        self.informers.listen::<K>(Box::new(move |change| {
            let mut enqueue = Enqueue { keys: Vec::new() };
            handler(&view, change, &mut enqueue);
            enqueue.keys.into_iter().for_each(|(key, delay)| sink(key, delay));
        }));
    }
}
