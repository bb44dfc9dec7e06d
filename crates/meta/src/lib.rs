//! The vocabulary every other crate speaks: names, keys, labels and selectors, quantities, owner
//! references, time. Nothing here waits, and nothing here knows a server.
#![warn(missing_docs)]

pub mod collections;
pub mod hash;
pub mod human;
pub mod int_or_string;
mod interner;
pub mod mutants;
pub mod names;
pub mod object;
pub mod quantity;
pub mod resource;
pub mod selector;
pub mod shared;
pub mod text;
pub mod time;
