//! One connection: requests of gRPC over HTTP/2, and the two pages that are asked for over HTTP/1.1.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::{body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use world::{Accepted, Listener, Tasks};

use super::{EtcdServer, Shared, body::Answer, calls};

/// After a failed accept (no more file descriptors), so that others may be closed meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const HEADER_TIME_MAX: Duration = Duration::from_secs(30);
/// Each watch of some clients is a stream.
const STREAMS_MAX: u32 = 1_000;

/// Runs HTTP/2 streams as tasks of the world.
#[derive(Clone)]
struct WorldExecutor(Arc<dyn Tasks>);

impl<F> Executor<F> for WorldExecutor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn("etcd stream", Box::pin(future));
    }
}

pub(super) async fn accept(listener: Box<dyn Listener>, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                let served = serve(accepted, Arc::clone(&shared));
                shared.world.tasks.spawn("etcd connection", Box::pin(served));
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                shared.world.clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(accepted: Accepted, shared: Arc<Shared>) {
    let mut builder = Builder::new(WorldExecutor(Arc::clone(&shared.world.tasks)));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME_MAX);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
    let served = builder.serve_connection(TokioIo::new(accepted.connection), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    Ok(match request.uri().path() {
        "/health" => health(&shared).await,
        "/version" => page(
            StatusCode::OK,
            format!(r#"{{"etcdserver":"{0}","etcdcluster":"{0}"}}"#, EtcdServer::VERSION),
        ),
        _ => calls::answer(shared, request).await,
    })
}

async fn health(shared: &Shared) -> Response<Answer> {
    match shared.store.revision().await {
        Ok(_) => page(StatusCode::OK, r#"{"health":"true","reason":""}"#.to_owned()),
        Err(error) => {
            tracing::warn!(%error, "the store does not answer");
            let text = r#"{"health":"false","reason":"the store does not answer"}"#;
            page(StatusCode::SERVICE_UNAVAILABLE, text.to_owned())
        }
    }
}

fn page(status: StatusCode, text: String) -> Response<Answer> {
    let mut response = Response::new(Answer::page(Bytes::from(text)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
