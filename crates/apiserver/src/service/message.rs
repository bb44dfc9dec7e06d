//! A request and its answer, whichever way they travel.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::WatchBody;
use crate::{Notes, User, tls::Peer};

/// One request. In process, `user` says who asks and nothing else is looked at; over HTTP there is
/// none, and perhaps a `peer` with a certificate.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    /// Path and query, escaped as in HTTP.
    pub target: String,
    pub headers: HeaderMap,
    /// Up to one byte more than [`BODY_BYTES_MAX`]: that byte says that there was more.
    pub body: Bytes,
    pub user: Option<User>,
    pub peer: Option<Arc<Peer>>,
    /// The address it came from; empty in process.
    pub from: String,
}

/// Larger bodies are refused.
pub const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// One answer. Warnings travel apart from the headers, so that callers in process need not parse.
#[derive(Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub warnings: Vec<String>,
    pub body: Body,
    /// What the audit log is to be told.
    pub(crate) notes: Notes,
}

/// What follows the headers.
#[derive(Debug)]
pub enum Body {
    Full(Bytes),
    /// Events until the watch ends.
    Watch(Box<WatchBody>),
    /// Not even the headers arrive: the client is cut off.
    Cut,
}

impl Request {
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self {
            method,
            target: target.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            user: None,
            peer: None,
            from: String::new(),
        }
    }
    /// Sets a header to a constant.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }
    #[must_use]
    pub fn with_body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with_header(header::CONTENT_TYPE, content_type)
    }
    /// Asks as this user, who is trusted to be that.
    #[must_use]
    pub fn by(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }
    /// The first value of a header; empty if it is missing or no text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Response {
    /// An answer with a body of that type.
    pub fn new(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Self {
        let response = Self {
            status,
            headers: HeaderMap::new(),
            warnings: Vec::new(),
            notes: Notes::default(),
            body: Body::Full(body.into()),
        };
        response.with(header::CONTENT_TYPE, content_type)
    }
    /// Plain text, which no browser may take for anything else.
    pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
            .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
    }
    /// The same answer with a header; a value that HTTP cannot carry is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
    /// No answer at all. Its code is what is counted.
    pub(crate) fn cut() -> Self {
        Self { body: Body::Cut, ..Self::text(StatusCode::INTERNAL_SERVER_ERROR, "") }
    }
    /// The whole body; a watch has none.
    pub fn bytes(&self) -> Bytes {
        match &self.body {
            Body::Full(bytes) => bytes.clone(),
            Body::Watch(_) | Body::Cut => Bytes::new(),
        }
    }
}
