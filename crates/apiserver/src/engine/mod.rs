//! The generic engine: one operation in, one outcome out, for every kind alike.

mod address;
mod apply;
mod bearer;
mod binding;
mod body;
mod bootstrap;
mod collection;
pub(crate) mod convert;
mod create;
mod delete;
pub(crate) mod epoch;
mod eviction;
pub(crate) mod failure;
mod get;
mod list;
mod node_pods;
mod options;
mod owners;
mod ownership;
mod patch;
mod policy;
mod quota;
mod removal;
mod replace;
mod reviews;
mod rights;
mod scale;
mod storage;
mod token;
mod trust;
mod update;
mod versions;
mod virtual_kinds;
mod watch;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use api::{catalog::ResourceFacts, kinds::Context};
use meta::resource::Scope;
use store::{Store, StoreError};
use world::{BoxFuture, Monotonic, Task, World};

pub(crate) use bootstrap::server_operation;
pub(crate) use convert::stored_as;
pub use epoch::Epoch;
pub use options::{EngineMetrics, EngineOptions};
pub(crate) use replace::{Proposal, Replaced, Tracking};
pub(crate) use storage::Present;

use crate::{
    Operation, Outcome, Status, Verb,
    admission::Admission,
    authentication::{Proven, Unproven},
    authorization::Authorizer,
    cache::Caches,
    custom::{self, Registry, Served},
};

/// Everything between an understood request and the store. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// The engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store does not answer")]
    Store(#[from] StoreError),
    #[error("the objects every cluster has could not be created: {0}")]
    Bootstrap(Status),
}

pub(crate) struct Inner {
    pub(crate) world: World,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) options: EngineOptions,
    pub(crate) caches: Arc<Caches>,
    /// Which custom resources are served.
    pub(crate) custom: Registry,
    pub(crate) admission: Admission,
    pub(crate) authorizer: Arc<Authorizer>,
    /// Held while a service takes ports or addresses, so that no two take the same.
    pub(crate) allocation: tokio::sync::Mutex<()>,
    /// Held while quotas are charged. Taken before `allocation`.
    pub(crate) charging: tokio::sync::Mutex<()>,
    tasks: Vec<Box<dyn Task>>,
    /// Looks after definitions; it begins when all else is there.
    tending: OnceLock<Box<dyn Task>>,
}

impl Engine {
    /// Follows the store and makes sure that the objects every cluster has are there.
    ///
    /// # Errors
    /// The store does not answer or refuses.
    pub async fn start(
        world: World,
        store: Arc<dyn Store>,
        options: EngineOptions,
    ) -> Result<Self, StartError> {
        let revision = store.revision().await?;
        let (caches, tasks) =
            Caches::start(&world, &store, revision, options.metrics.cache_lag.clone());
        let custom = Registry::new(&caches);
        let [allocation, charging] = [(); 2].map(|()| tokio::sync::Mutex::default());
        let modes = options.authorization.clone();
        let authorizer = Arc::new(Authorizer::new(modes, &caches, options.witness.clone()));
        let admission =
            Admission::new(Arc::clone(&options.admission), &caches, &authorizer, &world.dice);
        let inner = Inner {
            world,
            store,
            options,
            caches,
            custom,
            admission,
            authorizer,
            allocation,
            charging,
            tasks,
            tending: OnceLock::new(),
        };
        inner.bootstrap().await.map_err(StartError::Bootstrap)?;
        inner.custom.catch_up().await.map_err(StartError::Bootstrap)?;
        let inner = Arc::new(inner);
        let tending = Box::pin(custom::run(Arc::downgrade(&inner)));
        inner.tending.get_or_init(|| inner.world.tasks.spawn("custom-resources", tending));
        trust::keep_published(&inner);
        Ok(Self { inner })
    }

    /// Decides who may do what, by the roles in the store.
    pub fn authorizer(&self) -> Arc<Authorizer> {
        Arc::clone(&self.inner.authorizer)
    }

    /// Which custom resources are served now.
    pub fn served(&self) -> Arc<Served> {
        self.inner.custom.served()
    }

    /// Waits until every definition is known that there is.
    pub fn catch_up(&self) -> BoxFuture<()> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            // What is known has to do where the store does not answer.
            let _ = inner.custom.catch_up().await;
        })
    }

    /// Carries one operation out. Dropping the answer before it is there may leave a write done.
    pub fn run(&self, operation: Operation) -> BoxFuture<Result<Outcome, Status>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.run(operation).await })
    }

    /// The version that a cache of the resource shows which is `age` behind; `None` if nothing has
    /// changed since, or nobody has read the resource yet.
    pub fn version_before(&self, facts: &ResourceFacts, age: Duration) -> Option<u64> {
        let caches = &self.inner.caches;
        let since = self.inner.world.clock.monotonic().0.saturating_sub(age);
        caches.existing(facts)?.version_at(Monotonic(since))
    }
    /// Whom a bearer token names, for those of the wanted audiences it is for; `None` wants the
    /// server's own.
    pub fn authenticate(
        &self,
        token: String,
        wanted: Option<Vec<String>>,
    ) -> BoxFuture<Result<Proven, Unproven>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.authenticate(&token, wanted.as_deref()).await })
    }
}

impl Inner {
    async fn run(&self, mut operation: Operation) -> Result<Outcome, Status> {
        if operation.resource.resource.scope == Scope::Cluster {
            operation.namespace.clear();
        }
        let verb =
            std::mem::replace(&mut operation.verb, Verb::Get { resource_version: String::new() });
        match verb {
            Verb::Get { resource_version } => self.get(&operation, &resource_version).await,
            Verb::List(query) => self.list(&operation, &query).await,
            Verb::Watch(query) => self.watch(&operation, &query).await,
            Verb::Create { content } => self.create(&operation, content).await,
            Verb::Update { content } => self.update(&operation, content).await,
            Verb::Patch { kind, patch } => self.patch(&operation, kind, patch).await,
            Verb::Apply { applied, on_conflict } => {
                self.apply(&operation, &applied, on_conflict).await
            }
            Verb::Delete { options } => self.delete(&operation, options).await,
            Verb::DeleteCollection { options, query } => {
                self.delete_collection(&operation, &options, &query).await
            }
        }
    }

    /// What the functions of a kind are told of an operation.
    pub(crate) fn context<'a>(&self, operation: &'a Operation) -> Context<'a> {
        Context {
            resource: &operation.resource,
            subresource: &operation.subresource,
            now: self.world.clock.wall(),
            dry_run: operation.dry_run,
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in self.tasks.iter().chain(self.tending.get()) {
            task.abort();
        }
    }
}

/// Whether objects of a resource are stored at all.
pub(crate) fn is_stored(facts: &ResourceFacts) -> bool {
    !facts.storage_prefix.is_empty()
}

/// The name of an object, empty if it has none.
pub(crate) fn name_of(object: &serde_json::Value) -> &str {
    body::text(object, "name")
}
