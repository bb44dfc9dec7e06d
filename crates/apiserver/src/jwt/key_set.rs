//! Key sets: how an issuer publishes the keys that its tokens are checked with.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{PublicKey, algorithm::Family, der};

/// Keys, in the order in which they are published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    pub(crate) keys: Vec<Jwk>,
}

/// One key. Which fields there are depends on its type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Jwk {
    #[serde(rename = "use", skip_serializing_if = "String::is_empty")]
    purpose: String,
    kty: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    kid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    crv: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    alg: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    x: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    y: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    n: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    e: String,
}

impl KeySet {
    /// The keys in it that signatures can be checked with; others are somebody else's.
    pub fn usable(&self) -> Vec<PublicKey> {
        self.keys.iter().filter_map(Jwk::key).collect()
    }
}

impl From<&PublicKey> for Jwk {
    fn from(key: &PublicKey) -> Self {
        let family = key.family();
        let (first, second) = key.numbers();
        let (first, second) = (URL_SAFE_NO_PAD.encode(first), URL_SAFE_NO_PAD.encode(second));
        let common = Self {
            purpose: "sig".to_owned(),
            kid: key.id().to_owned(),
            alg: key.algorithm().name().to_owned(),
            ..Self::default()
        };
        let curve = match family {
            Family::Rsa => {
                return Self { kty: "RSA".to_owned(), n: first, e: second, ..common };
            }
            Family::P256 => "P-256",
            Family::P384 => "P-384",
        };
        Self { kty: "EC".to_owned(), crv: curve.to_owned(), x: first, y: second, ..common }
    }
}

impl Jwk {
    fn key(&self) -> Option<PublicKey> {
        if !matches!(self.purpose.as_str(), "" | "sig") {
            return None;
        }
        let number = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
            Some(bytes).filter(|bytes| !bytes.is_empty())
        };
        let family = match (self.kty.as_str(), self.crv.as_str()) {
            ("RSA", _) => {
                let bits = der::rsa_public_key(&number(&self.n)?, &number(&self.e)?);
                return Some(PublicKey::new(Family::Rsa, bits).called(&self.kid));
            }
            ("EC", "P-256") => Family::P256,
            ("EC", "P-384") => Family::P384,
            _ => return None,
        };
        let point = [vec![4], number(&self.x)?, number(&self.y)?].concat();
        Some(PublicKey::new(family, point).called(&self.kid))
    }
}
