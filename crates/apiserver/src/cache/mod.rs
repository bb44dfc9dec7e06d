//! The watch cache: the present objects of each resource that somebody lists or watches, with their
//! last changes. One follower feeds all resources; a resource costs nothing until it is first read.

mod follow;
mod history;
mod list;
mod select;
mod state;
mod tend;
mod watch;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api::catalog::ResourceFacts;
use meta::{mutants::mutant, object::ResourceVersion};
use parking_lot::{Mutex, RwLock};
use prometheus::Histogram;
use store::{Range, Revision, Store};
use tokio::sync::{Notify, OnceCell, watch::Sender};
use world::{Monotonic, Sleep, Task, World};

pub(crate) use list::{Page, PageRequest};
pub(crate) use select::Select;
pub(crate) use watch::{WatchRequest, WatchStart};

use crate::{Object, Status, engine::failure, object::Header};
use state::{State, from_key};

/// All watch caches of a server.
pub(crate) struct Caches {
    world: World,
    store: Arc<dyn Store>,
    by_prefix: RwLock<BTreeMap<String, Arc<Cache>>>,
    /// Every change up to this revision is in the caches.
    progress: Sender<u64>,
    watchers_changed: Notify,
    /// Seconds that reads waited for what the store had acknowledged.
    lag: Histogram,
}

/// The watch cache of one resource, in its storage version.
pub(crate) struct Cache {
    facts: Arc<ResourceFacts>,
    state: RwLock<State>,
    loaded: OnceCell<()>,
    expected: Mutex<BTreeMap<String, Expected>>,
}

/// What a writer is about to store: its header need not be parsed again when the change comes back.
struct Expected {
    stored: bytes::Bytes,
    header: Header,
}

/// How long a read waits for the cache to reach the version it asks for.
const FRESHNESS_WAIT: Duration = Duration::from_secs(3);

impl Caches {
    /// Begins to follow the store after `from`. The tasks run until they are aborted.
    pub(crate) fn start(
        world: &World,
        store: &Arc<dyn Store>,
        from: Revision,
        lag: Histogram,
    ) -> (Arc<Self>, Vec<Box<dyn Task>>) {
        let caches = Arc::new(Self {
            world: world.clone(),
            store: Arc::clone(store),
            by_prefix: RwLock::default(),
            progress: Sender::new(from.0),
            watchers_changed: Notify::new(),
            lag,
        });
        let follower = world.tasks.spawn("watch-cache", Box::pin(follow::run(Arc::clone(&caches))));
        let tender = world.tasks.spawn("watch-tender", Box::pin(tend::run(Arc::clone(&caches))));
        (caches, vec![follower, tender])
    }

    /// The cache of a resource, loaded.
    pub(crate) async fn of(&self, facts: &Arc<ResourceFacts>) -> Result<Arc<Cache>, Status> {
        let cache = self.registered(facts);
        cache.loaded.get_or_try_init(|| self.load(&cache)).await?;
        Ok(cache)
    }

    /// The cache of a resource if somebody has read it before.
    pub(crate) fn existing(&self, facts: &ResourceFacts) -> Option<Arc<Cache>> {
        self.by_prefix.read().get(&facts.storage_prefix).map(Arc::clone)
    }

    /// The revision up to which the caches are complete.
    pub(crate) fn progress(&self) -> u64 {
        *self.progress.borrow()
    }

    /// Waits until the caches are further than `revision`.
    pub(crate) async fn changed(&self, revision: u64) {
        let mut progress = self.progress.subscribe();
        // An error means that the caches are gone, which their owner hears elsewhere.
        let _ = progress.wait_for(|reached| *reached > revision).await;
    }

    /// Forgets what was read of a resource whose facts have changed: watches end, and readers begin
    /// anew.
    pub(crate) fn renew(&self, prefix: &str) {
        let retired = self.by_prefix.write().remove(prefix);
        if let Some(cache) = retired {
            cache.state.write().close();
        }
    }

    /// Ends after so long.
    pub(crate) fn patience(&self, longest: Duration) -> Sleep {
        self.world.clock.sleep(longest)
    }

    /// Waits until the caches hold everything the store had acknowledged when asked.
    pub(crate) async fn reach_newest(&self) -> Result<(), Status> {
        let newest = self.store.revision().await.map_err(|error| failure::of_store(&error))?;
        self.reach(newest.0).await
    }

