//! The way of an API server to the store.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use store::{
    EventBatch, Range, RangeAnswer, Revision, Store, StoreError, Transaction, TransactionAnswer,
    WatchStream,
};
use tokio::sync::{mpsc, oneshot};
use world::{BoxFuture, World};

use super::Wires;
use crate::{faults::Faults, plan::Component};

/// An API server gives a request to the store up after so long.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// Batches under way to one API server.
const BATCHES_WAITING_MAX: usize = 1024;

/// Where the store is found while it lives. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct StoreServer(Arc<Mutex<Option<Life>>>);

/// One life of the store, and where its tasks run.
type Life = (Arc<dyn Store>, World);

impl StoreServer {
    pub(crate) fn open(&self, store: Arc<dyn Store>, world: World) {
        *self.0.lock() = Some((store, world));
    }

    pub(crate) fn close(&self) {
        let closed = self.0.lock().take();
        // Outside the lock: its end may spawn and abort.
        drop(closed);
    }

    pub(crate) fn get(&self) -> Option<Life> {
        self.0.lock().clone()
    }
}

/// See the module. Belongs to one life of its API server.
#[derive(Clone)]
pub(crate) struct StoreLine {
    pub(crate) world: World,
    pub(crate) api: Component,
    pub(crate) server: StoreServer,
    pub(crate) wires: Wires,
    pub(crate) faults: Faults,
}

impl StoreLine {
    /// Lets the store do something in its own time; `unknown` is the error if no answer comes.
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(Arc<dyn Store>) -> BoxFuture<Result<T, StoreError>> + Send + 'static,
        unknown: StoreError,
    ) -> BoxFuture<Result<T, StoreError>> {
        let line = self.clone();
        Box::pin(async move {
            let answer = tokio::select! {
                biased;
                answer = line.exchange(work) => answer,
                () = line.world.clock.sleep(ANSWER_WAIT) => None,
            };
            match answer {
                // A store that ends has no time for a last word: the connection breaks.
                None | Some(Err(StoreError::Closed)) => Err(unknown),
                Some(answer) => answer,
            }
        })
    }

    /// `None` if the store ends before it answers.
    async fn exchange<T: Send + 'static>(
        &self,
        work: impl FnOnce(Arc<dyn Store>) -> BoxFuture<Result<T, StoreError>> + Send + 'static,
    ) -> Option<Result<T, StoreError>> {
        self.wires.pass(self.api, Component::Store).await;
        let Some((store, world)) = self.server.get() else { return Some(Err(absent())) };
        let (sender, answer) = oneshot::channel();
        let carry_out = async move {
            // The API server may be gone.
            let _ = sender.send(work(store).await);
        };
        world.tasks.spawn("store request", Box::pin(carry_out));
        let answer = answer.await.ok()?;
        self.wires.pass(Component::Store, self.api).await;
        Some(answer)
    }

    /// Passes the store's changes on, as far behind as the plan wants.
    async fn pass_on(&self, mut batches: WatchStream, sender: mpsc::Sender<Delivery>) {
        let mut waiting: VecDeque<Delivery> = VecDeque::new();
        let mut lag = self.faults.lag(self.api);
        loop {
            let behind = *lag.borrow_and_update();
            if !self.pass_on_due(&mut waiting, behind, &sender).await {
                return;
            }
            tokio::select! {
                biased;
                () = sender.closed() => return,
                batch = batches.recv() => match batch {
                    // A store that ends has no time for a last word: the connection breaks.
                    Some(Err(StoreError::Closed)) | None => return,
                    Some(batch) => waiting.push_back(batch),
                },
                // An error means that nothing will lag any more.
                changed = lag.changed() => if changed.is_err() { return; },
            }
        }
    }
}

impl StoreLine {
    /// Answers whether anybody still listens.
    async fn pass_on_due(
        &self,
        waiting: &mut VecDeque<Delivery>,
        behind: u64,
        sender: &mpsc::Sender<Delivery>,
    ) -> bool {
        while let Some(next) = take_due(waiting, behind) {
            self.wires.pass(Component::Store, self.api).await;
            if sender.send(next).await.is_err() {
                return false;
            }
        }
        true
    }
}

type Delivery = Result<EventBatch, StoreError>;

/// The next batch that is as far behind the newest as it is to be; errors come at once.
fn take_due(waiting: &mut VecDeque<Delivery>, behind: u64) -> Option<Delivery> {
    let newest = waiting.iter().rev().find_map(|batch| batch.as_ref().ok()).map(|it| it.revision.0);
    let next = match waiting.front()? {
        Ok(batch) => batch.revision.0,
        Err(_) => return waiting.pop_front(),
    };
    let due = newest.is_some_and(|newest| next + behind <= newest);
    if due { waiting.pop_front() } else { None }
}

fn absent() -> StoreError {
    StoreError::Unavailable { action: "answer", reason: "nobody listens".to_owned() }
}

fn unread() -> StoreError {
    StoreError::Unavailable { action: "read", reason: "no answer came".to_owned() }
}

impl Store for StoreLine {
    fn revision(&self) -> BoxFuture<Result<Revision, StoreError>> {
        self.call(|store| store.revision(), unread())
    }

    fn range(&self, range: Range) -> BoxFuture<Result<RangeAnswer, StoreError>> {
        self.call(move |store| store.range(range), unread())
    }

    fn transact(
        &self,
        transaction: Transaction,
    ) -> BoxFuture<Result<TransactionAnswer, StoreError>> {
        let unknown = StoreError::Unknown { reason: "no answer came".to_owned() };
        self.call(move |store| store.transact(transaction), unknown)
    }

    fn watch(&self, prefix: Vec<u8>, from: Revision) -> BoxFuture<Result<WatchStream, StoreError>> {
        let opening = self.call(move |store| store.watch(prefix, from), unread());
        let line = self.clone();
        Box::pin(async move {
            let batches = opening.await?;
            let (sender, stream) = mpsc::channel(BATCHES_WAITING_MAX);
            let tasks = Arc::clone(&line.world.tasks);
            let pass_on = async move { line.pass_on(batches, sender).await };
            tasks.spawn("changes on the line", Box::pin(pass_on));
            Ok(stream)
        })
    }

    fn compact(&self, revision: Revision) -> BoxFuture<Result<(), StoreError>> {
        self.call(move |store| store.compact(revision), unread())
    }
}
