//! Versioned keys with etcd's semantics: one global revision, ranges at a revision,
//! compare-and-swap transactions, watches with previous values, compaction, time to live. Engines
//! sit behind one trait, [`Store`].

mod draft;
mod embedded;
mod engine;
mod error;
mod etcd;
mod expiry;
mod hub;
mod index;
mod lane;
mod local;
mod log;
mod memory;
mod replay;
mod serve;
mod state;
mod sweep;
pub mod transfer;
mod types;

pub use error::StoreError;
pub use etcd::{Etcd, EtcdAdmin, EtcdOptions, EtcdStatus, Login};
pub use local::Local;
pub use serve::EtcdServer;
pub use types::{
    Compare, Event, EventBatch, KeyValue, Operation, Range, RangeAnswer, Revision, Transaction,
    TransactionAnswer, WatchStream, prefix_end,
};

use world::BoxFuture;

/// A store. Acknowledged means durable: an engine on disk answers after its sync. Every method may be
/// called from many tasks at once.
pub trait Store: Send + Sync {
    /// The newest revision whose write was acknowledged. An empty store is at revision 1, as etcd is.
    /// Before it answers, every live watch that has not heard of this revision is sent an empty batch
    /// with it: who wants to read a cache that is fed by a watch asks here, then waits for the cache.
    fn revision(&self) -> BoxFuture<Result<Revision, StoreError>>;

    /// The keys of a range in order, at one revision.
    ///
    /// Errors: [`StoreError::Compacted`], [`StoreError::Future`] for a revision not there.
    fn range(&self, range: Range) -> BoxFuture<Result<RangeAnswer, StoreError>>;

    /// Applies all operations at one new revision if every comparison holds, else none and answers
    /// with the present state of the compared keys. Of several operations on one key the last counts;
    /// one that changes nothing makes no revision.
    ///
    /// Errors: [`StoreError::Unknown`] when the write may or may not have happened.
    fn transact(
        &self,
        transaction: Transaction,
    ) -> BoxFuture<Result<TransactionAnswer, StoreError>>;

    /// All changes of keys that start with `prefix` from revision `from` on (inclusive), in order, each
    /// once. Ends with an error when the reader is too slow or the store closes.
    ///
    /// Errors: [`StoreError::Compacted`] if `from` is no longer kept.
    fn watch(&self, prefix: Vec<u8>, from: Revision) -> BoxFuture<Result<WatchStream, StoreError>>;

    /// Forgets what was overwritten or deleted before `revision`, which stays readable. Watches may
    /// start after it.
    ///
    /// Errors: [`StoreError::Compacted`] if that was done before, [`StoreError::Future`].
    fn compact(&self, revision: Revision) -> BoxFuture<Result<(), StoreError>>;
}
