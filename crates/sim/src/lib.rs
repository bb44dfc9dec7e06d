//! The whole cluster in one thread under a virtual clock, from a seed.

pub mod world;
