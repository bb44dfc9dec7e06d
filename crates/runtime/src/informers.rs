//! One watch per kind for all who ask, and the handlers that turn changes into work.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::Arc,
    time::Duration,
};

use api::views::{Kind, Object, PartialObject};
use meta::resource::Resource;

use crate::{
    Cache, Change, Controller, Dynamic, Index,
    feed::{Feed, Listener, Typed, contained},
    trace::{Cause, Trace},
};

/// The caches of a process: asked for while components are set up, fed once they are started.
#[derive(Default)]
pub struct Informers {
    pub(crate) sources: BTreeMap<Resource, Source>,
    dynamic: Dynamic,
    /// What was asked for since the last [`Informers::take_asked`].
    asked: BTreeSet<Resource>,
    asked_dynamic: bool,
    settings: BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>,
    /// Told of what makes keys dirty.
    pub(crate) trace: Trace,
}

/// One resource that is to be watched: how its cache is fed, and who listens.
pub(crate) struct Source {
    /// `Arc<Typed<K>>` of the view's type.
    typed: Arc<dyn Any + Send + Sync>,
    /// The same, by what the reflector needs.
    pub(crate) feed: Arc<dyn Feed>,
    /// As the server knows it.
    pub(crate) resource: Resource,
    /// Only metadata is asked for.
    pub(crate) metadata_only: bool,
}

impl Informers {
    /// Makes a value known to the components set up after this: their configuration.
    pub fn provide<T: Send + Sync + 'static>(&mut self, setting: T) {
        self.settings.insert(TypeId::of::<T>(), Arc::new(setting));
    }
    /// Tells `trace` what happens in components set up after this.
    pub fn trace_to(&mut self, trace: Trace) {
        self.trace = trace;
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
    /// Metadata of a resource, where its full objects would be a waste.
    pub fn metadata(&mut self, resource: Resource) -> Arc<Cache<PartialObject>> {
        Arc::clone(&self.typed::<PartialObject>(resource, true).cache)
    }
    /// The resources that are known only at run time: one set for the process.
    pub fn dynamic(&mut self) -> Dynamic {
        self.asked_dynamic = true;
        self.dynamic.clone()
    }
    /// Calls `listener` with every change of a kind, in order, from the task that feeds the cache: it
    /// must be short and must not wait.
    pub fn listen<K: Kind>(&mut self, listener: Listener<K>) {
        self.typed::<K>(K::RESOURCE, false).listeners.lock().push(listener);
    }

    /// What feeds the caches asked for since the last call: those that one component reads.
    pub(crate) fn take_asked(&mut self) -> BTreeMap<Resource, Arc<dyn Feed>> {
        let asked = std::mem::take(&mut self.asked);
        let feeds = asked.into_iter().filter_map(|key| {
            let source = self.sources.get(&key)?;
            Some((key, Arc::clone(&source.feed)))
        });
        feeds.collect()
    }

    /// The dynamic set, if a component has asked for it since the last call.
    pub(crate) fn dynamic_if_asked(&mut self) -> Option<Dynamic> {
        std::mem::take(&mut self.asked_dynamic).then(|| self.dynamic.clone())
    }

    fn typed<K: Object>(&mut self, resource: Resource, metadata_only: bool) -> Arc<Typed<K>> {
        let key = if metadata_only { metadata_key(&resource) } else { resource.clone() };
        self.asked.insert(key.clone());
        let source = self.sources.entry(key).or_insert_with(|| {
            let typed = Arc::new(Typed::<K>::new(resource.clone()));
            let feed: Arc<dyn Feed> = Arc::<Typed<K>>::clone(&typed);
            Source { typed, feed, resource, metadata_only }
        });
        Arc::clone(&source.typed).downcast().expect("a resource has one view type")
    }
}

/// Metadata caches live beside full ones of the same resource.
pub(crate) fn metadata_key(resource: &Resource) -> Resource {
    Resource { kind: format!("{} metadata", resource.kind).into(), ..resource.clone() }
}

/// Collects the keys that a change makes dirty.
#[derive(Debug)]
pub struct Enqueue<Key> {
    pub(crate) keys: Vec<(Key, Duration)>,
}

impl<Key> Default for Enqueue<Key> {
    fn default() -> Self {
        Self { keys: Vec::new() }
    }
}

