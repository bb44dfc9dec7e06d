//! The TLS side of a port: a certificate from files, or one of our own; and whose clients are believed.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    time_provider::TimeProvider,
};
use world::{Clock, Disk, DiskError, World};

/// Which files a port was told to use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// Certificate and key; `None` makes one of our own, in memory.
    pub serving: Option<(PathBuf, PathBuf)>,
    /// Whose clients are believed; `None` believes nobody.
    pub client_authority: Option<PathBuf>,
}

/// TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("{path} holds no usable {what}: {reason}")]
    File { path: String, what: &'static str, reason: String },
    #[error("setting TLS up: {reason}")]
    Setup { reason: String },
}

/// The configuration of a port.
///
/// # Errors
/// A file cannot be read or used.
pub fn server_config(world: &World, files: &Files) -> Result<Arc<ServerConfig>, TlsError> {
    let (chain, key) = match &files.serving {
        Some((certificate, key)) => {
            let disk = &*world.disk;
            (certificates(disk, certificate)?, private_key(disk, key)?)
        }
        None => own_certificate()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = match &files.client_authority {
        Some(path) => believing(&*world.disk, path)?,
        None => WebPkiClientVerifier::no_client_auth(),
    };
    let time = Arc::new(WorldTime(world.clock.clone()));
    let mut config = ServerConfig::builder_with_details(provider, time)
        .with_safe_default_protocol_versions()
        .map_err(|error| setup(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| setup(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Client certificates are welcome but not demanded.
fn believing(disk: &dyn Disk, path: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(disk, path)? {
        roots.add(certificate).map_err(|error| unusable(path, "certificate", &error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    verifier.allow_unauthenticated().build().map_err(|error| setup(&error))
}

fn certificates(disk: &dyn Disk, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = disk.read(path)?;
    let found = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| unusable(path, "certificate", &error))?;
    if found.is_empty() {
        return Err(unusable(path, "certificate", &"there is none"));
    }
    Ok(found)
}

fn private_key(disk: &dyn Disk, path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = disk.read(path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| unusable(path, "private key", &error))
}

type Serving = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Self-signed, for as long as the process lives.
fn own_certificate() -> Result<Serving, TlsError> {
    let key = KeyPair::generate().map_err(|error| setup(&error))?;
    let hosts = vec!["localhost".to_owned()];
    let mut params = CertificateParams::new(hosts).map_err(|error| setup(&error))?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
    params.subject_alt_names.extend(loopback.map(SanType::IpAddress));
    let certificate = params.self_signed(&key).map_err(|error| setup(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes());
    Ok((vec![certificate.der().clone()], key.map_err(|error| setup(&error))?))
}

fn unusable(path: &Path, what: &'static str, reason: &dyn fmt::Display) -> TlsError {
    TlsError::File { path: path.display().to_string(), what, reason: reason.to_string() }
}

fn setup(reason: &dyn fmt::Display) -> TlsError {
    TlsError::Setup { reason: reason.to_string() }
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
