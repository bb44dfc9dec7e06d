//! The failures the engine itself answers with, in the reference's words.

use store::StoreError;

use crate::{Reason, Status};

/// What a client hears when the store fails.
pub(crate) fn of_store(error: &StoreError) -> Status {
    match error {
        StoreError::Compacted { .. } => Status::new(
            410,
            Reason::Expired,
            "The resourceVersion for the provided list is too old.",
        ),
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
    Status::new(504, Reason::Timeout, message)
}

/// The resource has no such verb.
pub(crate) fn method_not_allowed() -> Status {
    let message = "the server does not allow this method on the requested resource";
    let mut status = Status::new(405, Reason::MethodNotAllowed, message);
    status.has_details = true;
    status
}
