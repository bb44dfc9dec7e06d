//! Connections to members: address, TLS, HTTP/2.

use std::{fmt, sync::Arc, time::Duration};

use hyper::{client::conn::http2, rt::Executor};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    time_provider::TimeProvider,
};
use tokio_rustls::TlsConnector;
use world::{Clock, Connection, Tasks, World};

use super::{
    body::Sent,
    failure::Failure,
    options::{Endpoint, EtcdOptions, Security},
};
use crate::StoreError;

pub(crate) type Sender = http2::SendRequest<Sent>;

const HTTP2: &[u8] = b"h2";
const CONNECT_TIME_MAX: Duration = Duration::from_secs(2);
/// A member that is dead without a word is noticed within both together.
const PING_INTERVAL: Duration = Duration::from_secs(5);
const PING_TIME_MAX: Duration = Duration::from_secs(5);
/// Frames below 256 bytes eat half the connection's window while they wait, and the peer ends the
/// connection when that is used up; so it is as large as it can be, and streams bound what waits.
const CONNECTION_WINDOW_BYTES: u32 = 0x7fff_ffff;
const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const FRAME_BYTES_MAX: u32 = 256 * 1024;

/// Makes connections.
pub(crate) struct Connector {
    world: World,
    tls: Option<TlsConnector>,
}

/// Runs HTTP/2 in tasks of the world.
#[derive(Clone)]
struct WorldExecutor(Arc<dyn Tasks>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for WorldExecutor {
    fn execute(&self, future: F) {
        self.0.spawn("etcd stream", Box::pin(future));
    }
}

impl Connector {
    /// Errors: a certificate or key cannot be used.
    pub(crate) fn new(world: &World, options: &EtcdOptions) -> Result<Self, StoreError> {
        let tls = options.authority.as_ref().map(|_| tls_config(world, options)).transpose();
        let tls = tls.map_err(|reason| StoreError::Unavailable { action: "reach etcd", reason })?;
        Ok(Self { world: world.clone(), tls: tls.map(|tls| TlsConnector::from(Arc::new(tls))) })
    }

    /// A new connection.
    pub(crate) async fn connect(&self, endpoint: &Endpoint) -> Result<Sender, Failure> {
        tokio::select! {
            biased;
            connected = self.handshake(endpoint) => connected,
            () = self.world.clock.sleep(CONNECT_TIME_MAX) => {
                Err(Failure::elsewhere(format!("{} does not answer in time", endpoint.address)))
            }
        }
    }

    async fn handshake(&self, endpoint: &Endpoint) -> Result<Sender, Failure> {
        let stream = self.stream(endpoint).await?;
        let (sender, connection) = http2::Builder::new(WorldExecutor(self.world.tasks.clone()))
            // Members are outside of whatever clock the control plane keeps.
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIME_MAX)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .max_frame_size(FRAME_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::elsewhere(format!("{}: {error}", endpoint.address)))?;
        let address = endpoint.address.clone();
        let driven = async move {
            if let Err(error) = connection.await {
                tracing::debug!(%address, %error, "connection to etcd ended");
            }
        };
        self.world.tasks.spawn("etcd connection", Box::pin(driven));
        Ok(sender)
    }

    async fn stream(&self, endpoint: &Endpoint) -> Result<Box<dyn Connection>, Failure> {
        let socket = self.world.network.connect(&endpoint.address).await;
        let socket = socket.map_err(Failure::elsewhere)?;
        let failed = |reason: &dyn fmt::Display| {
            Failure::elsewhere(format!("TLS with {}: {reason}", endpoint.address))
        };
        match (endpoint.security, &self.tls) {
            (Security::Plain, _) => Ok(socket),
            (Security::Tls, None) => Err(failed(&"no authority is given whom to believe")),
            (Security::Tls, Some(tls)) => {
                let name = ServerName::try_from(endpoint.host.clone());
                let name = name.map_err(|error| failed(&error))?;
                let stream = tls.connect(name, socket).await.map_err(|error| failed(&error))?;
                Ok(Box::new(stream))
            }
        }
    }
}

fn tls_config(world: &World, options: &EtcdOptions) -> Result<ClientConfig, String> {
    let said = |what: &'static str| move |error: &dyn fmt::Display| format!("{what}: {error}");
    let mut roots = RootCertStore::empty();
    let broken = said("the authority of etcd");
    for certificate in CertificateDer::pem_slice_iter(options.authority.as_deref().unwrap_or(&[])) {
        let certificate = certificate.map_err(|error| broken(&error))?;
        roots.add(certificate).map_err(|error| broken(&error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_details(provider, Arc::new(WorldTime(world.clock.clone())))
            .with_safe_default_protocol_versions()
            .map_err(|error| said("TLS")(&error))?
            .with_root_certificates(roots);
    let mut config = match &options.certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let broken = said("the client certificate for etcd");
            let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
            let chain = chain.map_err(|error| broken(&error))?;
            let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| broken(&error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| broken(&error))?
        }
    };
    config.alpn_protocols = vec![HTTP2.to_vec()];
    Ok(config)
}

/// Time of the world, for the validity of certificates.
struct WorldTime(Arc<dyn Clock>);

impl TimeProvider for WorldTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.wall().seconds()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
impl fmt::Debug for WorldTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorldTime")
    }
}
