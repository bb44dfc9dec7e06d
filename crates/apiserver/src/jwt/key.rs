//! Public keys that signatures are checked with, from PEM files or from a key set.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{digest, signature::UnparsedPublicKey};
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use x509_parser::{
    certificate::X509Certificate, prelude::FromDer, public_key::PublicKey as Parsed,
    x509::SubjectPublicKeyInfo,
};

use super::{
    SigningKey,
    algorithm::{Algorithm, Family},
    der,
};

/// A key that can say whether a signature is its owner's.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    family: Family,
    /// An RSA key in PKCS#1, or a point of the curve.
    bits: Vec<u8>,
    id: String,
}

/// A file holds no key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(pub(super) String);

/// The sizes of coordinates, in bytes.
const P256_BYTES: usize = 32;
const P384_BYTES: usize = 48;

impl PublicKey {
    /// The keys of a PEM file: public keys, certificates, or private keys, whose public part is taken.
    ///
    /// # Errors
    /// It holds none, or one of a kind that tokens are not signed with.
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, KeyError> {
        let mut keys = Vec::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
            let (kind, der) = section.map_err(|error| KeyError(format!("no PEM: {error}")))?;
            if kind == SectionKind::PublicKey {
                keys.push(Self::from_info(&der)?);
            } else if kind == SectionKind::Certificate {
                let (_, certificate) = X509Certificate::from_der(&der)
                    .map_err(|error| KeyError(format!("no certificate: {error}")))?;
                keys.push(Self::from_info(certificate.public_key().raw)?);
            } else if let Some(key) = SigningKey::from_section(kind, &der)? {
                keys.push(key.public().clone());
            }
        }
        if keys.is_empty() {
            return Err(KeyError("it holds no key".to_owned()));
        }
        Ok(keys)
    }

    pub(super) fn new(family: Family, bits: Vec<u8>) -> Self {
        let info = der::public_key_info(family, &bits);
        let id = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &info));
        Self { family, bits, id }
    }

    /// The same key under the id that a key set gives it.
    pub(super) fn called(self, id: &str) -> Self {
        if id.is_empty() { self } else { Self { id: id.to_owned(), ..self } }
    }

    fn from_info(info: &[u8]) -> Result<Self, KeyError> {
        let (_, info) = SubjectPublicKeyInfo::from_der(info)
            .map_err(|error| KeyError(format!("no public key: {error}")))?;
        let bits = info.subject_public_key.data.to_vec();
        let parsed = info.parsed().map_err(|error| KeyError(format!("no public key: {error}")))?;
        let is_point = |bytes: usize| bits.len() == 1 + 2 * bytes && bits.first() == Some(&4);
        if matches!(parsed, Parsed::RSA(_)) {
            return Ok(Self::new(Family::Rsa, bits));
        }
        if matches!(parsed, Parsed::EC(_)) && is_point(P256_BYTES) {
            return Ok(Self::new(Family::P256, bits));
        }
        if matches!(parsed, Parsed::EC(_)) && is_point(P384_BYTES) {
            return Ok(Self::new(Family::P384, bits));
        }
        Err(KeyError("only RSA, P-256 and P-384 keys sign tokens".to_owned()))
    }

    /// The base64 of the SHA-256 of its DER form, by which tokens name it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What service-account tokens are signed with under this key.
    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.family.usual()
    }

    pub(super) const fn family(&self) -> Family {
        self.family
    }

    /// Whether it made this signature of a message.
    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(algorithm.verification(), &self.bits);
        algorithm.family() == self.family && key.verify(message, signature).is_ok()
    }

    /// The numbers of which a key set makes it up: modulus and exponent, or the two coordinates.
    pub(super) fn numbers(&self) -> (Vec<u8>, Vec<u8>) {
        match self.family {
            Family::Rsa => {
                let info = der::public_key_info(self.family, &self.bits);
                let parsed = SubjectPublicKeyInfo::from_der(&info).ok();
                let parsed = parsed.as_ref().and_then(|(_, info)| info.parsed().ok());
                let Some(Parsed::RSA(key)) = parsed else { return Default::default() };
                (trimmed(key.modulus), trimmed(key.exponent))
            }
            Family::P256 | Family::P384 => {
                let point = self.bits.get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                (x.to_vec(), y.to_vec())
            }
        }
    }
}

/// Without leading zeros.
fn trimmed(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    number[start..].to_vec()
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}
