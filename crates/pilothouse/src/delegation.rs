//! A component's port asks the API server whose a token is and who may see what, and believes the
//! clients that the API server believes.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use api::resources::CONFIG_MAPS;
use apiserver::tls::{self, ClientRoots, Peer, Pki, ServerConfig, ServingNames};
use app::serve::{Judge, Person, Verdict};
use bytes::Bytes;
use client::{ClientError, Method, Request, Transport};
use meta::object::ObjectKey;
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use world::{BoxFuture, Monotonic, Watched, World};

/// What a port may ask, and whom it believes.
#[derive(Clone)]
pub(crate) struct Delegation {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) world: World,
    /// Answers whose a token is; `None` believes no tokens.
    pub(crate) authentication: Option<Arc<dyn Transport>>,
    /// Answers who may see what; `None` leaves it at a few groups.
    pub(crate) authorization: Option<Arc<dyn Transport>>,
    pub(crate) clients: Clients,
}

/// Whose client certificates are believed.
pub(crate) enum Clients {
    /// Those of the authorities in a file.
    Of(Watched<ClientRoots>),
    /// Those that the API server believes, as it publishes them.
    Published(Mutex<Option<Published>>),
}

/// What was published, and when that was read.
pub(crate) struct Published {
    roots: Option<Arc<ClientRoots>>,
    read: Monotonic,
}

/// Authorities change seldom, and only who comes with a certificate makes somebody look.
const READ_INTERVAL: Duration = Duration::from_mins(1);
/// May see health and metrics where no API server is asked.
const MONITORING: &str = "system:monitoring";
const MONITORED: [&str; 4] = ["/healthz", "/livez", "/readyz", "/metrics"];

/// The TLS side of a port: certificate and key from files, or made for this process.
pub(crate) fn server_config(
    world: &World,
    files: Option<(PathBuf, PathBuf)>,
) -> Result<Arc<ServerConfig>> {
    let Some((certificate, key)) = files else {
        let pki = Pki::in_memory(world.clock.wall(), &ServingNames::new([]))?;
        return Ok(pki.server_config(world)?);
    };
    let files = tls::serving_files(world, certificate, key);
    let files = files.context("cannot use --tls-cert-file and --tls-private-key-file")?;
    Ok(tls::server_config(&world.clock, files)?)
}

impl Delegation {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }
}

impl Judge for Delegation {
    fn certified(&self, chain: Arc<[CertificateDer<'static>]>) -> BoxFuture<Option<Person>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let roots = inner.roots().await?;
            let user = Peer::new(chain.to_vec()).user(&roots, &*inner.world.clock)?;
            let apiserver::User { name, uid, groups, extra } = user;
            Some(Person { name, uid, groups, extra })
        })
    }

    fn bearer(&self, token: String) -> BoxFuture<Result<Option<Person>, String>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let Some(transport) = &inner.authentication else { return Ok(None) };
            let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                "spec": {"token": token}});
            let path = "/apis/authentication.k8s.io/v1/tokenreviews";
            let status = ask(&**transport, path, &review).await?;
            Ok((status["authenticated"] == true).then(|| person(&status["user"])))
        })
    }

    fn may(
        &self,
        person: Person,
        verb: String,
        path: String,
    ) -> BoxFuture<Result<Verdict, String>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let Some(transport) = &inner.authorization else {
                return Ok(without_server(&person, &path));
            };
            let review = json!({"apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {"user": person.name, "uid": person.uid, "groups": person.groups,
                    "extra": person.extra,
                    "nonResourceAttributes": {"path": path, "verb": verb}}});
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            let status = ask(&**transport, path, &review).await?;
            if status["allowed"] == true {
                return Ok(Verdict::Allowed);
            }
            Ok(Verdict::Refused(text(&status, "reason")))
        })
    }
}

impl Inner {
    /// The authorities of the moment, if there are any.
    async fn roots(&self) -> Option<Arc<ClientRoots>> {
        let known = match &self.clients {
            Clients::Of(files) => return Some(files.get()),
            Clients::Published(known) => known,
        };
        let mut known = known.lock().await;
        let now = self.world.clock.monotonic();
        if let Some(known) = known.as_ref().filter(|known| now.since(known.read) < READ_INTERVAL) {
            return known.roots.clone();
        }
        let roots = match self.published().await {
            Ok(roots) => roots,
            Err(reason) => {
                tracing::warn!(reason, "cannot learn whose clients the API server believes");
                known.as_ref().and_then(|known| known.roots.clone())
            }
        };
        *known = Some(Published { roots: roots.clone(), read: now });
        roots
    }

    async fn published(&self) -> Result<Option<Arc<ClientRoots>>, String> {
        let Some(transport) = &self.authentication else { return Ok(None) };
        let key = ObjectKey::new("kube-system", "extension-apiserver-authentication");
        let answer = transport.send(Request::get(&CONFIG_MAPS, &key)).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let map: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        let pem = text(&map["data"], "client-ca-file");
        if pem.is_empty() {
            return Ok(None);
        }
        let roots = ClientRoots::from_pem(&pem).map_err(|error| error.to_string())?;
        Ok(Some(Arc::new(roots)))
    }
}

/// The `status` of a review.
async fn ask(transport: &dyn Transport, path: &str, review: &Value) -> Result<Value, String> {
    let json = "application/json";
    let request = Request {
        method: Method::Post,
        path: path.to_owned(),
        content_type: json,
        accept: json,
        body: Bytes::from(review.to_string()),
        epoch: None,
    };
    let answer = transport.send(request).await.map_err(|error: ClientError| error.to_string())?;
    let review: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    Ok(review["status"].clone())
}

fn person(user: &Value) -> Person {
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let extra = user["extra"].as_object().into_iter().flatten();
    Person {
        name: text(user, "username"),
        uid: text(user, "uid"),
        groups: texts(&user["groups"]),
        extra: extra.map(|(key, values)| (key.clone(), texts(values))).collect(),
    }
}

fn without_server(person: &Person, path: &str) -> Verdict {
    let is_below = |above: &&str| {
        path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_monitor = person.groups.iter().any(|group| group == MONITORING);
    if is_monitor && MONITORED.iter().any(is_below) {
        return Verdict::Allowed;
    }
    Verdict::Refused(String::new())
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_server_monitors_see_health_and_metrics() {
        let monitor = Person { groups: vec![MONITORING.to_owned()], ..Person::default() };
        for (person, path, wanted) in [
            (&monitor, "/metrics/slis", true),
            (&monitor, "/configz", false),
            (&Person::default(), "/metrics", false),
        ] {
            assert_eq!(without_server(person, path) == Verdict::Allowed, wanted, "{path}");
        }
    }

    #[test]
    fn a_review_names_a_person() {
        let user = json!({"username": "ann", "groups": ["dev"], "extra": {"k": ["v"]}});
        let person = person(&user);
        assert_eq!((person.name.as_str(), person.groups), ("ann", vec!["dev".to_owned()]));
        assert_eq!(person.extra["k"], ["v"]);
    }
}
