//! Certificates and TLS: an authority of our own, what it signs, and whom a certificate names.

mod authority;
mod files;
mod identity;
pub mod kubeconfig;
mod peer;
mod serving;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use meta::time::Time;
use rcgen::KeyPair;
pub use rustls::ServerConfig;
use rustls::{
    pki_types::{CertificateDer, UnixTime, pem::PemObject},
    sign::CertifiedKey,
    time_provider::TimeProvider,
};
use world::{Clock, DiskError, Watched, World};

pub use authority::{Authority, ServingNames, Signed};
pub use files::end_of;
use peer::AnyCertificate;
pub use peer::{ClientRoots, Peer};
use serving::Resolver;
pub use serving::{client_roots_files, serving_files};

/// Certificates could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("signing the certificate of {name}: {reason}")]
    Sign { name: String, reason: String },
    #[error("{what} is no valid PEM: {reason}")]
    Pem { what: String, reason: String },
    #[error("setting TLS up: {reason}")]
    Setup { reason: String },
}

/// What a server needs to be believed and to believe its clients.
#[derive(Debug, Clone)]
pub struct Pki {
    pub authority: Authority,
    pub serving: Signed,
    /// Member of `system:masters`.
    pub admin: Signed,
    /// Signs the tokens of service accounts; PEM.
    pub account_key: String,
}

/// What errors call the key of service-account tokens, and its files.
const ACCOUNT_KEY: &str = "sa";

/// Time of the world, for the validity of certificates.
struct WorldTime(Arc<dyn Clock>);

impl Pki {
    /// Certificates that live as long as the process.
    ///
    /// # Errors
    /// The keys could not be made.
    pub fn in_memory(now: Time, names: &ServingNames) -> Result<Self, PkiError> {
        let authority = Authority::new(now)?;
        let serving = authority.sign_server(names, now)?;
        let admin = authority.sign_admin(now)?;
        let account_key = new_key(ACCOUNT_KEY)?;
        Ok(Self { authority, serving, admin, account_key })
    }

    /// Whose client certificates are believed.
    ///
    /// # Errors
    /// The authority is broken.
    pub fn client_roots(&self) -> Result<ClientRoots, PkiError> {
        ClientRoots::from_pem(&self.authority.certificate)
    }

    /// The server side of TLS with the serving certificate of this moment.
    ///
    /// # Errors
    /// The certificates do not fit together.
    pub fn server_config(&self, world: &World) -> Result<Arc<ServerConfig>, PkiError> {
        let Signed { certificate, key } = &self.serving;
        let serving = serving::certified_key(certificate.as_bytes(), key.as_bytes())?;
        server_config(&world.clock, Watched::fixed(world, serving))
    }
}

/// The server side of TLS: HTTP/2 or HTTP/1.1, client certificates welcome but not demanded, and the
/// certificate shown that its files hold when a connection comes.
///
/// # Errors
/// TLS itself cannot be set up.
pub fn server_config(
    clock: &Arc<dyn Clock>,
    serving: Watched<CertifiedKey>,
) -> Result<Arc<ServerConfig>, PkiError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let mut config =
        ServerConfig::builder_with_details(provider, Arc::new(WorldTime(clock.clone())))
            .with_safe_default_protocol_versions()
            .map_err(|error| PkiError::setup(&error))?
            .with_client_cert_verifier(Arc::new(AnyCertificate { algorithms }))
            .with_cert_resolver(Arc::new(Resolver(serving)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl PkiError {
    fn setup(reason: &dyn fmt::Display) -> Self {
        Self::Setup { reason: reason.to_string() }
    }
}

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

/// A private key (ECDSA P-256) as PEM.
fn new_key(name: &str) -> Result<String, PkiError> {
    let key = KeyPair::generate()
        .map_err(|error| PkiError::Sign { name: name.to_owned(), reason: error.to_string() })?;
    Ok(key.serialize_pem())
}

fn certificates(pem: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let failed = |reason: String| PkiError::Pem { what: what.to_owned(), reason };
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| failed(error.to_string()))?;
    if found.is_empty() {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Ok(found)
}
