//! A world and a server for the engine's own tests: one thread, virtual time, no chance.

mod server;
mod world;

pub(crate) use server::{Fault, Server};
pub(crate) use world::TestWorld;
