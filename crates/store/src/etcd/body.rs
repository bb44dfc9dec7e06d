//! What is sent: one message, after which the request ends or stays open.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};

/// The body of a request.
#[derive(Debug)]
pub(crate) struct Sent {
    message: Option<Bytes>,
    then: Then,
}

/// What follows the one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    End,
    /// Nothing, until the answer is dropped: a watch ends when its request does.
    Open,
}

impl Sent {
    pub(crate) fn new(message: Bytes, then: Then) -> Self {
        Self { message: Some(message), then }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match (self.message.take(), self.then) {
            (Some(message), _) => Poll::Ready(Some(Ok(Frame::data(message)))),
            (None, Then::End) => Poll::Ready(None),
            (None, Then::Open) => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none() && self.then == Then::End
    }
}
