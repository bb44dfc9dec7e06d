//! Secrets that hold a token of a service account: whose they are.

use api::views::{Secret, SecretType, ServiceAccount};
use meta::{object::ObjectKey, text::Text};
use runtime::Index;

/// The account's name, on its secret.
pub(crate) const ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
/// The account's UID, on its secret.
pub(crate) const ACCOUNT_UID: &str = "kubernetes.io/service-account.uid";

/// Secrets with tokens, by `namespace/name` of the account they are for.
pub(crate) static SECRETS_BY_ACCOUNT: Index<Secret> = Index {
    name: "account",
    values: |secret| {
        account_of(secret).map(|account| account.to_string().into()).into_iter().collect()
    },
};

/// The account that a secret holds a token of; `None` for other secrets.
pub(crate) fn account_of(secret: &Secret) -> Option<ObjectKey> {
    let metadata = &secret.metadata;
    let name = metadata.annotations.get(ACCOUNT_NAME).filter(|name| !name.is_empty())?;
    (secret.kind == SecretType::AccountToken)
        .then(|| ObjectKey::new(metadata.namespace.clone(), name.clone()))
}

/// Whether the account is the one that the secret was made for, and not a later one of its name.
pub(crate) fn is_for(secret: &Secret, account: &ServiceAccount) -> bool {
    let uid: Option<&Text> = secret.metadata.annotations.get(ACCOUNT_UID);
    uid.is_none_or(|uid| uid.is_empty() || *uid == account.metadata.uid.0)
}
