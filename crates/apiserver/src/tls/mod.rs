//! Certificates and TLS: an authority of our own, what it signs, and whom a certificate names.

mod authority;
mod files;
mod identity;
pub mod kubeconfig;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use meta::time::Time;
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::WebPkiClientVerifier,
    time_provider::TimeProvider,
};
use world::{Clock, DiskError};

pub use authority::{Authority, ServingNames, Signed};
pub(crate) use identity::user_of;

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
}

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
        Ok(Self { authority, serving, admin })
    }

    /// The server side of TLS: HTTP/2 or HTTP/1.1, client certificates welcome but not demanded.
    ///
    /// # Errors
    /// The certificates do not fit together.
    pub fn server_config(&self, clock: &Arc<dyn Clock>) -> Result<Arc<ServerConfig>, PkiError> {
        let setup = |reason: &dyn fmt::Display| PkiError::Setup { reason: reason.to_string() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.authority.certificate, "the authority")? {
            roots.add(certificate).map_err(|error| setup(&error))?;
        }
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .allow_unauthenticated()
                .build()
                .map_err(|error| setup(&error))?;
        let chain = certificates(&self.serving.certificate, "the serving certificate")?;
        let key = PrivateKeyDer::from_pem_slice(self.serving.key.as_bytes()).map_err(|error| {
            PkiError::Pem { what: "the serving key".to_owned(), reason: error.to_string() }
        })?;
        let time = Arc::new(WorldTime(clock.clone()));
        let mut config = ServerConfig::builder_with_details(provider, time)
            .with_safe_default_protocol_versions()
            .map_err(|error| setup(&error))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|error| setup(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
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

fn certificates(pem: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| PkiError::Pem { what: what.to_owned(), reason: error.to_string() })
}
