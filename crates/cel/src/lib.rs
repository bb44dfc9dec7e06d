//! The Common Expression Language with Kubernetes' libraries: typed, bounded in cost, and without waiting.
#![warn(missing_docs)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a function of the language takes some kinds of values and refuses all others, also those to come"
)]

mod ast;
mod check;
mod cost;
mod environment;
mod error;
mod evaluate;
mod issue;
mod library;
mod parse;
mod plan;
mod program;
mod schema;
mod types;
mod value;

pub use crate::{
    cost::Range,
    environment::Environment,
    error::EvaluationError,
    issue::{Issue, describe},
    library::authorizer::{Answer, Authorize, Inquiry},
    program::{Bindings, Outcome, Program},
    schema::{ListKind, ObjectType, REQUEST_BYTES_MAX, Root, Schema, escape},
    types::{OpaqueType, Type},
    value::{Key, List, Map, Moment, Object, Opaque, Text, Value},
};

#[cfg(test)]
mod tests;
