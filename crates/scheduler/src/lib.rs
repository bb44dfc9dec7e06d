//! The scheduler: a queue of pods, a snapshot of nodes, and a cycle that runs plugins. Everything is
//! decided by pure functions; the runtime's driver feeds changes in and acts on what is decided. The
//! framework with its extension points is the only path, for built-in plugins too.
#![warn(missing_docs)]

mod cycle;
pub mod framework;
mod machine;
mod message;
pub mod plugins;
mod queue;
mod requests;
mod snapshot;

pub use machine::{Scheduler, Why};
pub use queue::QueuedPod;
pub use requests::Requests;
pub use snapshot::{NodeInfo, Snapshot};
