//! The way to an API server.

use bytes::Bytes;
use tokio::sync::mpsc;
use world::BoxFuture;

use crate::{ClientError, Request};

/// A whole answer with a code below 400.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// HTTP code.
    pub code: u16,
    /// JSON of the object, list or status.
    pub body: Bytes,
    /// Texts of `Warning` headers.
    pub warnings: Vec<String>,
}

/// What happened to a watched object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// It exists now (for this watch).
    Added,
    /// It changed.
    Modified,
    /// It is gone; the object shows its last state.
    Deleted,
    /// Only `metadata.resourceVersion` means something.
    Bookmark,
    /// The object is a `Status`; the watch ends.
    Error,
}

/// One event of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchEvent {
    /// What happened.
    pub kind: EventType,
    /// JSON of the object; in process it is the server's own copy, shared.
    pub object: Bytes,
}

/// What a watch delivers; the channel closes when the server ends it. A transport error is the last.
pub type WatchStream = mpsc::Receiver<Result<WatchEvent, ClientError>>;

/// Sends requests under one identity. Answers with code 400 and above are [`ClientError::Api`].
pub trait Transport: Send + Sync {
    /// Sends and waits for the whole answer.
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>>;
    /// Starts a watch (a request made with [`Request::watch`]).
    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>>;
}
