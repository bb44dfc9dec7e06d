//! Tokens of a service account, asked for by somebody who may, and renewed before they end.

use std::{sync::Arc, time::Duration};

use api::resources::{NAMESPACES, SERVICE_ACCOUNTS};
use bytes::Bytes;
use meta::time::Time;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use world::{BoxFuture, Monotonic, World};

use crate::{ClientError, Method, Request, Response, Transport, WriteOptions, http::TokenSource};

/// The tokens of one account. The account is made if it is not there.
pub struct AccountTokens {
    inner: Arc<Inner>,
}

struct Inner {
    world: World,
    /// Of somebody who may make accounts and ask for their tokens.
    transport: Arc<dyn Transport>,
    namespace: &'static str,
    name: &'static str,
    known: Mutex<Option<Known>>,
    /// The last token that the server did not believe.
    refused: std::sync::Mutex<String>,
}

#[derive(Clone)]
struct Known {
    token: String,
    /// A new one is asked for from then on.
    renew: Monotonic,
    /// It is good until then.
    end: Monotonic,
}

const SECONDS_WANTED: u32 = 3600;
/// The share of its life after which a token is renewed.
const RENEW_PERCENT: u32 = 80;
/// A shorter life is taken for that long: renewing all the time helps nobody.
const LIFE_MIN: Duration = Duration::from_mins(10);
/// While a renewal fails and the old token is still good, the next try waits that long.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

impl AccountTokens {
    /// Nothing is asked for yet.
    pub fn new(
        world: World,
        transport: Arc<dyn Transport>,
        namespace: &'static str,
        name: &'static str,
    ) -> Self {
        let (known, refused) = (Mutex::new(None), std::sync::Mutex::default());
        Self { inner: Arc::new(Inner { world, transport, namespace, name, known, refused }) }
    }
}

impl TokenSource for AccountTokens {
    fn token(&self) -> BoxFuture<Result<String, ClientError>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.token().await })
    }
    fn refused(&self, token: &str) {
        let mut refused =
            self.inner.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        token.clone_into(&mut refused);
    }
}

impl Inner {
    async fn token(&self) -> Result<String, ClientError> {
        let mut known = self.known.lock().await;
        let now = self.world.clock.monotonic();
        let good = known.clone().filter(|known| now < known.end && !self.is_refused(&known.token));
        if let Some(known) = good.as_ref().filter(|known| now < known.renew) {
            return Ok(known.token.clone());
        }
        match (self.ask().await, good) {
            (Ok(fresh), _) => {
                let token = fresh.token.clone();
                *known = Some(fresh);
                Ok(token)
            }
            (Err(error), Some(good)) => {
                tracing::warn!(account = self.name, %error, "the token is not renewed yet");
                *known = Some(Known { renew: now + RETRY_PAUSE, ..good.clone() });
                Ok(good.token)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn is_refused(&self, token: &str) -> bool {
        *self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner) == token
    }

    async fn ask(&self) -> Result<Known, ClientError> {
        let answer = match self.request().await {
            Err(error) if error.is_not_found() => {
                self.make().await?;
                self.request().await?
            }
            answer => answer?,
        };
        read(&answer, self.world.clock.wall(), self.world.clock.monotonic())
    }

    async fn request(&self) -> Result<Response, ClientError> {
        let (namespace, name) = (self.namespace, self.name);
        let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": SECONDS_WANTED, "audiences": null,
                "boundObjectRef": null}});
        let json = "application/json";
        let request = Request {
            method: Method::Post,
            path: format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"),
            content_type: json,
            accept: json,
            body: Bytes::from(body.to_string()),
            epoch: None,
        };
        self.transport.send(request).await
    }

    /// Makes the account, and its namespace if that is missing too.
    async fn make(&self) -> Result<(), ClientError> {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"namespace": self.namespace, "name": self.name}});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": self.namespace}});
        let options = WriteOptions::default();
        let create = || {
            let request = Request::create(&SERVICE_ACCOUNTS, self.namespace, &account, &options);
            self.transport.send(request)
        };
        let answer = match create().await {
            Err(error) if error.is_not_found() => {
                let request = Request::create(&NAMESPACES, "", &namespace, &options);
                present(self.transport.send(request).await)?;
                create().await
            }
            answer => answer,
        };
        present(answer)
    }
}

/// Somebody else may have been faster.
fn present(answer: Result<Response, ClientError>) -> Result<(), ClientError> {
    match answer {
        Err(error) if !error.is_already_exists() => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn read(answer: &Response, now: Time, clock: Monotonic) -> Result<Known, ClientError> {
    let unreadable = |reason: &str| ClientError::Unreadable { reason: reason.to_owned() };
    let answer: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| unreadable(&format!("the answer to a token request: {error}")))?;
    let status = &answer["status"];
    let token = status["token"].as_str().filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| unreadable("the answer to a token request has no token"))?;
    let end: Option<Time> =
        status["expirationTimestamp"].as_str().and_then(|time| time.parse().ok());
    let end = end.ok_or_else(|| unreadable("the answer to a token request has no end"))?;
    let life = end.since(now).max(LIFE_MIN);
    let renew = clock + life * RENEW_PERCENT / 100;
    Ok(Known { token: token.to_owned(), renew, end: clock + life })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: &Value, wanted: &str) {
        let body = Bytes::from(json!({"status": status}).to_string());
        let answer = Response { code: 201, body, ..Response::default() };
        let read = read(&answer, Time::from_seconds(0), Monotonic::default());
        let said = match read {
            Ok(known) => format!(
                "{} renewed after {} of {} s",
                known.token,
                known.renew.0.as_secs(),
                known.end.0.as_secs()
            ),
            Err(error) => error.to_string(),
        };
        assert!(said.ends_with(wanted), "{said}");
    }

    #[test]
    fn a_token_is_renewed_after_four_fifths_of_its_life() {
        let status = json!({"token": "t", "expirationTimestamp": "1970-01-01T01:00:00Z"});
        check(&status, "t renewed after 2880 of 3600 s");
        let status = json!({"token": "t", "expirationTimestamp": "1970-01-01T00:00:10Z"});
        check(&status, "t renewed after 480 of 600 s");
    }

    #[test]
    fn an_answer_without_token_or_end_is_no_answer() {
        check(&json!({}), "has no token");
        check(&json!({"token": "t", "expirationTimestamp": "soon"}), "has no end");
    }
}
