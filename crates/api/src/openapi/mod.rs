//! `OpenAPI` documents made from the catalog: what clients read to explain, validate and patch.
//!
//! A document is a pure function of the catalog, so whoever serves it may keep its bytes, and may
//! derive its hash from the release and the path alone.

mod custom;
mod gnostic;
mod operation;
mod routes;
mod schemas;
mod v2;
mod v3;

pub use custom::{Among, published};
pub use gnostic::v2_protobuf;
pub use v2::v2;
pub use v3::{v3, v3_index, v3_paths};

#[cfg(test)]
mod tests;