impl<Key> Enqueue<Key> {
    /// What was collected, each with its delay.
    pub fn keys(&self) -> &[(Key, Duration)] {
        &self.keys
    }
    /// Look at `key` soon.
    pub fn add(&mut self, key: Key) {
        self.keys.push((key, Duration::ZERO));
    }
    /// Look at `key` after `delay`.
    pub fn add_after(&mut self, key: Key, delay: Duration) {
        self.keys.push((key, delay));
    }

    /// Tells what has made the keys dirty, if somebody wants to know.
    fn tell<C, K>(&self, trace: &Trace, resource: &Resource, change: &Change<K>)
    where
        C: Controller<Key = Key>,
        K: Object,
        Key: Debug,
    {
        if !trace.is_followed() {
            return;
        }
        let Some(cause) = Cause::of(resource, change) else { return };
        for (key, _) in &self.keys {
            trace.caused(C::NAME, format!("{key:?}"), cause.clone());
        }
    }
    fn pass_to(self, sink: &Sink<Key>) {
        self.keys.into_iter().for_each(|(key, delay)| sink(key, delay));
    }
}

/// Turns a change of a kind into dirty keys.
pub type Handler<C, K> =
    fn(&<C as Controller>::View, &Change<K>, &mut Enqueue<<C as Controller>::Key>);

/// Turns a change of a resource known only at run time into dirty keys.
pub type DynamicHandler<C> = fn(
    &<C as Controller>::View,
    &Resource,
    &Change<PartialObject>,
    &mut Enqueue<<C as Controller>::Key>,
);

/// Registers a controller's handlers. They are called with every change, and after each start of the
/// controller's workers (a new term as leader) once more with all objects there are, as if these had
/// just appeared: keys made dirty before that are dropped.
pub struct Watches<'a, C: Controller> {
    pub(crate) informers: &'a mut Informers,
    pub(crate) view: Arc<C::View>,
    pub(crate) sink: Sink<C::Key>,
    pub(crate) replays: Vec<Replay>,
}

/// Takes dirty keys.
pub(crate) type Sink<Key> = Arc<dyn Fn(Key, Duration) + Send + Sync>;
/// Calls one handler with all objects there are.
pub(crate) type Replay = Box<dyn Fn() + Send + Sync>;

impl<C: Controller> Watches<'_, C> {
    /// Calls `handler` with every change of a kind.
    pub fn on<K: Kind>(&mut self, handler: Handler<C, K>) {
        let (view, sink) = (Arc::clone(&self.view), Arc::clone(&self.sink));
        let trace = self.informers.trace.clone();
        let handle = Arc::new(move |change: &Change<K>| {
            let mut enqueue = Enqueue { keys: Vec::new() };
            handler(&view, change, &mut enqueue);
            enqueue.tell::<C, K>(&trace, &K::RESOURCE, change);
            enqueue.pass_to(&sink);
        });
        let (cache, again) = (self.informers.cache::<K>(), Arc::clone(&handle));
        self.replays.push(Box::new(move || {
            for object in cache.list() {
                let appeared = Change { old: None, new: Some(object) };
                contained(&K::RESOURCE, &appeared, &|change| again(change));
            }
        }));
        self.informers.listen::<K>(Box::new(move |change| handle(change)));
    }
    /// Calls `handler` with every change of every resource that is wanted at run time.
    pub fn on_dynamic(&mut self, handler: DynamicHandler<C>) {
        let (view, sink) = (Arc::clone(&self.view), Arc::clone(&self.sink));
        let trace = self.informers.trace.clone();
        let handle = Arc::new(move |resource: &Resource, change: &Change<PartialObject>| {
            let mut enqueue = Enqueue { keys: Vec::new() };
            handler(&view, resource, change, &mut enqueue);
            enqueue.tell::<C, PartialObject>(&trace, resource, change);
            enqueue.pass_to(&sink);
        });
        let (dynamic, again) = (self.informers.dynamic(), Arc::clone(&handle));
        self.replays
            .push(Box::new(move || dynamic.replay(|resource, change| again(resource, change))));
        self.informers.dynamic().listen(Box::new(move |resource, change| handle(resource, change)));
    }
    /// Makes `key` dirty at each start of the workers: for work that no object stands for, such as a
    /// periodic discovery.
    pub fn at_start(&mut self, key: C::Key) {
        let sink = Arc::clone(&self.sink);
        self.replays.push(Box::new(move || sink(key.clone(), Duration::ZERO)));
    }
}
