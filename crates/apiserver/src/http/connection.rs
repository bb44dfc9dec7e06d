//! One connection: handshake, requests in, answers out.

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use rustls_pki_types::CertificateDer;
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use world::{Accepted, Connection, Tasks};

use super::{Shared, body::HttpBody};
use crate::{BODY_BYTES_MAX, Service, tls::Peer};

const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
const HEADER_TIME_MAX: Duration = Duration::from_secs(32);
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// Each watch is a stream; a controller manager has about a hundred.
const STREAMS_MAX: u32 = 1_000;
const WINDOW_BYTES: u32 = 256 * 1024;
const HEADER_BYTES_MAX: u32 = 1024 * 1024;
/// Clients that end many watches at once are no attackers.
const RESETS_MAX: usize = 10_000;

/// Runs HTTP/2 streams as tasks of the world.
#[derive(Clone)]
struct WorldExecutor(Arc<dyn Tasks>);

impl<F> Executor<F> for WorldExecutor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn("http stream", Box::pin(future));
    }
}

/// Who is at the other end of a connection.
#[derive(Clone)]
struct OtherEnd {
    peer: Option<Arc<Peer>>,
    from: String,
}

/// The client gets no answer: its stream is reset, or its connection closed.
#[derive(Debug, thiserror::Error)]
#[error("cut off by an injected fault")]
struct Cut;

pub(super) async fn serve(accepted: Accepted, mut shared: Shared) {
    let Accepted { connection, from } = accepted;
    let world = shared.service.world().clone();
    let handshake = TlsAcceptor::from(shared.tls.clone()).accept(connection);
    let stream = tokio::select! {
        biased;
        stream = handshake => stream,
        () = world.clock.sleep(HANDSHAKE_TIME_MAX) => return,
    };
    let stream = match stream {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "TLS handshake failed");
            return;
        }
    };
    let peer = peer_of(&stream);
    let service = shared.service.clone();
    let other_end = OtherEnd { peer, from };
    let answer = service_fn(move |request| answer(service.clone(), other_end.clone(), request));
    let builder = builder(WorldExecutor(world.tasks.clone()));
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        biased;
        ended = served.as_mut() => ended,
        () = closing(&mut shared.closing) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Ends when the server shuts down, or is gone.
async fn closing(closing: &mut watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Timers of connections run on the system's time whatever clock the control plane keeps: peers are
/// outside of it.
fn builder(executor: WorldExecutor) -> Builder<WorldExecutor> {
    let mut builder = Builder::new(executor);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES * STREAMS_MAX)
        .max_frame_size(WINDOW_BYTES)
        .max_header_list_size(HEADER_BYTES_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_local_error_reset_streams(RESETS_MAX);
    builder
}

fn peer_of(stream: &TlsStream<Box<dyn Connection>>) -> Option<Arc<Peer>> {
    let (_, session) = stream.get_ref();
    let chain = session.peer_certificates()?;
    Some(Arc::new(Peer::new(chain.iter().cloned().map(CertificateDer::into_owned).collect())))
}

async fn answer(
    service: Service,
    other_end: OtherEnd,
    request: Request<Incoming>,
) -> Result<Response<HttpBody>, Cut> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let body = collect(body).await;
    let (method, headers) = (head.method, head.headers);
    let OtherEnd { peer, from } = other_end;
    let request = crate::Request { method, target, headers, body, user: None, peer, from };
    to_http(service.call(request).await)
}

/// The body, cut off one byte after what is allowed; also where the client broke off, for which no
/// answer can arrive.
async fn collect(mut body: Incoming) -> Bytes {
    let mut collected = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            collected.extend_from_slice(&data);
        }
        if collected.len() > BODY_BYTES_MAX {
            collected.truncate(BODY_BYTES_MAX + 1);
            break;
        }
    }
    collected.freeze()
}

fn to_http(response: crate::Response) -> Result<Response<HttpBody>, Cut> {
    let mut converted = Response::new(HttpBody::new(response.body).ok_or(Cut)?);
    *converted.status_mut() = response.status;
    *converted.headers_mut() = response.headers;
    for warning in response.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            converted.headers_mut().append(header::WARNING, value);
        }
    }
    Ok(converted)
}
