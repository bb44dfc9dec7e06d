//! Whose service-account tokens a server issues and believes: keys, issuers, audiences, lifetimes.

use std::sync::Arc;

use meta::collections::HashMap;
use parking_lot::Mutex;
use ring::digest;
use serde_json::{Value, json};

use super::{claims::Claims, legacy};
use crate::jwt::{Algorithm, Compact, Jwk, KeyError, KeySet, PublicKey, SigningKey};

/// The issuer of service-account tokens.
#[derive(Debug)]
pub struct ServiceAccounts {
    settings: AccountSettings,
    keys: Vec<PublicKey>,
    /// What tokens say whose signatures were found to hold, by their digests. Everything that can
    /// change (time, account, pod) is looked at anew for each request.
    verified: Mutex<HashMap<Vec<u8>, Arc<Claims>>>,
}

/// What an issuer is made of.
#[derive(Debug)]
pub struct AccountSettings {
    /// `None` issues no tokens.
    pub signing: Option<SigningKey>,
    /// More keys whose tokens are believed.
    pub keys: Vec<PublicKey>,
    /// The first one issues; tokens of all are believed. Never empty.
    pub issuers: Vec<String>,
    /// Whom tokens are for that name nobody; the issuers if it is empty.
    pub audiences: Vec<String>,
    /// Tokens that kubelets ask for live longer than asked, and warn.
    pub extends: bool,
    /// No token lives longer; `None` sets no limit.
    pub seconds_max: Option<i64>,
    /// Where the keys are published.
    pub key_set_url: String,
}

/// Tokens in use at the same time; with more, signatures are checked more often.
const VERIFIED_MAX: usize = 4096;
/// Until a token that a kubelet asked for really ends.
const SECONDS_OF_A_YEAR: i64 = 365 * 24 * 60 * 60;
/// The reference's algorithms for these tokens.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384];
/// The issuer that clusters name who name none.
pub const DEFAULT_ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

impl AccountSettings {
    /// Tokens signed and believed with one key, under the default issuer.
    pub fn new(signing: SigningKey) -> Self {
        Self {
            signing: Some(signing),
            keys: Vec::new(),
            issuers: vec![DEFAULT_ISSUER.to_owned()],
            audiences: Vec::new(),
            extends: true,
            seconds_max: None,
            key_set_url: String::new(),
        }
    }
}

impl ServiceAccounts {
    pub fn new(mut settings: AccountSettings) -> Self {
        if settings.audiences.is_empty() {
            settings.audiences.clone_from(&settings.issuers);
        }
        let own = settings.signing.as_ref().map(|key| key.public().clone());
        let mut more = std::mem::take(&mut settings.keys);
        more.retain(|key| Some(key) != own.as_ref());
        let keys = own.into_iter().chain(more).collect();
        Self { settings, keys, verified: Mutex::default() }
    }

    /// Whom tokens are for that name nobody.
    pub fn audiences(&self) -> &[String] {
        &self.settings.audiences
    }

    pub(crate) const fn seconds_max(&self) -> Option<i64> {
        self.settings.seconds_max
    }

    /// How long a token really lives that its bearer believes to live `seconds`, and must renew then.
    pub(crate) fn extended(&self) -> Option<i64> {
        let most = self.settings.seconds_max.unwrap_or(SECONDS_OF_A_YEAR);
        self.settings.extends.then_some(most.min(SECONDS_OF_A_YEAR))
    }

    /// A token that says `claims`; `None` if this server issues none.
    ///
    /// # Errors
    /// The key cannot sign.
    pub(crate) fn sign(&self, mut claims: Value) -> Option<Result<String, KeyError>> {
        let key = self.settings.signing.as_ref()?;
        claims["iss"] = self.settings.issuers.first().map_or("", String::as_str).into();
        Some(key.sign(&claims))
    }

    /// What a token says whose signature holds. `None` for tokens of other issuers.
    ///
    /// # Errors
    /// Why it is not believed, in the reference's words.
    pub(crate) fn read(&self, token: &str) -> Option<Result<Arc<Claims>, String>> {
        let digest = digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec();
        if let Some(claims) = self.verified.lock().get(&digest) {
            return Some(Ok(Arc::clone(claims)));
        }
        let compact = Compact::parse(token)?;
        let claims: Claims = compact.claims()?;
        if claims.iss != legacy::ISSUER && !self.settings.issuers.contains(&claims.iss) {
            return None;
        }
        if let Err(forged) = compact.verify(&self.keys, &ALGORITHMS) {
            return Some(Err(forged.to_string()));
        }
        let claims = Arc::new(claims);
        let mut verified = self.verified.lock();
        if verified.len() >= VERIFIED_MAX {
            verified.clear();
        }
        verified.insert(digest, Arc::clone(&claims));
        Some(Ok(claims))
    }

    /// `/.well-known/openid-configuration`; `None` if the issuer is no URL that others could ask.
    pub(crate) fn configuration(&self) -> Option<Value> {
        let issuer = self.settings.issuers.first()?;
        if !issuer.starts_with("https://") || self.keys.is_empty() {
            return None;
        }
        let mut algorithms: Vec<_> = self.keys.iter().map(|key| key.algorithm().name()).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        Some(json!({
            "issuer": issuer,
            "jwks_uri": self.settings.key_set_url,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
        }))
    }

    /// `/openid/v1/jwks`.
    pub(crate) fn key_set(&self) -> KeySet {
        KeySet { keys: self.keys.iter().map(Jwk::from).collect() }
    }
}
