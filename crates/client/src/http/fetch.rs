//! One document by its URL, from servers that are no API server: HTTP/1.1 over TLS, a connection each.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use world::World;

use super::{connect::Connector, no_answer, unreachable};
use crate::{
    ClientError,
    kubeconfig::{Access, Credentials, Trust},
};

/// Where systems keep the authorities that everybody believes.
const SYSTEM_AUTHORITIES: [&str; 2] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
/// What HTTP/1.1 is called in TLS.
pub(super) const HTTP1: &[u8] = b"http/1.1";
const TIME_MAX: Duration = Duration::from_secs(10);
/// Longer documents are no keys.
const BYTES_MAX: usize = 1024 * 1024;

/// The document at an `https` URL. The server is believed that `authority` (PEM) vouches for; `None`
/// takes the system's authorities. Redirections are not followed.
///
/// # Errors
/// The server cannot be reached or believed, or answers with another code than 200.
pub async fn fetch(
    world: &World,
    url: &str,
    authority: Option<String>,
) -> Result<Bytes, ClientError> {
    tokio::select! {
        biased;
        answer = get(world, url, authority) => answer,
        () = world.clock.sleep(TIME_MAX) => Err(no_answer("it takes too long")),
    }
}

/// The authorities that everybody believes, in PEM; none where no system keeps any.
pub(super) fn system_authorities(world: &World) -> Vec<u8> {
    let mut files = SYSTEM_AUTHORITIES.iter();
    files.find_map(|path| world.disk.read(path.as_ref()).ok()).unwrap_or_default()
}

async fn get(world: &World, url: &str, authority: Option<String>) -> Result<Bytes, ClientError> {
    let authority = authority.map_or_else(|| system_authorities(world), String::into_bytes);
    let access = Access {
        server: url.to_owned(),
        trust: Trust::Authority(authority),
        server_name: None,
        credentials: Credentials::Anonymous,
        namespace: String::new(),
    };
    let connector = Connector::new(world, &access, HTTP1).map_err(|error| unreachable(&error))?;
    let stream = connector.stream(world).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
    let driven = async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
    };
    world.tasks.spawn("document", Box::pin(driven));
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let request = Request::builder()
        .uri(format!("/{path}"))
        .header(header::HOST, connector.host())
        .header(header::ACCEPT, "application/json")
        .body(Empty::<Bytes>::new())
        .map_err(|error| unreachable(&error))?;
    let answer =
        sender.send_request(request).await.map_err(|error| no_answer(&error.to_string()))?;
    let code = answer.status().as_u16();
    if code != 200 {
        return Err(no_answer(&format!("{url} answers with code {code}")));
    }
    let body = Limited::new(answer.into_body(), BYTES_MAX).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|error| no_answer(&error.to_string()))
}
