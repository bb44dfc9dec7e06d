//! What a request can fail with.

use std::time::Duration;

use serde::Deserialize;

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

/// At most this much of an answer that is no `Status` becomes the message.
const MESSAGE_MAX: usize = 1024;

impl ApiError {
    /// Reads the body of an answer with `code` (400 and above), or the object of an `ERROR` event
    /// (where `code` is what to assume if the object has none).
    pub fn from_status(code: u16, body: &[u8]) -> Self {
        let status: StatusBody = serde_json::from_slice(body).unwrap_or_default();
        let mut message = status.message;
        if message.is_empty() {
            message = String::from_utf8_lossy(body).trim().chars().take(MESSAGE_MAX).collect();
        }
        let retry_after = status.details.retry_after_seconds;
        Self {
            code: if status.code == 0 { code } else { status.code },
            reason: status.reason,
            message,
            causes: status.details.causes.into_iter().map(|cause| cause.reason).collect(),
            retry_after: (retry_after > 0).then(|| Duration::from_secs(retry_after)),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StatusBody {
    code: u16,
    reason: String,
    message: String,
    details: StatusDetails,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct StatusDetails {
    causes: Vec<StatusCause>,
    retry_after_seconds: u64,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct StatusCause {
    reason: String,
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
    /// Whether the history asked for is no longer there.
    pub fn is_expired(&self) -> bool {
        self.api().is_some_and(|error| error.code == 410)
    }
    /// Whether the server has not seen the revision asked for yet.
    pub fn is_too_large_version(&self) -> bool {
        self.api().is_some_and(|error| {
            let named = error.causes.iter().any(|cause| cause == "ResourceVersionTooLarge");
            error.code == 504 && (named || error.message.contains("Too large resource version"))
        })
    }
    /// Whether it cannot be known if a write happened: no answer came, or the server gave up on it.
    pub fn is_unknown_outcome(&self) -> bool {
        matches!(self, Self::NoAnswer { .. } | Self::Unreadable { .. })
            || self.api().is_some_and(|error| error.code == 504)
    }
    /// How long the server asks to wait, if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api()?.retry_after
    }
    /// Whether the write was refused because its namespace is being deleted.
    pub fn is_namespace_terminating(&self) -> bool {
        self.api().is_some_and(|error| error.causes.iter().any(|c| c == "NamespaceTerminating"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_becomes_an_error() {
        let body = br#"{"code":429,"reason":"TooManyRequests","message":"slow down","details":{"retryAfterSeconds":2,"causes":[{"reason":"X"}]}}"#;
        let error = ApiError::from_status(500, body);
        assert_eq!((error.code, error.reason.as_str()), (429, "TooManyRequests"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(2)));
        assert_eq!(error.causes, ["X"]);
    }
    #[test]
    fn a_proxys_page_is_told_as_it_is() {
        let error = ApiError::from_status(502, b"<html>bad gateway");
        assert_eq!((error.code, error.to_string().as_str()), (502, "<html>bad gateway"));
    }
}
