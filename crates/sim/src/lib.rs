//! The whole cluster in one thread under a virtual clock, from a seed.
//!
//! [`run`] starts a store, API servers, controllers, scheduler and nodes, each on a machine of its own of a
//! [`world::Simulation`], lets a user work while things go wrong as a [`plan::Plan`] says, checks every
//! revision, and wants the cluster at rest when the faults have ended.
#![warn(missing_docs)]

mod check;
mod cluster;
mod errors;
mod faults;
pub mod lab;
mod net;
pub mod plan;
mod power;
mod promise;
mod run;
mod scenario;
mod shrink;
pub mod stage;
mod tally;
mod trace;
pub mod world;

pub use power::{PowerCutFailure, PowerCuts, power_cuts};
pub use promise::Promise;
pub use run::{Failure, run, run_twice};
pub use shrink::shrunk;
pub use tally::{Most, Sometimes, Tally};
pub use trace::Detail;
