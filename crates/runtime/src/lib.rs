//! client-go's foundations in Rust: caches and indices fed by reflectors, queues, the engine that runs
//! controllers (observe, plan, act), leases, events, metrics. Works in process and over HTTP alike.
//!
//! A [`Controller`] decides and never waits; a [`Manager`] feeds it, carries out its [`Plan`]s, and keeps
//! the promises that make that safe: no plan on caches that lack the own writes, none before the caches
//! are current, preconditions on every write, bounded retries, at most one leader. A view of a kind is any
//! struct that decodes from JSON. `examples/website.rs` is a whole controller; `docs/library.md` says what
//! this gives that `kube-runtime` does not, and how to move.
#![warn(missing_docs)]

mod cache;
mod controller;
mod discovery;
mod dynamic;
mod engine;
mod events;
mod explain;
mod feed;
mod informers;
mod lease;
mod limit;
mod machine;
mod measure;
mod metrics;
pub mod owners;
mod pace;
mod plan;
mod queue;
mod recent;
mod reflector;
#[cfg(test)]
mod testing;
pub mod trace;

// What steps and their outcomes are made of: controllers know no client.
pub use client::{ApiError, ClientError, DeleteOptions, PatchKind, Preconditions, Propagation};

pub use cache::{Cache, Change, Index};
pub use controller::{Answer, Answers, Controller, Observation, Read};
pub use discovery::{Discovery, Served};
pub use dynamic::{Dynamic, DynamicListener};
pub use engine::{Accounts, Actor, KeysKept, Manager, Running};
pub use explain::{Explanation, explain};
pub use feed::Listener;
pub use informers::{DynamicHandler, Enqueue, Handler, Informers, Watches};
pub use lease::LeaseSettings;
pub use machine::{Machine, Outcome, Seed, Stopwatch, Ticket, Turn};
pub use measure::{
    CODE, Counter, Gauge, Histogram, Measurement, Metric, MetricKind, When, exponential,
};
pub use metrics::Metrics;
pub use pace::Pace;
pub use plan::{Action, Event, EventType, Guard, Plan, Stage, Step, Target};
