//! Connections to a port: handshake, requests in, answers out.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::{body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use rustls::{ServerConfig, pki_types::CertificateDer};
use tokio_rustls::TlsAcceptor;
use world::{Connection, Listener, Tasks, World};

use super::{Asked, Reply, Shown, Site};

const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
const HEADER_TIME_MAX: Duration = Duration::from_secs(32);
/// Nobody needs more to look at a few pages.
const STREAMS_MAX: u32 = 100;
/// After a failed accept (no more file descriptors), so that others may be closed meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Runs HTTP/2 streams as tasks of the world.
#[derive(Clone)]
struct WorldExecutor(Arc<dyn Tasks>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for WorldExecutor {
    fn execute(&self, future: F) {
        self.0.spawn("port stream", Box::pin(future));
    }
}

/// Takes connections for ever.
pub(super) async fn accept(
    world: World,
    listener: Box<dyn Listener>,
    tls: Arc<ServerConfig>,
    site: Arc<Site>,
) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                let served = serve(world.clone(), accepted.connection, tls.clone(), site.clone());
                world.tasks.spawn("port connection", Box::pin(served));
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                world.clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(
    world: World,
    connection: Box<dyn Connection>,
    tls: Arc<ServerConfig>,
    site: Arc<Site>,
) {
    let handshake = TlsAcceptor::from(tls).accept(connection);
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
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let chain: Arc<[_]> = chain.iter().map(|shown| shown.clone().into_owned()).collect();
    let answer = service_fn(move |request| {
        let (site, chain) = (Arc::clone(&site), Arc::clone(&chain));
        async move { Ok::<_, Infallible>(to_http(answer(&site, chain, &request).await)) }
    });
    let mut builder = Builder::new(WorldExecutor(world.tasks.clone()));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME_MAX);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), answer).await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn answer(
    site: &Site,
    certificates: Arc<[CertificateDer<'static>]>,
    request: &Request<Incoming>,
) -> Reply {
    let text = |name: HeaderName| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let asked = Asked {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        accept: text(header::ACCEPT),
    };
    let shown = Shown { certificates, authorization: text(header::AUTHORIZATION) };
    site.answer(&shown, &asked).await
}

fn to_http(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&reply.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
