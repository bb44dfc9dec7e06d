//! The events of a watch on their way out: unframed for callers in process, framed for HTTP.

use std::{
    fmt,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use world::BoxFuture;

use crate::{ObjectEvent, Status, audit::Trail, encode::EventEncoder, metrics::LongRunning};

/// What happened to a watched object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Added,
    Modified,
    Deleted,
    /// Only `metadata.resourceVersion` means something.
    Bookmark,
    /// The object is a `Status`; it is the last event.
    Error,
}

/// One event, ready for a client. A plain JSON object is the cached copy itself, shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchEvent {
    pub kind: EventKind,
    pub object: Bytes,
}

/// Events until the watch ends: by its time-out, by an error, or because the server shuts down.
pub struct WatchBody {
    events: mpsc::Receiver<Result<ObjectEvent, Status>>,
    encoder: EventEncoder,
    /// Ready when the server shuts down.
    closing: BoxFuture<()>,
    ended: bool,
    /// Counts the watch as long as it lives.
    counted: Option<LongRunning>,
    /// Tells of the watch's end.
    trail: Option<Trail>,
}

/// Events that are ready together leave as one frame of up to this size: many small frames look
/// like an attack to HTTP/2 clients.
const FRAME_BYTES_MAX: usize = 64 * 1024;

impl EventKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
            Self::Bookmark => "BOOKMARK",
            Self::Error => "ERROR",
        }
    }
}

impl WatchBody {
    pub(crate) fn new(
        events: mpsc::Receiver<Result<ObjectEvent, Status>>,
        encoder: EventEncoder,
        closing: BoxFuture<()>,
    ) -> Self {
        Self { events, encoder, closing, ended: false, counted: None, trail: None }
    }

    /// Lets the watch be counted until it is dropped.
    pub(super) fn keep(&mut self, counted: LongRunning) {
        self.counted = Some(counted);
    }

    /// Lets the end of the watch be told of.
    pub(crate) fn audit(&mut self, trail: Trail) {
        self.trail = Some(trail);
    }

    /// The next event; `None` when the watch has ended.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// As [`WatchBody::next`], for hand-written futures.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<WatchEvent>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if self.closing.as_mut().poll(context).is_ready() {
            self.ended = true;
            return Poll::Ready(None);
        }
        let event = ready!(self.events.poll_recv(context));
        self.ended = !matches!(event, Some(Ok(_)));
        Poll::Ready(event.map(|event| self.encoder.event(event)))
    }

    /// The next bytes of an HTTP body: one event or several, in the frames of the media type.
    pub(crate) fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(event) = ready!(self.poll_next(context)) else { return Poll::Ready(None) };
        let mut frame = BytesMut::new();
        self.encoder.frame(&event, &mut frame);
        while frame.len() < FRAME_BYTES_MAX {
            let Poll::Ready(Some(event)) = self.poll_next(context) else { break };
            self.encoder.frame(&event, &mut frame);
        }
        Poll::Ready(Some(frame.freeze()))
    }
}

impl fmt::Debug for WatchBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchBody").field("ended", &self.ended).finish_non_exhaustive()
    }
}
