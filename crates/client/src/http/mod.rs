//! Requests over HTTP/2 and TLS, on connections that are made when they are needed and again when they
//! break.

mod connect;
mod fetch;
mod lines;
mod observer;
mod pool;
mod post;
mod slot;
mod token;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request as HttpRequest, Response as HttpResponse, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http2::SendRequest};
use serde::Deserialize;
use tokio::sync::mpsc;
use world::{BoxFuture, World};

use crate::{
    ApiError, ClientError, EventType, Method, Request, Response, Transport, WatchEvent,
    WatchStream,
    exec::Proof,
    kubeconfig::{Access, KubeconfigError},
};
use connect::{Connector, HTTP2};
pub use fetch::fetch;
use lines::Lines;
pub use observer::{Exchange, Observer, PluginRun};
use pool::Pool;
pub use post::{Posted, Poster};
pub(crate) use slot::CertificateSlot;
use token::Token;
pub use token::TokenSource;

type Sender = SendRequest<Full<Bytes>>;

/// Sends requests to a server. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct HttpTransport {
    inner: Arc<Inner>,
    observer: Option<Arc<dyn Observer>>,
}

struct Inner {
    world: World,
    line: Arc<Line>,
    user_agent: String,
    token: Token,
}

/// Connections that those may share who prove who they are with each request.
struct Line {
    connector: Connector,
    pool: Pool,
}

/// The server gives requests up after a minute; a little later nobody answers any more.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(70);
/// Events a slow reader may be behind before the server is slowed down.
const EVENTS_WAITING_MAX: usize = 128;
/// The server does not believe who asks.
const UNAUTHORIZED: u16 = 401;
/// A line longer than that is no event.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

impl HttpTransport {
    /// A transport for one server; `user_agent` is `component/version`. Nothing is connected yet.
    ///
    /// # Errors
    /// The access says no usable server, certificate or key.
    pub fn new(
        world: World,
        access: &Access,
        user_agent: impl Into<String>,
    ) -> Result<Self, KubeconfigError> {
        let connector = Connector::new(&world, access, HTTP2)?;
        let token = Token::new(access, connector.slot());
        let user_agent = user_agent.into();
        let line = Arc::new(Line { connector, pool: Pool::default() });
        let inner = Inner { world, line, user_agent, token };
        Ok(Self { inner: Arc::new(inner), observer: None })
    }

    /// Whom requests go to, as the server's URL names it.
    pub fn host(&self) -> &str {
        self.inner.line.connector.host()
    }

    /// The same server over the same connection, in the name of whom the tokens are for. The own
    /// credentials must be [anonymous](crate::kubeconfig::Credentials::Anonymous): a certificate of the
    /// connection would count more than a token.
    #[must_use]
    pub fn bearing(&self, tokens: Arc<dyn TokenSource>, user_agent: impl Into<String>) -> Self {
        let inner = Inner {
            world: self.inner.world.clone(),
            line: Arc::clone(&self.inner.line),
            user_agent: user_agent.into(),
            token: Token::Issued(tokens),
        };
        Self { inner: Arc::new(inner), observer: self.observer.clone() }
    }

    /// Tells `observer` of every request.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        let (inner, observer) = (Arc::clone(&self.inner), self.observer.clone());
        Box::pin(async move {
            let clock = inner.world.clock.clone();
            let (method, sent_bytes) = (request.method, request.body.len());
            let began = clock.monotonic();
            let answer = tokio::select! {
                biased;
                answer = inner.send(request, observer.as_deref()) => answer,
                () = clock.sleep(ANSWER_TIME_MAX) => Err(no_answer("it takes too long")),
            };
            if let Some(observer) = observer {
                observer.observe(&Exchange {
                    method,
                    host: inner.line.connector.host(),
                    code: observer::code(&answer),
                    took: Some(clock.monotonic().since(began)),
                    sent_bytes,
                    received_bytes: answer.as_ref().ok().map(|answer| answer.body.len()),
                });
            }
            answer
        })
    }

    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        let (inner, observer) = (Arc::clone(&self.inner), self.observer.clone());
        Box::pin(async move {
            let method = request.method;
            let answer = inner.watch(request, observer.as_deref()).await;
            if let Some(observer) = observer {
                observer.observe(&Exchange {
                    method,
                    host: inner.line.connector.host(),
                    code: observer::code_of_watch(&answer),
                    took: None,
                    sent_bytes: 0,
                    received_bytes: None,
                });
            }
            answer
        })
    }
}

impl Inner {
    async fn send(
        &self,
        request: Request,
        observer: Option<&dyn Observer>,
    ) -> Result<Response, ClientError> {
        let Line { connector, pool } = &*self.line;
        // A plug-in may say with which certificate the connection is to be made.
        let proof = self.token.get(&self.world, observer).await?;
        let sender = pool.for_request(&self.world, connector, proof.certificate).await?;
        let answer = self.exchange(request, sender, &proof).await?;
        let code = answer.status().as_u16();
        let warnings = warnings(&answer);
        let body = collect(answer).await?;
        Ok(Response { code, body, warnings })
    }

    async fn watch(
        &self,
        request: Request,
        observer: Option<&dyn Observer>,
    ) -> Result<WatchStream, ClientError> {
        let Line { connector, pool } = &*self.line;
        let proof = self.token.get(&self.world, observer).await?;
        let (connection, seat) = pool.for_watch(&self.world, connector, proof.certificate).await?;
        let answer = self.exchange(request, connection, &proof).await?;
        let (sender, events) = mpsc::channel(EVENTS_WAITING_MAX);
        let reading = async move {
            read_events(answer.into_body(), sender).await;
            drop(seat);
        };
        self.world.tasks.spawn("watch", Box::pin(reading));
        Ok(events)
    }

