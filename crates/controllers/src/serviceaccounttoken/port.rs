//! Who makes tokens: the key that signs them is none of the controller's business.

use std::sync::Arc;

use meta::{object::ObjectKey, text::Text};

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is.
    pub account: ObjectKey,
    /// UID of the account.
    pub account_uid: Text,
    /// Name of the secret that holds it.
    pub secret: Text,
}

/// Makes tokens that never end and are good for as long as their secret is there.
pub trait TokenIssuer: Send + Sync {
    /// A signed token; `None` if the key cannot sign, which the issuer tells of.
    fn issue(&self, claims: &Claims) -> Option<String>;
}

/// The issuer, provided to the informers before controllers are set up. Without it no secret is filled,
/// but those of accounts that are gone still go.
#[derive(Clone)]
pub struct Issuer(pub Arc<dyn TokenIssuer>);

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issuer")
    }
}
