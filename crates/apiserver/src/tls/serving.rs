//! The certificate that a server shows, and the authorities of its clients, as their files hold them.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use world::{Watched, WatchedError, World};

use super::{ClientRoots, PkiError, certificates};

/// Shows the certificate of the moment.
#[derive(Debug)]
pub(super) struct Resolver(pub(super) Watched<CertifiedKey>);

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.get())
    }
}

/// The serving certificate in two PEM files.
///
/// # Errors
/// A file cannot be read, or the two do not fit together.
pub fn serving_files(
    world: &World,
    certificate: PathBuf,
    key: PathBuf,
) -> Result<Watched<CertifiedKey>, WatchedError> {
    Watched::open(world, vec![certificate, key], |contents| match contents {
        [certificate, key] => certified_key(certificate, key).map_err(|error| error.to_string()),
        _ => Err("a certificate needs a key".to_owned()),
    })
}

/// The authorities in PEM files, all together.
///
/// # Errors
/// A file cannot be read, or there is no authority in them.
pub fn client_roots_files(
    world: &World,
    paths: Vec<PathBuf>,
) -> Result<Watched<ClientRoots>, WatchedError> {
    Watched::open(world, paths, |contents| {
        let pem = String::from_utf8_lossy(&contents.join(&b'\n')).into_owned();
        ClientRoots::from_pem(&pem).map_err(|error| error.to_string())
    })
}

/// A chain and its key, which must be the chain's.
pub(super) fn certified_key(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, PkiError> {
    let chain = certificates(&String::from_utf8_lossy(certificate), "the serving certificate")?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| PkiError::Pem {
        what: "the serving key".to_owned(),
        reason: error.to_string(),
    })?;
    let key = any_supported_type(&key).map_err(|error| PkiError::setup(&error))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|error| PkiError::setup(&error))?;
    Ok(certified)
}
