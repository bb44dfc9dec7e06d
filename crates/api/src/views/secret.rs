//! What is read of a Secret: of those that prove who somebody is all, of others that they are there.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::{object::ObjectMeta, text::Text};
use serde::Deserialize;

use super::kind;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "Whole")]
pub struct Secret {
    pub metadata: ObjectMeta,
    pub kind: SecretType,
    data: Credentials,
}
kind!(Secret, crate::resources::SECRETS);

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretType {
    /// Holds a token of a service account.
    AccountToken,
    /// Holds a token by which nodes join.
    BootstrapToken,
    /// Anything else, which is nobody's business.
    #[default]
    Other,
}

/// Values in base64, which no log shows.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
struct Credentials(BTreeMap<String, String>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Whole {
    metadata: ObjectMeta,
    #[serde(rename = "type")]
    kind: Text,
    data: Option<Credentials>,
}

impl Secret {
    /// A value as text; `None` if it is not there or no text. Empty for secrets of other types.
    pub fn text(&self, key: &str) -> Option<String> {
        let bytes = STANDARD.decode(self.data.0.get(key)?).ok()?;
        String::from_utf8(bytes).ok()
    }
    /// Whether there is a value, and more than nothing in it.
    pub fn has(&self, key: &str) -> bool {
        self.data.0.get(key).is_some_and(|value| !value.is_empty())
    }
}

impl From<Whole> for Secret {
    fn from(whole: Whole) -> Self {
        let kind = match &*whole.kind {
            "kubernetes.io/service-account-token" => SecretType::AccountToken,
            "bootstrap.kubernetes.io/token" => SecretType::BootstrapToken,
            _ => SecretType::Other,
        };
        let data = match kind {
            SecretType::AccountToken | SecretType::BootstrapToken => whole.data.unwrap_or_default(),
            SecretType::Other => Credentials::default(),
        };
        Self { metadata: whole.metadata, kind, data }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_keep_secret_is_not_kept_here() {
        let secret = |kind: &str| -> Secret {
            let json = format!(r#"{{"data":{{"token":"dA=="}},"type":"{kind}"}}"#);
            serde_json::from_str(&json).expect("sound")
        };
        let token = secret("kubernetes.io/service-account-token");
        assert_eq!(token.text("token").as_deref(), Some("t"));
        assert_eq!(secret("Opaque").text("token"), None);
        assert!(!format!("{token:?}").contains("dA=="));
    }
}
