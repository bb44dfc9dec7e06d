//! The store in real etcd (v3): several machines, and several API servers over it.
//!
//! Requests go to one member at a time. One that fails or does not answer is left for the next; reads
//! are asked again there, writes only if that cannot apply them twice. Etcd's keys are the store's.

mod answers;
mod batches;
mod body;
mod compactor;
mod connect;
mod failure;
pub(crate) mod frame;
mod keys;
mod lease;
mod maintenance;
mod members;
pub(crate) mod messages;
mod options;
mod progress;
mod read;
mod transaction;
mod watch;
mod write;

use std::sync::Arc;

use tokio::sync::watch::Sender;
use world::{BoxFuture, Task, World};

use crate::{
    Range, RangeAnswer, Revision, Store, StoreError, Transaction, TransactionAnswer, WatchStream,
};
use keys::Keys;
use lease::LeaseBook;
pub use maintenance::{EtcdAdmin, EtcdStatus};
use members::Members;
use messages::{Header, TxnResponse};
pub use options::{EtcdOptions, Login};
use progress::Progress;
use watch::Follower;

/// A store in an etcd cluster. Dropping it ends its watches with [`StoreError::Closed`].
pub struct Etcd {
    shared: Arc<Shared>,
    closed: Sender<bool>,
    compactor: Box<dyn Task>,
}

/// What the handle, its watches and its tasks share.
struct Shared {
    members: Members,
    keys: Keys,
    leases: LeaseBook,
    progress: Progress,
}

impl Etcd {
    /// A store that is connected when it is first asked.
    ///
    /// # Errors
    /// An endpoint, certificate or key cannot be used.
    pub fn new(world: &World, options: &EtcdOptions) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            members: Members::new(world, options)?,
            keys: Keys::new(options.prefix.as_deref()),
            leases: LeaseBook::default(),
            progress: Progress::default(),
        });
        let compacting = Box::pin(compactor::run(Arc::downgrade(&shared)));
        let compactor = world.tasks.spawn("etcd compaction", compacting);
        Ok(Self { shared, closed: Sender::new(false), compactor })
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        self.compactor.abort();
        self.closed.send_replace(true);
    }
}

impl Store for Etcd {
    fn revision(&self) -> BoxFuture<Result<Revision, StoreError>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let newest = shared.newest().await?;
            shared.ask_for_progress(newest);
            Ok(newest)
        })
    }

    fn range(&self, range: Range) -> BoxFuture<Result<RangeAnswer, StoreError>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.range(range).await })
    }

    fn transact(
        &self,
        transaction: Transaction,
    ) -> BoxFuture<Result<TransactionAnswer, StoreError>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.transact(transaction).await })
    }

    fn watch(&self, prefix: Vec<u8>, from: Revision) -> BoxFuture<Result<WatchStream, StoreError>> {
        let (shared, closed) = (Arc::clone(&self.shared), self.closed.subscribe());
        Box::pin(async move {
            let start = shared.watchable(from).await?;
            let Some((follower, stream)) = Follower::new(&shared, prefix, from, start) else {
                let reason = "its buffer could not be made".to_owned();
                return Err(StoreError::Unavailable { action: "watch", reason });
            };
            let following = Box::pin(follower.run(closed));
            shared.members.world.tasks.spawn("etcd watch", following);
            Ok(stream)
        })
    }

    fn compact(&self, revision: Revision) -> BoxFuture<Result<(), StoreError>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.compact(revision).await })
    }
}

/// The number of a revision in etcd's messages.
fn number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

fn revision_of(number: i64) -> Revision {
    Revision(u64::try_from(number).unwrap_or_default())
}

fn revision(header: Option<Header>) -> Revision {
    revision_of(header.unwrap_or_default().revision)
}

fn answered_revision(answer: &TxnResponse) -> Revision {
    revision(answer.header)
}
