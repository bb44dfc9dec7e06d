//! The whole cluster in one thread under a virtual clock, from a seed.
#![warn(missing_docs)]

pub mod world;
