//! Answers of a server that refuses.

use runtime::{ApiError, ClientError};

/// A refusal with a code, a reason and a message.
pub fn refusal(code: u16, reason: &str, message: &str) -> ClientError {
    let (reason, message) = (reason.to_owned(), message.to_owned());
    ClientError::Api(ApiError { code, reason, message, causes: Vec::new(), retry_after: None })
}

/// What was asked for is not there.
pub fn not_found() -> ClientError {
    refusal(404, "NotFound", "")
}
