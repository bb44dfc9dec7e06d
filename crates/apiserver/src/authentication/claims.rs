//! What a service-account token says, and when that is believed: a token dies with its account and with
//! whatever it is bound to.

use std::collections::BTreeMap;

use meta::time::Time;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

use super::legacy::LegacyClaims;
use crate::User;

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Claims {
    #[serde(default)]
    pub(super) iss: String,
    #[serde(default)]
    pub(super) sub: String,
    #[serde(default, deserialize_with = "one_or_many")]
    aud: Vec<String>,
    #[serde(default, deserialize_with = "seconds")]
    exp: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    iat: Option<i64>,
    #[serde(default)]
    jti: String,
    #[serde(default, rename = "kubernetes.io")]
    about: About,
    #[serde(flatten)]
    pub(super) legacy: LegacyClaims,
}

/// What a token is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
struct About {
    namespace: String,
    serviceaccount: Reference,
    pod: Option<Reference>,
    secret: Option<Reference>,
    node: Option<Reference>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
struct Reference {
    name: String,
    uid: String,
}

/// What a token can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ServiceAccount,
    Pod,
    Secret,
    Node,
}

/// An object that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) kind: Kind,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Another object of that name will not do.
    pub(crate) uid: String,
}

/// Such an object as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) uid: String,
    /// It waits for its end.
    pub(crate) deleted: Option<Time>,
}

/// Clocks of several machines may differ by that much; and what is deleted that recently still counts.
const LEEWAY_SECONDS: i64 = 60;
const INVALIDATED: &str = "service account token has been invalidated";

impl Claims {
    /// The audiences that the token shares with those who ask; `own` stands for either that names none.
    pub(crate) fn audiences(
        &self,
        wanted: Option<&[String]>,
        own: &[String],
    ) -> Result<Vec<String>, String> {
        let has = if self.aud.is_empty() { own } else { &self.aud };
        let wanted = wanted.unwrap_or(own);
        let shared: Vec<_> = has.iter().filter(|name| wanted.contains(name)).cloned().collect();
        if !shared.is_empty() || own.is_empty() {
            return Ok(shared);
        }
        Err(format!(
            "token audiences {} is invalid for the target audiences {}",
            quoted(has),
            quoted(wanted)
        ))
    }

    /// Whether its time has come and not gone.
    pub(crate) fn check_time(&self, now: Time) -> Result<(), String> {
        let now = now.seconds();
        let refuse = |reason: &str| Err(format!("service account token {reason}"));
        if self.nbf.is_some_and(|begin| now.saturating_add(LEEWAY_SECONDS) < begin) {
            return refuse("is not valid yet");
        }
        if self.exp.is_some_and(|end| now.saturating_sub(LEEWAY_SECONDS) > end) {
            return refuse("has expired");
        }
        if self.iat.is_some_and(|issued| now.saturating_add(LEEWAY_SECONDS) < issued) {
            return refuse("is issued in the future");
        }
        Ok(())
    }

    /// Whether it is of the old kind, which is kept in a secret.
    pub(crate) fn is_legacy(&self) -> bool {
        self.iss == super::legacy::ISSUER
    }

    /// The objects it needs: its account first.
    pub(crate) fn needs(&self) -> Vec<Needed> {
        let about = &self.about;
        let needed = |kind, reference: &Reference| Needed {
            kind,
            namespace: if kind == Kind::Node { String::new() } else { about.namespace.clone() },
            name: reference.name.clone(),
            uid: reference.uid.clone(),
        };
        // The node of a token that is bound to a pod is only mentioned.
        let node = about.node.as_ref().filter(|_| about.pod.is_none());
        let bound = [(Kind::Secret, &about.secret), (Kind::Pod, &about.pod)];
        let bound =
            bound.into_iter().filter_map(|(kind, reference)| Some((kind, reference.as_ref()?)));
        let account = [(Kind::ServiceAccount, &about.serviceaccount)].into_iter();
        let node = node.map(|node| (Kind::Node, node));
        account.chain(bound).chain(node).map(|(kind, reference)| needed(kind, reference)).collect()
    }

    /// Whom it names, once everything that it needs is there.
    pub(crate) fn user(&self) -> User {
        let about = &self.about;
        let mut extra = BTreeMap::new();
        let mut know = |key: &str, value: String| {
            if !value.is_empty() {
                extra.insert(format!("authentication.kubernetes.io/{key}"), vec![value]);
            }
        };
        if let Some(pod) = about.pod.as_ref().filter(|pod| !pod.name.is_empty()) {
            know("pod-name", pod.name.clone());
            know("pod-uid", pod.uid.clone());
        }
        if let Some(node) = &about.node {
            know("node-name", node.name.clone());
            know("node-uid", node.uid.clone());
        }
        if !self.jti.is_empty() {
            know("credential-id", format!("JTI={}", self.jti));
        }
        let uid = about.serviceaccount.uid.clone();
        User { uid, extra, ..account_user(&about.namespace, &about.serviceaccount.name) }
    }
}

/// A service account as user.
pub(crate) fn account_user(namespace: &str, name: &str) -> User {
    let all = "system:serviceaccounts";
    User {
        name: format!("system:serviceaccount:{namespace}:{name}"),
        groups: vec![all.to_owned(), format!("{all}:{namespace}")],
        ..User::default()
    }
}

impl Needed {
    /// Why the object that was found, or not, does not do.
    pub(crate) fn check(&self, found: Option<&Found>, now: Time) -> Result<(), String> {
        let Some(found) = found else { return Err(self.missing()) };
        let gone = |deleted: Time| deleted.seconds() < now.seconds() - LEEWAY_SECONDS;
        if found.deleted.is_some_and(gone) {
            return Err(match self.kind {
                Kind::ServiceAccount => {
                    format!("service account {}/{} has been deleted", self.namespace, self.name)
                }
                Kind::Pod | Kind::Secret | Kind::Node => INVALIDATED.to_owned(),
            });
        }
        if found.uid == self.uid {
            return Ok(());
        }
        let (known, claimed) = (&found.uid, &self.uid);
        Err(match self.kind {
            Kind::ServiceAccount => {
                format!("service account UID ({known}) does not match claim ({claimed})")
            }
            Kind::Pod => {
                format!(
                    "pod UID ({known}) does not match service account pod ref claim ({claimed})"
                )
            }
            Kind::Secret => format!(
                "secret UID ({known}) does not match service account secret ref claim ({claimed})"
            ),
            Kind::Node => format!(
                "node UID ({known}) does not match service account node ref claim ({claimed})"
            ),
        })
    }

    fn missing(&self) -> String {
        match self.kind {
            Kind::ServiceAccount => format!("serviceaccounts {:?} not found", self.name),
            Kind::Pod | Kind::Secret | Kind::Node => INVALIDATED.to_owned(),
        }
    }
}

/// Texts as Go quotes a list of them.
pub(crate) fn quoted(texts: &[String]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("{text:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

/// Seconds since 1970, perhaps with a fraction.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    let rounded = || format!("{:.0}", number.as_f64()?).parse().ok();
    let seconds = number.as_i64().or_else(rounded);
    seconds.map(Some).ok_or_else(|| serde::de::Error::custom("a time beyond all times"))
}
