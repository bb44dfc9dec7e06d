//! What can be wrong with a patch, and the answer to it.

use crate::{Reason, Status};

/// Why a patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    /// The body has not the shape of its content type: 400.
    #[error("{0}")]
    Malformed(String),
    #[error(
        "Request entity too large: The allowed maximum operations in a JSON patch is {max}, \
         got {count}"
    )]
    TooManyOperations { max: usize, count: usize },
    /// The reference keeps the reason to itself; so must the answer, for kubectl prints its causes
    /// instead of its message.
    #[error("the server rejected our request due to an error in our request")]
    Rejected,
    /// A strategic merge that the reference answers with 500.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    pub(super) fn into_status(self) -> Status {
        let message = self.to_string();
        match self {
            Self::Malformed(_) => Status::new(400, Reason::BadRequest, message),
            Self::TooManyOperations { .. } => {
                Status::new(413, Reason::RequestEntityTooLarge, message)
            }
            Self::Rejected => {
                let mut status = Status::new(422, Reason::Invalid, message);
                status.has_details = true;
                status
            }
            Self::Failed(_) => Status::new(500, Reason::None, message),
        }
    }
}

/// `expected a []interface {}, but received a string`, in the type names of the reference.
pub(super) fn bad_argument(expected: &str, received: &serde_json::Value) -> Error {
    Error::Failed(format!("expected a {expected}, but received a {}", super::go::type_of(received)))
}
