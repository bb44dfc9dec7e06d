//! The whole cluster in one thread under a virtual clock, from a seed.
//!
//! [`run`] starts API server, controllers, scheduler and nodes in a [`world::Simulation`], lets a user
//! work with Deployments while things go wrong, checks every revision, and wants the cluster at rest
//! when the faults have ended.
#![warn(missing_docs)]

mod check;
mod cluster;
mod errors;
mod faults;
mod gateway;
pub mod lab;
pub mod plan;
mod run;
mod scenario;
pub mod stage;
mod trace;
pub mod world;

pub use run::{Failure, Report, run};
pub use trace::Detail;
