//! The private key that tokens are signed with.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        KeyPair as _, RSA_PKCS1_SHA256,
    },
};
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use serde_json::{Value, json};

use super::{KeyError, PublicKey, algorithm::Family, der};

/// Signs tokens.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Rsa(rsa::KeyPair),
    Curve(EcdsaKeyPair),
}

impl SigningKey {
    /// The first private key of a PEM file, in PKCS#1, PKCS#8 or SEC1.
    ///
    /// # Errors
    /// It holds none, or one that tokens are not signed with.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
            let (kind, der) = section.map_err(|error| KeyError(format!("no PEM: {error}")))?;
            if let Some(key) = Self::from_section(kind, &der)? {
                return Ok(key);
            }
        }
        Err(KeyError("it holds no private key".to_owned()))
    }

    /// `None` for a section that is no private key.
    pub(super) fn from_section(kind: SectionKind, key: &[u8]) -> Result<Option<Self>, KeyError> {
        let found = if kind == SectionKind::RsaPrivateKey {
            rsa::KeyPair::from_der(key).ok().map(Self::rsa)
        } else if kind == SectionKind::EcPrivateKey {
            let mut curves = [Family::P256, Family::P384].into_iter();
            curves.find_map(|family| Self::curve(family, &der::wrap_sec1(family, key)))
        } else if kind == SectionKind::PrivateKey {
            let mut curves = [Family::P256, Family::P384].into_iter();
            let rsa = || rsa::KeyPair::from_pkcs8(key).ok().map(Self::rsa);
            curves.find_map(|family| Self::curve(family, key)).or_else(rsa)
        } else {
            return Ok(None);
        };
        let reason = "only RSA keys of 2048 bits and more, P-256 and P-384 keys sign tokens";
        found.map(Some).ok_or_else(|| KeyError(reason.to_owned()))
    }

    fn rsa(pair: rsa::KeyPair) -> Self {
        let public = PublicKey::new(Family::Rsa, pair.public().as_ref().to_vec());
        Self { pair: Pair::Rsa(pair), public }
    }

    fn curve(family: Family, key: &[u8]) -> Option<Self> {
        let algorithm = match family {
            Family::Rsa => return None,
            Family::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Family::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        };
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, key, &SystemRandom::new()).ok()?;
        let public = PublicKey::new(family, pair.public_key().as_ref().to_vec());
        Some(Self { pair: Pair::Curve(pair), public })
    }

    /// What its signatures are checked with.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A token that says `claims`.
    ///
    /// # Errors
    /// The system has no randomness to sign with.
    pub fn sign(&self, claims: &Value) -> Result<String, KeyError> {
        let header = json!({"alg": self.public.algorithm().name(), "kid": self.public.id()});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let failed = |_| KeyError("the key cannot sign: no randomness".to_owned());
        let (random, message) = (SystemRandom::new(), signed.as_bytes());
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                signature
            }
            Pair::Curve(pair) => pair.sign(&random, message).map_err(failed)?.as_ref().to_vec(),
        };
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public.id())
    }
}
