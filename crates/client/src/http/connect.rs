//! Connections to a server: address, TLS, HTTP/2.

use std::{fmt, sync::Arc, time::Duration};

use hyper::{client::conn::http2, rt::Executor};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    time_provider::TimeProvider,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use world::{Clock, Connection, Tasks, World};

use super::{CertificateSlot, Sender, unreachable};
use crate::{
    ClientError,
    kubeconfig::{Access, Credentials, KubeconfigError, Trust},
};

/// Makes connections to one server.
pub(super) struct Connector {
    /// `host:port`.
    address: String,
    /// As the server's URL names it, with its port if that is written.
    host: String,
    /// What precedes every path, `https://host:port/base`.
    base: String,
    server_name: ServerName<'static>,
    tls: TlsConnector,
    slot: Arc<CertificateSlot>,
}

/// What HTTP/2 is called in TLS.
pub(super) const HTTP2: &[u8] = b"h2";
const HTTPS_PORT: &str = "443";
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// A peer that is dead without a word is noticed within both together, as by the reference's clients.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIME_MAX: Duration = Duration::from_secs(15);
/// The largest there is: a server that sends many small frames must not use up the connection's.
const CONNECTION_WINDOW_BYTES: u32 = 0x7fff_ffff;
const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const FRAME_BYTES_MAX: u32 = 256 * 1024;
/// Ending many watches at once is no attack.
const RESETS_MAX: usize = 100_000;

/// Runs HTTP/2 in tasks of the world.
#[derive(Clone)]
struct WorldExecutor(Arc<dyn Tasks>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for WorldExecutor {
    fn execute(&self, future: F) {
        self.0.spawn("http client", Box::pin(future));
    }
}

impl Connector {
    /// `protocol` is what the connections will speak, in the name that TLS gives it.
    pub(super) fn new(
        world: &World,
        access: &Access,
        protocol: &'static [u8],
    ) -> Result<Self, KubeconfigError> {
        let invalid = |reason: String| KubeconfigError::Invalid { field: "server", reason };
        let server = access.server.trim_end_matches('/');
        let rest = server
            .strip_prefix("https://")
            .ok_or_else(|| invalid(format!("{server} does not begin with https://")))?;
        let authority = rest.split('/').next().unwrap_or_default();
        let parsed: http::uri::Authority =
            authority.parse().map_err(|error| invalid(format!("{authority}: {error}")))?;
        let port = parsed.port().map_or(HTTPS_PORT.to_owned(), |port| port.to_string());
        let host = parsed.host().trim_matches(['[', ']']);
        let name = access.server_name.as_deref().unwrap_or(host).to_owned();
        let server_name = ServerName::try_from(name)
            .map_err(|error| invalid(format!("{host} can be no server name: {error}")))?;
        let slot = Arc::new(CertificateSlot::default());
        let tls = TlsConnector::from(Arc::new(tls_config(world, access, protocol, &slot)?));
        let address = format!("{}:{port}", parsed.host());
        let host = parsed.as_str().to_owned();
        Ok(Self { address, host, base: server.to_owned(), server_name, tls, slot })
    }

    /// Whom requests go to.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Where a plug-in's certificate is put before a connection is made.
    pub(super) const fn slot(&self) -> &Arc<CertificateSlot> {
        &self.slot
    }

    /// The whole URL of a path.
    pub(super) fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A new connection.
    pub(super) async fn connect(&self, world: &World) -> Result<Sender, ClientError> {
        tokio::select! {
            biased;
            connected = self.handshake(world) => connected,
            () = world.clock.sleep(CONNECT_TIME_MAX) => {
                Err(unreachable(&format!("{} does not answer in time", self.address)))
            }
        }
    }

    /// A connection on which nothing was said yet.
    pub(super) async fn stream(
        &self,
        world: &World,
    ) -> Result<TlsStream<Box<dyn Connection>>, ClientError> {
        let socket =
            world.network.connect(&self.address).await.map_err(|error| unreachable(&error))?;
        let stream = self.tls.connect(self.server_name.clone(), socket).await;
        stream.map_err(|error| unreachable(&error))
    }

    async fn handshake(&self, world: &World) -> Result<Sender, ClientError> {
        let stream = self.stream(world).await?;
        if stream.get_ref().1.alpn_protocol() != Some(HTTP2) {
            return Err(unreachable(&format!("{} does not speak HTTP/2", self.address)));
        }
        let (sender, connection) = http2::Builder::new(WorldExecutor(world.tasks.clone()))
            // Peers are outside of whatever clock the control plane keeps.
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIME_MAX)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .max_frame_size(FRAME_BYTES_MAX)
            .max_local_error_reset_streams(RESETS_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| unreachable(&error))?;
        let address = self.address.clone();
        let driven = async move {
            if let Err(error) = connection.await {
                tracing::debug!(%address, %error, "connection ended");
            }
        };
        world.tasks.spawn("http connection", Box::pin(driven));
        Ok(sender)
    }
}

fn tls_config(
    world: &World,
    access: &Access,
    protocol: &'static [u8],
    slot: &Arc<CertificateSlot>,
) -> Result<ClientConfig, KubeconfigError> {
    let invalid = |field: &'static str, reason: &dyn fmt::Display| KubeconfigError::Invalid {
        field,
        reason: reason.to_string(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let time = Arc::new(WorldTime(world.clock.clone()));
    let builder = ClientConfig::builder_with_details(provider.clone(), time)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid("server", &error))?;
    let builder = match &access.trust {
        Trust::Authority(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let field = "certificate-authority";
                let certificate = certificate.map_err(|error| invalid(field, &error))?;
                roots.add(certificate).map_err(|error| invalid(field, &error))?;
            }
            builder.with_root_certificates(roots)
        }
        Trust::Anything => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Unchecked(provider)))
        }
    };
    let mut config = match &access.credentials {
        Credentials::Certificate { certificate, key } => {
            let field = "client-certificate";
            let chain = CertificateDer::pem_slice_iter(certificate)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| invalid(field, &error))?;
            let key = PrivateKeyDer::from_pem_slice(key)
                .map_err(|error| invalid("client-key", &error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| invalid(field, &error))?
        }
        Credentials::Plugin(_) => {
            builder.with_client_cert_resolver(Arc::<CertificateSlot>::clone(slot))
        }
        Credentials::Anonymous | Credentials::Token(_) | Credentials::TokenFile(_) => {
            builder.with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![protocol.to_vec()];
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

/// Takes any certificate, because the user said so; signatures must still be the server's own.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