    /// Sends and waits for the head of an answer; refusals are errors.
    async fn exchange(
        &self,
        request: Request,
        mut sender: Sender,
        proof: &Proof,
    ) -> Result<HttpResponse<Incoming>, ClientError> {
        let request = self.to_http(request, proof.token.as_deref())?;
        let answer = sender.send_request(request).await.map_err(|error| {
            // Canceled means that it never left.
            if error.is_canceled() { unreachable(&error) } else { no_answer(&error.to_string()) }
        })?;
        if answer.status().as_u16() < 400 {
            return Ok(answer);
        }
        let (code, retry_after) = (answer.status().as_u16(), retry_after(&answer));
        if code == UNAUTHORIZED {
            self.token.refused(proof);
        }
        let body = collect(answer).await?;
        Err(api_error(code, retry_after, &body).into())
    }

    fn to_http(
        &self,
        request: Request,
        token: Option<&str>,
    ) -> Result<HttpRequest<Full<Bytes>>, ClientError> {
        let method = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        };
        let mut builder = HttpRequest::builder()
            .method(method)
            .uri(self.line.connector.uri(&request.path))
            .header(header::ACCEPT, request.accept)
            .header(header::USER_AGENT, &self.user_agent);
        if !request.content_type.is_empty() {
            builder = builder.header(header::CONTENT_TYPE, request.content_type);
        }
        if let Some(epoch) = &request.epoch {
            builder = builder.header(crate::EPOCH_HEADER, epoch.to_string());
        }
        if let Some(token) = token {
            builder = builder.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        builder.body(Full::new(request.body)).map_err(|error| unreachable(&error))
    }
}

async fn read_events(mut body: Incoming, sender: mpsc::Sender<Result<WatchEvent, ClientError>>) {
    let mut lines = Lines::new(LINE_BYTES_MAX);
    loop {
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = sender.closed() => return,
        };
        let data = match frame {
            None => return,
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(error)) => {
                let _ = sender.send(Err(no_answer(&error.to_string()))).await;
                return;
            }
        };
        for line in lines.push(data) {
            let event = line.and_then(|line| parse_event(&line));
            let is_last = event.is_err();
            if sender.send(event).await.is_err() || is_last {
                return;
            }
        }
    }
}

/// One line of a watch.
fn parse_event(line: &Bytes) -> Result<WatchEvent, ClientError> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        #[serde(borrow)]
        object: &'a serde_json::value::RawValue,
    }
    let unreadable = |reason: String| ClientError::Unreadable { reason };
    let parsed: Line<'_> =
        serde_json::from_slice(line).map_err(|error| unreadable(error.to_string()))?;
    let kind = match parsed.kind {
        "ADDED" => EventType::Added,
        "MODIFIED" => EventType::Modified,
        "DELETED" => EventType::Deleted,
        "BOOKMARK" => EventType::Bookmark,
        "ERROR" => EventType::Error,
        other => return Err(unreadable(format!("unknown event type {other}"))),
    };
    Ok(WatchEvent { kind, object: line.slice_ref(parsed.object.get().as_bytes()) })
}

async fn collect(answer: HttpResponse<Incoming>) -> Result<Bytes, ClientError> {
    let body = answer.into_body().collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|error| no_answer(&error.to_string()))
}

fn warnings(answer: &HttpResponse<Incoming>) -> Vec<String> {
    let values = answer.headers().get_all(header::WARNING).into_iter();
    values.filter_map(|value| warning_text(value.to_str().ok()?)).collect()
}

/// The text of `299 - "text"`.
fn warning_text(value: &str) -> Option<String> {
    let quoted = value.split_once('"')?.1;
    let mut text = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => text.push(characters.next()?),
            character => text.push(character),
        }
    }
}

/// A refusal; a `Retry-After` header says more than the `Status`.
fn api_error(code: u16, retry_after: Option<Duration>, body: &[u8]) -> ApiError {
    let error = ApiError::from_status(code, body);
    ApiError { retry_after: retry_after.or(error.retry_after), ..error }
}

fn retry_after(answer: &HttpResponse<Incoming>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn unreachable(error: &dyn std::fmt::Display) -> ClientError {
    ClientError::Unreachable { reason: error.to_string() }
}

fn no_answer(reason: &str) -> ClientError {
    ClientError::NoAnswer { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_reason_causes_and_patience() {
        let body = br#"{"kind":"Status","message":"m","reason":"Forbidden","code":403,
            "details":{"causes":[{"reason":"NamespaceTerminating"}],"retryAfterSeconds":2}}"#;
        let error = api_error(403, None, body);
        assert_eq!(
            (error.code, error.reason.as_str(), error.message.as_str()),
            (403, "Forbidden", "m")
        );
        assert_eq!(error.causes, ["NamespaceTerminating"]);
        assert_eq!(error.retry_after, Some(Duration::from_secs(2)));
        assert_eq!(api_error(404, None, b"404 page not found\n").message, "404 page not found");
    }

    #[test]
    fn a_warning_is_unquoted() {
        let text = warning_text(r#"299 - "unknown field \"spec.foo\"""#);
        assert_eq!(text.as_deref(), Some(r#"unknown field "spec.foo""#));
        assert_eq!(warning_text("299 -"), None);
    }

    #[test]
    fn an_event_keeps_its_object_as_it_came() {
        let line = Bytes::from_static(br#"{"type":"ADDED","object":{"a": 1}}"#);
        let event = parse_event(&line).unwrap();
        assert_eq!(
            event,
            WatchEvent { kind: EventType::Added, object: Bytes::from(r#"{"a": 1}"#) }
        );
        assert!(parse_event(&Bytes::from_static(b"nonsense")).is_err());
    }
}
