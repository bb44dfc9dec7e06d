//! Tokens of the old kind, which never end: believed while the secret that holds them is there.

use meta::{object::ObjectKey, time::Time};
use serde::Deserialize;
use serde_json::{Value, json};

use super::claims::{Claims, Found, Kind, Needed, account_user};
use crate::{
    User,
    jwt::{KeyError, SigningKey},
};

/// Who signs them.
pub(super) const ISSUER: &str = "kubernetes/serviceaccount";
/// When the secret's token was last used, as a day.
pub(crate) const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
/// Since when the secret's token is refused, as a day.
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

/// What only they say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub(super) struct LegacyClaims {
    #[serde(rename = "kubernetes.io/serviceaccount/namespace")]
    namespace: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.name")]
    name: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.uid")]
    uid: String,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    secret: String,
}

/// A token of the old kind, for an account and in a secret of its namespace.
///
/// # Errors
/// The key cannot sign.
pub fn legacy_token(
    key: &SigningKey,
    account: &ObjectKey,
    account_uid: &str,
    secret: &str,
) -> Result<String, KeyError> {
    let ObjectKey { namespace, name } = account;
    key.sign(&json!({
        "iss": ISSUER,
        "sub": account_user(namespace, name).name,
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": secret,
        "kubernetes.io/serviceaccount/service-account.name": name,
        "kubernetes.io/serviceaccount/service-account.uid": account_uid,
    }))
}

impl Claims {
    /// The account and the secret that a token of the old kind needs.
    ///
    /// # Errors
    /// A claim is missing.
    pub(crate) fn legacy_needs(&self) -> Result<[Needed; 2], String> {
        let legacy = &self.legacy;
        let claims = [
            (&self.sub, "sub"),
            (&legacy.namespace, "namespace"),
            (&legacy.secret, "secretName"),
            (&legacy.name, "serviceAccountName"),
            (&legacy.uid, "serviceAccountUID"),
        ];
        if let Some((_, name)) = claims.iter().find(|(claim, _)| claim.is_empty()) {
            return Err(format!("{name} claim is missing"));
        }
        if self.sub != account_user(&legacy.namespace, &legacy.name).name {
            return Err("sub claim is invalid".to_owned());
        }
        let needed = |kind, name: &String, uid: &str| Needed {
            kind,
            namespace: legacy.namespace.clone(),
            name: name.clone(),
            uid: uid.to_owned(),
        };
        Ok([
            needed(Kind::ServiceAccount, &legacy.name, &legacy.uid),
            needed(Kind::Secret, &legacy.secret, ""),
        ])
    }

    /// Whom a token of the old kind names.
    pub(crate) fn legacy_user(&self) -> User {
        let legacy = &self.legacy;
        User { uid: legacy.uid.clone(), ..account_user(&legacy.namespace, &legacy.name) }
    }
}

/// Whether a secret vouches for a token; `data` is the token in the secret's encoding.
///
/// # Errors
/// Why it does not, in the reference's words.
pub(crate) fn check_secret(
    secret: Option<&Value>,
    data: &str,
    needed: &[Needed; 2],
) -> Result<(), String> {
    let [account, place] = needed;
    let is_there = |secret: &&Value| secret["metadata"]["deletionTimestamp"].is_null();
    let Some(secret) = secret.filter(is_there) else {
        return Err("Token has been invalidated".to_owned());
    };
    if secret["data"]["token"] != data {
        return Err("Token does not match server's copy".to_owned());
    }
    if secret["metadata"]["labels"].get(INVALID_SINCE).is_none() {
        return Ok(());
    }
    let (namespace, name, account) = (&place.namespace, &place.name, &account.name);
    Err(format!(
        "the token in secret {namespace}/{name} for service account {namespace}/{account} has been \
         marked invalid. Use tokens from the TokenRequest API or manually created secret-based \
         tokens, or remove the '{INVALID_SINCE}' label from the secret to temporarily allow use of \
         this token"
    ))
}

/// Whether an account still vouches for a token of the old kind.
///
/// # Errors
/// Why it does not, in the reference's words.
pub(crate) fn check_account(
    needed: &Needed,
    found: Option<&Found>,
    now: Time,
) -> Result<(), String> {
    match found {
        Some(found) if found.uid != needed.uid => {
            Err(format!("ServiceAccount UID ({}) does not match claim ({})", found.uid, needed.uid))
        }
        found => needed.check(found, now),
    }
}
