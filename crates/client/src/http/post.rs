//! Bodies posted to servers that are no API server (webhooks, collectors): HTTP/1.1, over TLS or not, on a
//! connection that is kept.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::Mutex;
use world::{Connection, World};

use super::{connect::Connector, fetch, no_answer, retry_after, token::Token, unreachable};
use crate::{
    ClientError,
    kubeconfig::{Access, KubeconfigError, Trust},
};

/// Posts to one URL.
pub struct Poster {
    world: World,
    way: Way,
    /// As the URL names it.
    host: String,
    path: String,
    user_agent: String,
    token: Token,
    /// The connection of the last request, if it may serve another.
    kept: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

/// How the server is reached.
enum Way {
    Plain { address: String },
    Tls(Box<Connector>),
}

/// What a server said of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// HTTP status.
    pub code: u16,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
}

const PLAIN: &str = "http://";
const PLAIN_PORT: &str = "80";
/// Answers are read only so that the connection can serve again.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

impl Poster {
    /// Posts to `access.server`, a whole URL. Without an authority the system's are believed. Nothing is
    /// connected yet.
    ///
    /// # Errors
    /// The access says no usable server, certificate or key.
    pub fn new(
        world: World,
        access: &Access,
        user_agent: impl Into<String>,
    ) -> Result<Self, KubeconfigError> {
        let mut access = access.clone();
        if access.trust == Trust::Authority(Vec::new()) {
            access.trust = Trust::Authority(fetch::system_authorities(&world));
        }
        let rest = access.server.split_once("://").map_or("", |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, path) = (authority.to_owned(), format!("/{path}"));
        let slot = Arc::default();
        let (way, token) = if access.server.starts_with(PLAIN) {
            let address = match authority.rsplit_once(':') {
                Some((_, port)) if !port.ends_with(']') => authority.to_owned(),
                _ => format!("{authority}:{PLAIN_PORT}"),
            };
            (Way::Plain { address }, Token::new(&access, &slot))
        } else {
            let connector = Connector::new(&world, &access, fetch::HTTP1)?;
            let token = Token::new(&access, connector.slot());
            (Way::Tls(Box::new(connector)), token)
        };
        let (user_agent, kept) = (user_agent.into(), Mutex::new(None));
        Ok(Self { world, way, host, path, user_agent, token, kept })
    }

    /// Sends a body and waits for the answer's code, at most `time_max`.
    ///
    /// # Errors
    /// The server cannot be reached or believed, or does not answer in time: it may have the body.
    pub async fn post(
        &self,
        content_type: &'static str,
        body: Bytes,
        time_max: Duration,
    ) -> Result<Posted, ClientError> {
        tokio::select! {
            biased;
            posted = self.exchange(content_type, body) => posted,
            () = self.world.clock.sleep(time_max) => Err(no_answer("it takes too long")),
        }
    }

    async fn exchange(
        &self,
        content_type: &'static str,
        body: Bytes,
    ) -> Result<Posted, ClientError> {
        let proof = self.token.get(&self.world, None).await?;
        let mut request = Request::post(&self.path)
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::USER_AGENT, &self.user_agent);
        if let Some(token) = &proof.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).map_err(|error| unreachable(&error))?;
        let mut sender = self.sender().await?;
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|error| no_answer(&error.to_string()))?;
        let posted = Posted { code: answer.status().as_u16(), retry_after: retry_after(&answer) };
        if Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await.is_ok() {
            *self.kept.lock().await = Some(sender);
        }
        Ok(posted)
    }

    async fn sender(&self) -> Result<SendRequest<Full<Bytes>>, ClientError> {
        let kept = self.kept.lock().await.take();
        if let Some(mut sender) = kept
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let stream: Box<dyn Connection> = match &self.way {
            Way::Plain { address } => {
                let connected = self.world.network.connect(address).await;
                connected.map_err(|error| unreachable(&error))?
            }
            Way::Tls(connector) => Box::new(connector.stream(&self.world).await?),
        };
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
        let driven = async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        };
        self.world.tasks.spawn("posts", Box::pin(driven));
        Ok(sender)
    }
}
