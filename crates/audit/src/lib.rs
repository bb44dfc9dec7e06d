//! Audit events after they were written: followed along the log of an API server into an archive of
//! compressed files by day, and to a collector, each event at least once; and asked of in SQL.
//!
//! The log's own files are the only buffer: what is not shipped yet waits there, and what rotation takes
//! away before it was shipped is counted.

mod archive;
mod backoff;
mod batch;
mod files;
mod follow;
mod line;
mod position;
#[cfg(feature = "query")]
pub mod query;
mod read;
mod ship;

pub use batch::{Batch, Format};
pub use position::Lost;
pub use ship::{Mode, Options, Refusal, Report, ShipError, Shipper, Sink};
