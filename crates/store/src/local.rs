//! The stores of this process: in memory or on its disk.

use std::{path::Path, sync::Arc};

use tokio::sync::oneshot::Receiver;
use world::{BoxFuture, Task, World};

use crate::{
    Range, RangeAnswer, Revision, Store, StoreError, Transaction, TransactionAnswer, WatchStream,
    embedded::EmbeddedLog, engine::Engine, log::LogError, memory::MemoryLog, sweep,
};

/// A store that lives in this process. Dropping it closes it: watches end with
/// [`StoreError::Closed`].
pub struct Local {
    engine: Arc<Engine>,
    sweeper: Box<dyn Task>,
}

impl Local {
    /// A store that forgets everything when it is dropped.
    pub fn memory(world: &World) -> Self {
        Self::start(Engine::new(world, Box::new(MemoryLog::default())))
    }

    /// The store in `folder`, which is created if missing and belongs to this process until the store
    /// is dropped. Blocks for some milliseconds, longer after a crash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if another process has the folder, or its content cannot be read.
    pub fn embedded(world: &World, folder: &Path) -> Result<Self, StoreError> {
        let unopened = |error: LogError| {
            let reason = error.to_string();
            StoreError::Unavailable { action: "open", reason }
        };
        let log = EmbeddedLog::open(&world.disk, folder).map_err(unopened)?;
        let engine = Engine::new(world, Box::new(log));
        engine.load().map_err(unopened)?;
        Ok(Self::start(engine))
    }

    fn start(engine: Engine) -> Self {
        let engine = Arc::new(engine);
        let sweep = sweep::sweep(Arc::downgrade(&engine));
        let sweeper = engine.world.tasks.spawn("store expiry", Box::pin(sweep));
        Self { engine, sweeper }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.sweeper.abort();
        self.engine.close();
    }
}

impl Store for Local {
    fn revision(&self) -> BoxFuture<Result<Revision, StoreError>> {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move { engine.revision() })
    }

    fn range(&self, range: Range) -> BoxFuture<Result<RangeAnswer, StoreError>> {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move { engine.range(&range) })
    }

    fn transact(
        &self,
        transaction: Transaction,
    ) -> BoxFuture<Result<TransactionAnswer, StoreError>> {
        let submitted = self.engine.submit(transaction);
        Box::pin(async move { answered(submitted?).await })
    }

    fn watch(&self, prefix: Vec<u8>, from: Revision) -> BoxFuture<Result<WatchStream, StoreError>> {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move { engine.watch(prefix, from) })
    }

    fn compact(&self, revision: Revision) -> BoxFuture<Result<(), StoreError>> {
        let submitted = self.engine.compact(revision);
        Box::pin(async move { answered(submitted?).await })
    }
}

async fn answered<T>(answer: Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    let lost = || StoreError::Unknown { reason: "the commit ended without an answer".to_owned() };
    answer.await.unwrap_or_else(|_| Err(lost()))
}
