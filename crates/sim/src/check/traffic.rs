//! What is promised of requests and answers, looked at where they arrive.

use std::collections::BTreeMap;

use api::views::PartialObject;
use client::{Epoch, Request, Response};
use meta::object::ResourceVersion;
use serde::Deserialize;

use super::{Checker, Follower, Promise, Violation, history::Claim};
use crate::{
    net::{Asked, names_its_object},
    plan::{Component, RequestVerb},
};

#[derive(Deserialize, Default)]
#[serde(default)]
struct List {
    metadata: ListMetadata,
    items: Vec<PartialObject>,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ListMetadata {
    resource_version: String,
    #[serde(rename = "continue")]
    more: String,
}

/// How an object is to go.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Deletion {
    propagation_policy: String,
}

/// What an answer must have to show an object.
#[derive(Deserialize)]
struct Versioned {
    metadata: Version,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    resource_version: ResourceVersion,
}

impl Checker {
    /// Somebody asks: who takes an object away or changes it says which one it was.
    pub(crate) fn asks(&self, caller: Component, asked: &Asked, request: &Request) {
        let one = !asked.name.is_empty()
            && matches!(asked.verb, RequestVerb::Delete | RequestVerb::Patch | RequestVerb::Update);
        // What is applied is true of whatever has the name.
        let applies = request.content_type.starts_with("application/apply-patch");
        let watched = caller != Component::User && one && !asked.is_heartbeat() && !applies;
        if watched && !names_its_object(request) {
            let Asked { verb, resource, namespace, name, .. } = asked;
            let text = format!(
                "{caller} asks for {verb:?} of {resource} {namespace}/{name}, whichever it is"
            );
            self.fail(Violation::new(Promise::Preconditions, text).of(resource));
        }
        let waits = || {
            let options: Deletion = serde_json::from_slice(&request.body).unwrap_or_default();
            options.propagation_policy == "Foreground"
        };
        if caller == Component::User && asked.verb == RequestVerb::Delete && !waits() {
            let prefix = self.prefix(asked).unwrap_or_default();
            let place = if asked.namespace.is_empty() { "" } else { "/" };
            let key = format!("{prefix}{}{place}{}", asked.namespace, asked.name);
            self.0.lock().model.hurried.insert(key);
        }
    }

    /// The newest revision that somebody was told of.
    pub(crate) fn acknowledged_so_far(&self) -> u64 {
        self.0.lock().acknowledged.last().copied().unwrap_or(0)
    }

    /// An answer arrived; `began` is what was acknowledged when it was asked for.
    pub(crate) fn answered(&self, asked: &Asked, answer: &Response, began: u64) {
        if asked.is_write() {
            self.0.lock().acknowledged.extend(revision(&answer.body));
            return;
        }
        if asked.name.is_empty() {
            self.listed(asked, answer, began);
        }
    }

    /// A consistent list shows all that was acknowledged, and a whole one the state.
    fn listed(&self, asked: &Asked, answer: &Response, began: u64) {
        let Some(prefix) = self.prefix(asked) else { return };
        let Ok(List { metadata, items }) = serde_json::from_slice(&answer.body) else { return };
        let Ok(at) = metadata.resource_version.parse::<u64>() else { return };
        let first = asked.query("continue").is_empty();
        if first && asked.query("resourceVersion").is_empty() && at < began {
            let text =
                format!("a list of {prefix} is of {at}, and {began} was acknowledged before");
            self.fail(Violation::new(Promise::ConsistentReads, text).of(prefix));
        }
        let whole = first && metadata.more.is_empty();
        if whole && is_of_all(asked) {
            let objects = items.iter().map(|item| {
                let key = item.metadata.key().to_string();
                (key, item.metadata.resource_version.0)
            });
            let objects: BTreeMap<String, u64> = objects.collect();
            self.hear(Claim::State { prefix, at, objects });
        }
    }

    /// An API server carried a write out; `epoch` is the term it was asked for under.
    pub(crate) fn wrote(&self, epoch: Option<&Epoch>, answer: &Response) {
        if let Some(revision) = revision(&answer.body) {
            self.0.lock().terms.wrote(revision, epoch);
        }
    }

    /// Follows a watch.
    pub(crate) fn follower(&self, asked: &Asked) -> Follower {
        let prefix = self.prefix(asked).filter(|_| is_of_all(asked) && !asked.is_heartbeat());
        let initial = (asked.query("sendInitialEvents") == "true").then(BTreeMap::new);
        let position = asked.query("resourceVersion").parse().ok().filter(|version| *version > 0);
        let position = if initial.is_some() { None } else { position };
        Follower { checker: self.clone(), prefix, position, initial }
    }

    pub(super) fn hear(&self, claim: Claim) {
        let judged = self.0.lock().history.hear(claim);
        if let Err(violation) = judged {
            self.fail(violation);
        }
    }

    fn prefix(&self, asked: &Asked) -> Option<&'static str> {
        self.0.lock().history.prefix_of(&asked.group, &asked.version, &asked.resource)
    }
}

fn is_of_all(asked: &Asked) -> bool {
    let whole = |name: &str| asked.query(name).is_empty();
    asked.namespace.is_empty() && whole("fieldSelector") && whole("labelSelector")
}

/// `metadata.resourceVersion` of an answer that shows an object.
fn revision(body: &[u8]) -> Option<u64> {
    let object: Versioned = serde_json::from_slice(body).ok()?;
    let version = object.metadata.resource_version.0;
    (version > 0).then_some(version)
}
