//! Bodies as HTTP frames.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::{Body, WatchBody};

/// A whole answer in one frame, or the events of a watch as they come.
pub(super) enum HttpBody {
    /// `None` when it was sent.
    Full(Option<Bytes>),
    Watch(Box<WatchBody>),
}

impl HttpBody {
    /// `None` for an answer that is not to be sent.
    pub(super) fn new(body: Body) -> Option<Self> {
        match body {
            Body::Full(bytes) => Some(Self::Full(Some(bytes).filter(|bytes| !bytes.is_empty()))),
            Body::Watch(watch) => Some(Self::Watch(watch)),
            Body::Cut => None,
        }
    }
}

impl http_body::Body for HttpBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match self.get_mut() {
            Self::Full(bytes) => bytes.take(),
            Self::Watch(watch) => ready!(watch.poll_frame(context)),
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Watch(_) => SizeHint::new(),
        }
    }
}
