//! The failures the engine itself answers with, in the reference's words.

use std::fmt::Display;

use api::{
    catalog::ResourceFacts,
    validation::{FieldError, invalid_message},
};
use store::StoreError;

use crate::{Cause, Reason, Status};

/// What a client hears when the store fails.
pub(crate) fn of_store(error: &StoreError) -> Status {
    match error {
        StoreError::Compacted { .. } => {
            expired("The resourceVersion for the provided list is too old.")
        }
        StoreError::Future { requested, current } => too_large(requested.0, current.0),
        StoreError::Unknown { .. } | StoreError::Slow => {
            Status::new(504, Reason::Timeout, format!("Timeout: {error}"))
        }
        StoreError::Unavailable { .. } | StoreError::Closed => {
            Status::new(503, Reason::ServiceUnavailable, error.to_string())
        }
    }
}

/// A version ahead of the store.
pub(crate) fn too_large(requested: u64, current: u64) -> Status {
    let message = format!("Timeout: Too large resource version: {requested}, current: {current}");
    let mut status = Status::new(504, Reason::Timeout, message);
    status.has_details = true;
    status.retry_after_seconds = 1;
    status.causes = vec![Cause {
        reason: "ResourceVersionTooLarge".to_owned(),
        message: "Too large resource version".to_owned(),
        field: String::new(),
    }];
    status
}

pub(crate) fn expired(message: impl Into<String>) -> Status {
    Status::new(410, Reason::Expired, message)
}

pub(crate) fn bad_request(message: impl Display) -> Status {
    Status::new(400, Reason::BadRequest, message.to_string())
}

/// A fault that carries no reason, as the reference answers some.
pub(crate) fn unexplained(message: impl Into<String>) -> Status {
    Status::new(500, Reason::None, message)
}

pub(crate) fn internal(error: &dyn Display) -> Status {
    let mut status =
        Status::new(500, Reason::InternalError, format!("Internal error occurred: {error}"));
    status.has_details = true;
    status.causes = vec![Cause { message: error.to_string(), ..Cause::default() }];
    status
}

/// The resource has no such verb.
pub(crate) fn method_not_allowed() -> Status {
    let message = "the server does not allow this method on the requested resource";
    let mut status = Status::new(405, Reason::MethodNotAllowed, message);
    status.has_details = true;
    status
}

pub(crate) fn not_found(facts: &ResourceFacts, name: &str) -> Status {
    let message = format!("{} {name:?} not found", facts.resource.qualified());
    about(Status::new(404, Reason::NotFound, message), facts, name)
}

pub(crate) fn already_exists(facts: &ResourceFacts, name: &str) -> Status {
    let message = format!("{} {name:?} already exists", facts.resource.qualified());
    about(Status::new(409, Reason::AlreadyExists, message), facts, name)
}

/// The object changed since the client read it.
pub(crate) fn modified(facts: &ResourceFacts, name: &str) -> Status {
    let reason = "the object has been modified; please apply your changes to the latest version and try again";
    conflict(facts, name, reason)
}

pub(crate) fn conflict(facts: &ResourceFacts, name: &str, reason: &str) -> Status {
    let message = format!(
        "Operation cannot be fulfilled on {} {name:?}: {reason}",
        facts.resource.qualified()
    );
    about(Status::new(409, Reason::Conflict, message), facts, name)
}

pub(crate) fn forbidden(facts: &ResourceFacts, name: &str, reason: &str) -> Status {
    let message = format!("{} {name:?} is forbidden: {reason}", facts.resource.qualified());
    about(Status::new(403, Reason::Forbidden, message), facts, name)
}

/// Every error of a validation.
pub(crate) fn invalid(facts: &ResourceFacts, name: &str, errors: &[FieldError]) -> Status {
    invalid_kind(&facts.resource.kind, &facts.resource.group, name, errors)
}

/// The same for a kind that is not the resource's own, such as `Scale`.
pub(crate) fn invalid_kind(kind: &str, group: &str, name: &str, errors: &[FieldError]) -> Status {
    let message = invalid_message(kind, group, name, errors);
    let mut status = Status::new(422, Reason::Invalid, message).about(group, kind, name);
    status.causes = errors
        .iter()
        .map(FieldError::cause)
        .map(|(reason, message, field)| Cause { reason, message, field })
        .collect();
    status
}

fn about(status: Status, facts: &ResourceFacts, name: &str) -> Status {
    status.about(&facts.resource.group, &facts.resource.plural, name)
}
