//! What is sent: messages, and how the call ended.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use tokio::sync::mpsc::Receiver;

use super::refusal::Refusal;

/// The body of an answer.
pub(super) struct Answer {
    ready: VecDeque<Frame<Bytes>>,
    /// Messages that come later; the call goes on until they end.
    more: Option<Receiver<Bytes>>,
}

impl Answer {
    /// Text outside of gRPC.
    pub(super) fn page(text: Bytes) -> Self {
        Self { ready: VecDeque::from([Frame::data(text)]), more: None }
    }

    /// One message, or why there is none.
    pub(super) fn of(message: Result<Bytes, Refusal>) -> Self {
        let ready = match message {
            Ok(message) => VecDeque::from([Frame::data(message), trailers(None)]),
            Err(refusal) => VecDeque::from([trailers(Some(&refusal))]),
        };
        Self { ready, more: None }
    }

    /// Messages as they come.
    pub(super) fn stream(messages: Receiver<Bytes>) -> Self {
        Self { ready: VecDeque::new(), more: Some(messages) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(frame) = self.ready.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let Some(more) = &mut self.more else { return Poll::Ready(None) };
        let message = ready!(more.poll_recv(context));
        if message.is_none() {
            self.more = None;
        }
        Poll::Ready(Some(Ok(message.map_or_else(|| trailers(None), Frame::data))))
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && self.more.is_none()
    }
}

fn trailers(refusal: Option<&Refusal>) -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    let code = HeaderValue::from(refusal.map_or(0, |refusal| refusal.code));
    trailers.insert("grpc-status", code);
    let message = refusal.map(|refusal| HeaderValue::from_str(&refusal.message));
    if let Some(Ok(message)) = message {
        trailers.insert("grpc-message", message);
    }
    Frame::trailers(trailers)
}
