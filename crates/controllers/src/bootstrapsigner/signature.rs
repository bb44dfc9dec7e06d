//! Signatures of a text by a token: JSON web signatures with HMAC-SHA256, without the text between.

use api::views::Secret;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

use crate::shared::bootstrap_tokens::{Expiry, is_token};

const NAME: &str = "bootstrap-token-";
const ID_LENGTH: usize = 6;

/// A token that may sign.
pub(super) struct SigningToken {
    /// Its public part.
    pub(super) id: String,
    secret: String,
    pub(super) expiry: Expiry,
}

impl SigningToken {
    /// `None` for secrets that are no sound token, or one for something else.
    pub(super) fn of(secret: &Secret) -> Option<Self> {
        let id = secret.text("token-id")?;
        let is_letter = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let is_sound = id.len() == ID_LENGTH && id.bytes().all(is_letter);
        let is_named = secret.metadata.name.strip_prefix(NAME) == Some(&id);
        let signs = secret.text("usage-bootstrap-signing").as_deref() == Some("true");
        if !is_token(secret) || !is_sound || !is_named || !signs {
            return None;
        }
        let value = secret.text("token-secret").filter(|value| !value.is_empty())?;
        Some(Self { id, secret: value, expiry: Expiry::of(secret) })
    }
}

/// `header..signature` of a text.
pub(super) fn sign(token: &SigningToken, text: &str) -> String {
    // Its fields stand in the order in which the reference writes them, as clients may compare.
    let header = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, token.id);
    let (header, text) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(text));
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.secret.as_bytes());
    let signature = hmac::sign(&key, format!("{header}.{text}").as_bytes());
    format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature))
}

impl std::fmt::Debug for SigningToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningToken({}, {:?})", self.id, self.expiry)
    }
}
