//! The client certificate of the moment, where connections find it.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    SignatureScheme,
    client::ResolvesClientCert,
    crypto::ring::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

/// Holds a certificate that may change; connections are made with the one that is there.
#[derive(Debug, Default)]
pub(crate) struct CertificateSlot(Mutex<Option<Arc<CertifiedKey>>>);

impl CertificateSlot {
    /// Replaces the certificate by a chain and its key in PEM, or by none.
    ///
    /// # Errors
    /// They are no certificates, or no key that can sign.
    pub(crate) fn put(&self, pair: Option<(&[u8], &[u8])>) -> Result<(), String> {
        let made = match pair {
            None => None,
            Some((chain, key)) => Some(Arc::new(certified(chain, key)?)),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = made;
        Ok(())
    }

    fn get(&self) -> Option<Arc<CertifiedKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn certified(chain: &[u8], key: &[u8]) -> Result<CertifiedKey, String> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("its certificate cannot be read: {error}"))?;
    if chain.is_empty() {
        return Err("its certificate is no PEM".to_owned());
    }
    let unusable = |error: &dyn std::fmt::Display| format!("its key cannot be used: {error}");
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| unusable(&error))?;
    let key = any_supported_type(&key).map_err(|error| unusable(&error))?;
    Ok(CertifiedKey::new(chain, key))
}

impl ResolvesClientCert for CertificateSlot {
    fn resolve(
        &self,
        _authorities: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        self.get()
    }
    fn has_certs(&self) -> bool {
        self.get().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_leaves_the_last_one() {
        let slot = CertificateSlot::default();
        assert_eq!(slot.put(Some((b"c", b"k"))).unwrap_err(), "its certificate is no PEM");
        assert!(!slot.has_certs());
        assert_eq!(slot.put(None), Ok(()));
    }
}