    /// Waits a while until the caches hold everything up to `revision`.
    pub(crate) async fn reach(&self, revision: u64) -> Result<(), Status> {
        if self.progress() >= revision {
            return Ok(());
        }
        let began = self.world.clock.monotonic();
        let reached = self.wait_for(revision).await;
        self.lag.observe(self.world.clock.monotonic().since(began).as_secs_f64());
        reached
    }

    async fn wait_for(&self, revision: u64) -> Result<(), Status> {
        let mut progress = self.progress.subscribe();
        let patience = self.world.clock.sleep(FRESHNESS_WAIT);
        tokio::select! { biased;
            _ = progress.wait_for(|reached| *reached >= revision) => Ok(()),
            () = patience => Err(failure::too_large(revision, self.progress())),
        }
    }

    fn registered(&self, facts: &Arc<ResourceFacts>) -> Arc<Cache> {
        if let Some(cache) = self.existing(facts) {
            return cache;
        }
        let mut by_prefix = self.by_prefix.write();
        let cache = by_prefix.entry(facts.storage_prefix.clone()).or_insert_with(|| {
            Arc::new(Cache {
                facts: Arc::clone(crate::engine::stored_as(facts)),
                state: RwLock::default(),
                loaded: OnceCell::new(),
                expected: Mutex::default(),
            })
        });
        Arc::clone(cache)
    }

    /// The cache was registered before, so that no change after the read is missed.
    async fn load(&self, cache: &Cache) -> Result<(), Status> {
        let range = Range::prefix(cache.facts.storage_prefix.as_bytes());
        let answer = self.store.range(range).await.map_err(|error| failure::of_store(&error))?;
        let mut objects = Vec::with_capacity(answer.pairs.len());
        for pair in &answer.pairs {
            let key = cache.relative(&pair.key);
            match cache.read(&pair.value, pair.modified) {
                Ok(object) => objects.push((key.into(), Arc::new(object))),
                Err(error) if mutant("hb_10") => return Err(error),
                // One odd object hides no other.
                Err(error) => tracing::warn!(key, %error, "skipped a stored object"),
            }
        }
        cache.state.write().complete(objects, answer.revision.0);
        Ok(())
    }
}

impl Cache {
    /// Whether everything that was there before it began is in it.
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.initialized()
    }
    /// Of the resource, in its stored version.
    pub(crate) fn facts(&self) -> Arc<ResourceFacts> {
        Arc::clone(&self.facts)
    }
    /// Revision of the last change it has taken in.
    pub(crate) fn applied(&self) -> u64 {
        self.state.read().applied
    }

    /// One object by its place.
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let state = self.state.read();
        if namespace.is_empty() {
            return state.objects.get(name).map(Arc::clone);
        }
        state.objects.get(format!("{namespace}/{name}").as_str()).map(Arc::clone)
    }

    /// The version that was the newest at a moment; `None` if it still is.
    pub(crate) fn version_at(&self, moment: Monotonic) -> Option<u64> {
        self.state.read().history.revision_at(moment)
    }

    /// All objects of a namespace, or of all if it is empty.
    pub(crate) fn all(&self, namespace: &str) -> Vec<Arc<Object>> {
        let prefix = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let state = self.state.read();
        let from = from_key(&state.objects, &prefix);
        from.take_while(|(key, _)| key.starts_with(&prefix))
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }

    /// Lets the cache take over a header whose bytes are about to be stored.
    pub(crate) fn expect(&self, key: &[u8], stored: &bytes::Bytes, header: Header) {
        let expected = Expected { stored: stored.clone(), header };
        self.expected.lock().insert(self.relative(key).to_owned(), expected);
    }

    /// Takes [`Cache::expect`] back: nothing was stored.
    pub(crate) fn forget(&self, key: &[u8], stored: &bytes::Bytes) {
        let mut expected = self.expected.lock();
        let key = self.relative(key);
        if expected.get(key).is_some_and(|expected| expected.stored == *stored) {
            expected.remove(key);
        }
    }

    /// What the storage keys of the resource begin with.
    pub(crate) fn prefix(&self) -> &str {
        &self.facts.storage_prefix
    }

    fn relative<'k>(&self, key: &'k [u8]) -> &'k str {
        let key = std::str::from_utf8(key).unwrap_or_default();
        key.strip_prefix(self.facts.storage_prefix.as_str()).unwrap_or(key)
    }

    /// Reads a stored value of this resource.
    pub(crate) fn read(&self, stored: &[u8], modified: Revision) -> Result<Object, Status> {
        let version = ResourceVersion(modified.0);
        Object::from_stored(&self.facts, version, stored).map_err(|error| failure::internal(&error))
    }
}
