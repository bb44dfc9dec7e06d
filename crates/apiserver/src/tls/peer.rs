//! Who is at the other end of a connection: its certificate, and whether that is believed.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::WebPkiSupportedAlgorithms,
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use world::{Clock, Monotonic};

use super::{PkiError, certificates, identity};
use crate::User;

/// Whose client certificates are believed.
#[derive(Debug)]
pub struct ClientRoots {
    verifier: Arc<dyn ClientCertVerifier>,
    /// As others are told to believe them.
    pub pem: String,
}

/// The other end of a connection, which has proved to hold the key of its certificate.
#[derive(Debug)]
pub struct Peer {
    chain: Vec<CertificateDer<'static>>,
    /// The last verdicts: one for each authority that was asked.
    verdicts: Mutex<Vec<Verdict>>,
}

#[derive(Debug)]
struct Verdict {
    roots: Arc<ClientRoots>,
    reached: Monotonic,
    user: Option<User>,
}

/// A verdict is reached anew after that, for certificates that end.
const VERDICT_TIME_MAX: Duration = Duration::from_mins(1);
/// The authorities of clients and of front proxies.
const VERDICTS_MAX: usize = 2;

impl ClientRoots {
    /// The authorities of a PEM file.
    ///
    /// # Errors
    /// It holds none.
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem, "the client authority")? {
            roots.add(certificate).map_err(|error| PkiError::setup(&error))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| PkiError::setup(&error))?;
        Ok(Self { verifier, pem: pem.to_owned() })
    }
}

impl Peer {
    /// A chain as it came, the own certificate first.
    pub const fn new(chain: Vec<CertificateDer<'static>>) -> Self {
        Self { chain, verdicts: Mutex::new(Vec::new()) }
    }

    /// Whom its certificate names, if an authority vouches for it.
    pub fn user(&self, roots: &Arc<ClientRoots>, clock: &dyn Clock) -> Option<User> {
        let now = clock.monotonic();
        let mut verdicts = self.verdicts.lock();
        verdicts.retain(|verdict| now.since(verdict.reached) < VERDICT_TIME_MAX);
        if let Some(verdict) = verdicts.iter().find(|known| Arc::ptr_eq(&known.roots, roots)) {
            return verdict.user.clone();
        }
        let user = self.judge(roots, clock);
        verdicts.truncate(VERDICTS_MAX - 1);
        verdicts.push(Verdict { roots: Arc::clone(roots), reached: now, user: user.clone() });
        user
    }

    fn judge(&self, roots: &ClientRoots, clock: &dyn Clock) -> Option<User> {
        let (own, chain) = self.chain.split_first()?;
        let seconds = u64::try_from(clock.wall().seconds()).ok()?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        match roots.verifier.verify_client_cert(own, chain, now) {
            Ok(_) => identity::user_of(own),
            Err(error) => {
                tracing::debug!(%error, "a client certificate is not believed");
                None
            }
        }
    }
}

/// Asks every client for a certificate and takes what comes: whether it is believed is authentication's
/// to say, which knows the authorities of the moment. Signatures are checked here.
#[derive(Debug)]
pub(super) struct AnyCertificate {
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }
    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
