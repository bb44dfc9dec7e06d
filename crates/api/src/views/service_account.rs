//! What is read of a ServiceAccount.

use meta::{object::ObjectMeta, text::Text};
use serde::Deserialize;

use super::{kind, null_is_empty};

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ServiceAccount {
    pub metadata: ObjectMeta,
    /// Secrets that were made for it, in clusters older than Kubernetes 1.24.
    #[serde(deserialize_with = "null_is_empty")]
    pub secrets: Vec<SecretReference>,
}

/// Names a secret of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct SecretReference {
    pub name: Text,
}
kind!(ServiceAccount, crate::resources::SERVICE_ACCOUNTS);
