//! The API server: authenticate, authorize, decode, admit, validate, store; lists and watches from
//! the watch cache. One engine serves every kind, because a kind is data.

mod engine;
mod object;
mod operation;
pub mod patch;
mod status;

pub use engine::{Engine, EngineOptions, StartError, TokenSigner};
pub use object::Object;
pub use operation::{
    Content, DeleteOptions, FieldValidation, ListQuery, Listed, ObjectEvent, Operation, Outcome,
    PatchType, User, Verb, VersionMatch, WatchQuery,
};
pub use status::{Cause, Reason, Status};
