//! What a failed list or watch means for a reflector.

use client::{ApiError, ClientError};

/// Why following stopped.
#[derive(Debug)]
pub(super) enum Lost {
    /// A new list is wanted at once.
    Refresh,
    /// A new list is needed; nothing is wrong.
    Ended,
    /// A new list is needed after a failure.
    Failed(ClientError),
}

/// Kinds of failures by what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody there, or too busy: the same again after a while.
    Busy,
    /// The version asked for is too old, or ahead of the server: ask for the newest.
    HistoryGone,
    /// The stream broke off: the same again.
    StreamEnded,
    /// Anything else: list.
    Other,
}

pub(super) fn trouble(error: &ClientError) -> Trouble {
    match error {
        ClientError::Unreachable { .. } => Trouble::Busy,
        ClientError::NoAnswer { .. } => Trouble::StreamEnded,
        ClientError::Api(_) if error.is_expired() || error.is_too_large_version() => {
            Trouble::HistoryGone
        }
        ClientError::Api(refused) if refused.code == 429 => Trouble::Busy,
        ClientError::Api(_) | ClientError::Unreadable { .. } => Trouble::Other,
    }
}

/// The error of an `ERROR` event.
pub(super) fn refused(status: &[u8]) -> ClientError {
    ClientError::Api(ApiError::from_status(500, status))
}
pub(super) fn ended() -> ClientError {
    ClientError::NoAnswer { reason: "the stream ended before the list was complete".into() }
}
pub(super) fn too_short() -> ClientError {
    ClientError::Unreadable { reason: "the watch ended at once, without an event".into() }
}
pub(super) fn endless() -> ClientError {
    ClientError::Unreadable { reason: "the list has no end".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: u16, message: &str, expected: Trouble) {
        let body = format!(r#"{{"code":{code},"message":"{message}"}}"#);
        assert_eq!(trouble(&refused(body.as_bytes())), expected);
    }

    #[test]
    fn old_history_and_a_lagging_server_want_the_newest() {
        check(410, "too old resource version", Trouble::HistoryGone);
        check(504, "Too large resource version: 9, current: 5", Trouble::HistoryGone);
    }
    #[test]
    fn a_busy_server_is_asked_the_same_again() {
        check(429, "", Trouble::Busy);
        assert_eq!(trouble(&ClientError::Unreachable { reason: String::new() }), Trouble::Busy);
    }
    #[test]
    fn anything_else_is_listed_anew() {
        check(504, "", Trouble::Other);
        check(500, "", Trouble::Other);
        check(403, "", Trouble::Other);
    }
}
