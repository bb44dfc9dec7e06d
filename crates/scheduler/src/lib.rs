//! The scheduler: a queue of pods, a snapshot of nodes, and a cycle that runs plugins. Everything is
//! decided by pure functions; the runtime's driver feeds changes in and acts on what is decided. The
//! framework with its extension points is the only path, for built-in plugins too.
//!
//! A scheduler with plugins of one's own: put them into a [`Registry`](framework::Registry), read a
//! [`Configuration`], make [`Settings`] of both, `provide` these to the informers of a manager, and add
//! [`Scheduler`] to it. `docs/writing-a-scheduler-plugin.md` shows each step.
#![warn(missing_docs)]

mod changes;
mod config;
mod cycle;
mod dice;
pub mod framework;
mod machine;
mod message;
mod metrics;
mod nominator;
mod plugins;
mod profiles;
mod queue;
mod rehearsal;
pub mod requests;
mod snapshot;

pub use config::{ClientConnection, Configuration, InvalidConfiguration, LeaderElection, Settings};
pub use machine::{Scheduler, Why};
pub use queue::QueuedPod;
pub use rehearsal::Rehearsal;
pub use requests::Requests;
pub use snapshot::{NodeInfo, Placed, Snapshot};
