//! Tokens of other issuers (OIDC): their keys are fetched when a token needs them, and what
//! the tokens claim is mapped to a user by configuration.

mod configuration;
mod mapping;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use meta::time::Time;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use world::{BoxFuture, Clock, Monotonic};

pub use configuration::{
    ConfigurationError, JwtConfiguration, Settings as AuthenticationConfiguration,
};

use crate::{
    User,
    jwt::{Algorithm, Compact, KeySet, PublicKey},
};

/// Where documents of issuers come from.
pub trait Documents: Send + Sync {
    /// The document at an `https` URL, whose server the authorities (PEM) vouch for; `None` takes those
    /// of the system. An error says why it cannot be had.
    fn fetch(&self, url: String, authority: Option<String>) -> BoxFuture<Result<Bytes, String>>;
}

/// An issuer whose tokens are believed.
pub struct JwtIssuer {
    configuration: JwtConfiguration,
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    keys: Mutex<Option<Keys>>,
}

#[derive(Clone)]
struct Keys {
    usable: Vec<PublicKey>,
    read: Monotonic,
}

/// A token with an unknown key makes somebody look for new keys that often at most.
const FETCH_INTERVAL: Duration = Duration::from_secs(10);
/// Keys that were taken back are believed no longer than that.
const KEYS_TIME_MAX: Duration = Duration::from_hours(1);
/// Tokens whose time is about to come are believed already: clocks may differ.
const NOT_BEFORE_LEEWAY_SECONDS: i64 = 5 * 60;

impl JwtIssuer {
    /// Nothing is fetched yet.
    pub fn new(
        configuration: JwtConfiguration,
        documents: Arc<dyn Documents>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { configuration, documents, clock, keys: Mutex::new(None) }
    }

    /// Whom a token names; `None` for tokens of other issuers.
    ///
    /// # Errors
    /// Why it is not believed.
    pub(crate) async fn user(&self, token: &str) -> Option<Result<User, String>> {
        let compact = Compact::parse(token)?;
        let claims: Map<String, Value> = compact.claims()?;
        if claims.get("iss").and_then(Value::as_str) != Some(self.configuration.url.as_str()) {
            return None;
        }
        Some(self.judge(&compact, &claims).await)
    }

    async fn judge(
        &self,
        token: &Compact<'_>,
        claims: &Map<String, Value>,
    ) -> Result<User, String> {
        self.verify(token).await.map_err(|reason| format!("oidc: verify token: {reason}"))?;
        let configuration = &self.configuration;
        check_audience(claims, &configuration.audiences)?;
        check_time(claims, self.clock.wall())?;
        configuration.mapping.user(claims)
    }

    /// New keys are looked for if the known ones do not confirm the signature.
    async fn verify(&self, token: &Compact<'_>) -> Result<(), String> {
        let holds = |keys: &Keys| token.verify(&keys.usable, &Algorithm::ALL);
        let mut known = self.keys.lock().await;
        let now = self.clock.monotonic();
        let fresh = known.as_ref().filter(|keys| now.since(keys.read) < KEYS_TIME_MAX);
        if let Some(keys) = fresh {
            match holds(keys) {
                Ok(()) => return Ok(()),
                Err(forged) if now.since(keys.read) < FETCH_INTERVAL => {
                    return Err(forged.to_string());
                }
                Err(_) => {}
            }
        }
        let usable = self.fetch().await.map_err(|reason| format!("fetching keys {reason}"))?;
        let keys = Keys { usable, read: now };
        let verified = holds(&keys).map_err(|forged| forged.to_string());
        *known = Some(keys);
        verified
    }

    async fn fetch(&self) -> Result<Vec<PublicKey>, String> {
        #[derive(Deserialize)]
        struct Discovered {
            issuer: String,
            jwks_uri: String,
        }
        let JwtConfiguration { url, discovery_url, authority, .. } = &self.configuration;
        let place = discovery_url.clone().unwrap_or_else(|| {
            format!("{}/.well-known/openid-configuration", url.trim_end_matches('/'))
        });
        let document = self.documents.fetch(place, authority.clone()).await?;
        let discovered: Discovered =
            serde_json::from_slice(&document).map_err(|error| error.to_string())?;
        if discovered.issuer != *url {
            let issuer = discovered.issuer;
            return Err(format!("the discovered issuer {issuer:?} is not the configured {url:?}"));
        }
        let document = self.documents.fetch(discovered.jwks_uri, authority.clone()).await?;
        let keys: KeySet = serde_json::from_slice(&document).map_err(|error| error.to_string())?;
        Ok(keys.usable())
    }
}

fn check_audience(claims: &Map<String, Value>, wanted: &[String]) -> Result<(), String> {
    let has = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => {
            many.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    if has.iter().any(|name| wanted.contains(name)) {
        return Ok(());
    }
    let (wanted, has) = (super::claims::quoted(wanted), super::claims::quoted(&has));
    Err(format!("oidc: verify token: oidc: expected audience in {wanted} got {has}"))
}

fn check_time(claims: &Map<String, Value>, now: Time) -> Result<(), String> {
    let seconds = |name: &str| {
        let number = claims.get(name)?.as_f64()?;
        format!("{number:.0}").parse::<i64>().ok()
    };
    let now = now.seconds();
    let end = seconds("exp").ok_or("oidc: verify token: the token has no end")?;
    if now > end {
        let end = Time::from_seconds(end);
        return Err(format!("oidc: verify token: oidc: token is expired (Token Expiry: {end})"));
    }
    match seconds("nbf") {
        Some(begin) if now.saturating_add(NOT_BEFORE_LEEWAY_SECONDS) < begin => {
            Err("oidc: verify token: oidc: current time before the nbf (not before) time"
                .to_owned())
        }
        Some(_) | None => Ok(()),
    }
}

impl std::fmt::Debug for JwtIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JwtIssuer({})", self.configuration.url)
    }
}
