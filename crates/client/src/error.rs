//! What a request can fail with.

use std::time::Duration;

/// The server's `Status` object of a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// HTTP code.
    pub code: u16,
    /// Machine-readable reason such as `NotFound`; may be empty.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Types of `details.causes`, such as `NamespaceTerminating`.
    pub causes: Vec<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

/// A request had no good answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The server answered and refused.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Nothing was sent: the server cannot be reached.
    #[error("cannot reach the API server: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// The request was sent and no answer came: a write may have happened. Read back.
    #[error("no answer from the API server: {reason}")]
    NoAnswer {
        /// What happened.
        reason: String,
    },
    /// The answer is not what it should be.
    #[error("unreadable answer from the API server: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
}

impl ClientError {
    /// The server's refusal, if it is one.
    pub const fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            Self::Unreachable { .. } | Self::NoAnswer { .. } | Self::Unreadable { .. } => None,
        }
    }
    /// Whether the object is not there.
    pub fn is_not_found(&self) -> bool {
        self.api().is_some_and(|error| error.code == 404)
    }
    /// Whether somebody else wrote first.
    pub fn is_conflict(&self) -> bool {
        self.api().is_some_and(|error| error.code == 409 && error.reason == "Conflict")
    }
    /// Whether the name is taken.
    pub fn is_already_exists(&self) -> bool {
        self.api().is_some_and(|error| error.code == 409 && error.reason == "AlreadyExists")
    }
    /// Whether the write was refused because its namespace is being deleted.
    pub fn is_namespace_terminating(&self) -> bool {
        self.api().is_some_and(|error| error.causes.iter().any(|c| c == "NamespaceTerminating"))
    }
}
