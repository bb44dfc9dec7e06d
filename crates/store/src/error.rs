//! What a store can fail with, and what the caller does then.

use crate::Revision;

/// A store operation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The caller lists again at the newest revision.
    #[error("revision {requested} is compacted; the oldest kept is {oldest}")]
    Compacted { requested: Revision, oldest: Revision },
    /// The caller waits or starts anew.
    #[error("revision {requested} is ahead of the store's {current}")]
    Future { requested: Revision, current: Revision },
    /// A watch's reader fell behind its buffer; it can resume from the last revision it saw.
    #[error("the reader of a watch was too slow and was ended")]
    Slow,
    /// The write may or may not be durable; the caller reads back.
    #[error("it is unknown whether the write happened: {reason}")]
    Unknown { reason: String },
    /// Nothing was changed.
    #[error("the store cannot {action}: {reason}")]
    Unavailable { action: &'static str, reason: String },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}
