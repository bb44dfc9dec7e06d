//! The store as one API server sees it: what it asks takes time, what happens may reach it late, and
//! what it is told may be wrong.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use store::{
    EventBatch, Range, RangeAnswer, Revision, Store, StoreError, Transaction, TransactionAnswer,
    WatchStream,
};
use tokio::sync::{mpsc, watch};
use world::{BoxFuture, World};

/// Batches that may be under way to the server besides those that lag.
const BATCHES_MAX: usize = 1024;

/// What goes wrong between a server and the store. Clones share it.
#[derive(Clone)]
pub(super) struct Link(Arc<watch::Sender<State>>);

#[derive(Clone, Copy, Default)]
struct State {
    /// Revisions that watches stay behind.
    lag: u64,
    /// How long a request is under way at most.
    distance: Duration,
    /// Counts the times that watches ended because the store had forgotten what they were to tell.
    forgotten: u64,
    /// Counts the times that watches told again what they had told.
    repeated: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }
}

impl Link {
    pub(super) fn lag(&self, revisions: u64) {
        self.0.send_modify(|state| state.lag = revisions);
    }
    pub(super) fn stretch(&self, distance: Duration) {
        self.0.send_modify(|state| state.distance = distance);
    }
    pub(super) fn forget(&self) {
        self.0.send_modify(|state| state.forgotten += 1);
    }
    pub(super) fn repeat(&self) {
        self.0.send_modify(|state| state.repeated += 1);
    }

    async fn travel(&self, world: &World) {
        let distance = self.0.borrow().distance;
        let microseconds = u64::try_from(distance.as_micros()).unwrap_or(0);
        if microseconds > 0 {
            let delay = Duration::from_micros(world.dice.below(microseconds));
            world.clock.sleep(delay).await;
        }
    }
}

/// Passes everything on over a link.
#[derive(Clone)]
pub(super) struct Replica {
    pub(super) inner: Arc<dyn Store>,
    pub(super) world: World,
    pub(super) link: Link,
}

impl Replica {
    /// Asks, with the way there and back.
    fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> BoxFuture<T> + Send + 'static,
    ) -> BoxFuture<T> {
        let replica = self.clone();
        Box::pin(async move {
            replica.link.travel(&replica.world).await;
            let answer = ask(&*replica.inner).await;
            replica.link.travel(&replica.world).await;
            answer
        })
    }
}

impl Store for Replica {
    fn revision(&self) -> BoxFuture<Result<Revision, StoreError>> {
        self.ask(|store| store.revision())
    }
    fn range(&self, range: Range) -> BoxFuture<Result<RangeAnswer, StoreError>> {
        self.ask(|store| store.range(range))
    }
    fn transact(
        &self,
        transaction: Transaction,
    ) -> BoxFuture<Result<TransactionAnswer, StoreError>> {
        self.ask(|store| store.transact(transaction))
    }
    fn watch(&self, prefix: Vec<u8>, from: Revision) -> BoxFuture<Result<WatchStream, StoreError>> {
        let (watch, replica) = (self.inner.watch(prefix, from), self.clone());
        Box::pin(async move {
            let batches = watch.await?;
            let (sender, stream) = mpsc::channel(BATCHES_MAX);
            let tasks = Arc::clone(&replica.world.tasks);
            drop(tasks.spawn("link", Box::pin(pass_on(batches, sender, replica.link))));
            Ok(stream)
        })
    }
    fn compact(&self, revision: Revision) -> BoxFuture<Result<(), StoreError>> {
        self.ask(move |store| store.compact(revision))
    }
}

type Batches = mpsc::Sender<Result<EventBatch, StoreError>>;

async fn pass_on(mut batches: WatchStream, sender: Batches, link: Link) {
    let mut changes = link.0.subscribe();
    let first = *changes.borrow_and_update();
    let (mut repeated, mut newest) = (first.repeated, Revision(0));
    let (mut waiting, mut told) = (VecDeque::new(), Vec::new());
    loop {
        let state = *changes.borrow_and_update();
        if state.forgotten > first.forgotten {
            let oldest = newest;
            // The server hears of it, or is gone.
            let _ = sender.send(Err(StoreError::Compacted { requested: oldest, oldest })).await;
            return;
        }
        if state.repeated > repeated {
            repeated = state.repeated;
            waiting.extend(told.iter().cloned());
        }
        let flows = |batch: &EventBatch| batch.revision.0.saturating_add(state.lag) <= newest.0;
        while waiting.front().is_some_and(flows) {
            let Some(batch) = waiting.pop_front() else { break };
            told.push(batch.clone());
            if sender.send(Ok(batch)).await.is_err() {
                return;
            }
        }
        tokio::select! {
            biased;
            () = sender.closed() => return,
            batch = batches.recv() => match batch {
                Some(Ok(batch)) => {
                    newest = newest.max(batch.revision);
                    waiting.push_back(batch);
                }
                Some(Err(error)) => {
                    let _ = sender.send(Err(error)).await;
                    return;
                }
                None => return,
            },
            _ = changes.changed() => {}
        }
    }
}
