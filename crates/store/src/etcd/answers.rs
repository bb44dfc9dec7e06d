//! What comes back: messages, then a status.

use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use prost::Message;

use super::{failure::Failure, frame::Unframed};

/// The answers to one request, in order. Dropping them ends the request.
#[derive(Debug)]
pub(crate) struct Answers {
    body: Incoming,
    unframed: Unframed,
}

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
const FINE: u32 = 0;

impl Answers {
    /// Errors: the request was refused at once.
    pub(crate) fn new(response: Response<Incoming>) -> Result<Self, Failure> {
        if !response.status().is_success() {
            return Err(Failure::elsewhere(format!("HTTP status {}", response.status())));
        }
        match status(response.headers()) {
            Some(failure) => Err(failure),
            None => Ok(Self { body: response.into_body(), unframed: Unframed::default() }),
        }
    }

    /// The next message; `None` at a good end.
    pub(crate) async fn next<A: Message + Default>(&mut self) -> Result<Option<A>, Failure> {
        loop {
            if let Some(message) = self.unframed.next()? {
                return A::decode(message).map(Some).map_err(Failure::lost);
            }
            let Some(frame) = self.body.frame().await else {
                return Err(Failure::lost("the answer ended without a status"));
            };
            let frame = frame.map_err(Failure::lost)?;
            if let Some(data) = frame.data_ref() {
                self.unframed.push(data);
            }
            if let Some(trailers) = frame.trailers_ref() {
                return status(trailers).map_or(Ok(None), Err);
            }
        }
    }

    /// The one message of a call that has one answer.
    pub(crate) async fn only<A: Message + Default>(mut self) -> Result<A, Failure> {
        let first = self.next().await?;
        let first = first.ok_or_else(|| Failure::lost("the answer is empty"))?;
        while self.next::<A>().await?.is_some() {}
        Ok(first)
    }
}

/// What headers or trailers tell of a failure.
fn status(headers: &HeaderMap) -> Option<Failure> {
    let code: u32 = headers.get(STATUS)?.to_str().ok()?.parse().ok()?;
    let message = headers.get(MESSAGE).and_then(|message| message.to_str().ok());
    (code != FINE).then(|| Failure::of_status(code, message.unwrap_or_default()))
}
