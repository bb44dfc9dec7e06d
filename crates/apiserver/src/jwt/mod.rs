//! JSON web tokens in their compact form: reading, checking and making signatures.

mod algorithm;
mod der;
mod key;
mod key_set;
mod signing;
#[cfg(test)]
mod tests;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};

pub use algorithm::Algorithm;
pub use key::{KeyError, PublicKey};
pub(crate) use key_set::Jwk;
pub use key_set::KeySet;
pub use signing::SigningKey;

/// A token whose signature nobody has looked at yet: nothing it says may be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compact<'a> {
    /// `header.claims`, which is what was signed.
    signed: &'a str,
    signature: Vec<u8>,
    header: Header,
    claims: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
    /// Extensions that a reader must understand; none are known here.
    #[serde(default)]
    crit: Vec<String>,
}

/// No honest token is longer.
const TOKEN_BYTES_MAX: usize = 128 * 1024;

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forged {
    #[error("invalid signature, no keys found")]
    NoKey,
    #[error("the token is signed with an algorithm that is not accepted")]
    Algorithm,
    #[error("go-jose/go-jose: error in cryptographic primitive")]
    Signature,
}

impl<'a> Compact<'a> {
    /// `None` for what is no token at all.
    pub(crate) fn parse(token: &'a str) -> Option<Self> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if claims.contains('.') {
            return None;
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let (signature, claims) = (decode(signature)?, decode(claims)?);
        header.crit.is_empty().then_some(Self { signed, signature, header, claims })
    }

    /// What it says, believed or not; `None` if that cannot be read.
    pub(crate) fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.claims).ok()
    }

    /// Holds if one of the keys, that of the token's key id if it has one, made the signature with one
    /// of the algorithms.
    pub(crate) fn verify(&self, keys: &[PublicKey], allowed: &[Algorithm]) -> Result<(), Forged> {
        let algorithm = Algorithm::parse(&self.header.alg).filter(|known| allowed.contains(known));
        let algorithm = algorithm.ok_or(Forged::Algorithm)?;
        let id = &self.header.kid;
        let mut eligible = keys.iter().filter(|key| id.is_empty() || key.id() == id).peekable();
        eligible.peek().ok_or(Forged::NoKey)?;
        let message = self.signed.as_bytes();
        let mut verified = eligible.map(|key| key.verify(algorithm, message, &self.signature));
        verified.any(|holds| holds).then_some(()).ok_or(Forged::Signature)
    }
}
