//! Signs the tokens that controllers put into secrets.

use std::sync::Arc;

use apiserver::{authentication::legacy_token, jwt::SigningKey};
use controllers::serviceaccounttoken::{Claims, Issuer, TokenIssuer};

struct Key(SigningKey);

/// Who makes the tokens in secrets, with a key that API servers believe.
pub fn token_issuer(key: SigningKey) -> Issuer {
    Issuer(Arc::new(Key(key)))
}

impl TokenIssuer for Key {
    fn issue(&self, claims: &Claims) -> Option<String> {
        let Claims { account, account_uid, secret } = claims;
        match legacy_token(&self.0, account, account_uid, secret) {
            Ok(token) => Some(token),
            Err(error) => {
                tracing::error!(%account, %secret, %error, "cannot make a token");
                None
            }
        }
    }
}
