//! Holds a watch to its promise: ordered, each change once, none left out, and first of all the state.

use std::{borrow::Cow, collections::BTreeMap};

use client::{EventType, WatchEvent};
use serde::Deserialize;

use super::{Checker, Promise, Violation, history::Claim};

/// Marks the bookmark that ends the initial events.
const INITIAL_END: &str = "k8s.io/initial-events-end";

/// One watch; belongs to one connection.
pub(crate) struct Follower {
    pub(super) checker: Checker,
    /// `None` if it shows only a part of a kind, and is not followed.
    pub(super) prefix: Option<&'static str>,
    /// Everything up to here has been shown; `None` if that is not known.
    pub(super) position: Option<u64>,
    /// What came before the end of the initial events.
    pub(super) initial: Option<BTreeMap<String, u64>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Shown<'a> {
    #[serde(borrow)]
    metadata: ShownMetadata<'a>,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ShownMetadata<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    resource_version: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Bookmark {
    metadata: BookmarkMetadata,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct BookmarkMetadata {
    annotations: BTreeMap<String, String>,
}

impl ShownMetadata<'_> {
    fn key(&self) -> String {
        if self.namespace.is_empty() {
            return self.name.clone().into_owned();
        }
        format!("{}/{}", self.namespace, self.name)
    }
}

impl Follower {
    /// Looks at an event as it arrives.
    pub(crate) fn take(&mut self, event: &WatchEvent) {
        let Some(prefix) = self.prefix else { return };
        let Ok(Shown { metadata }) = serde_json::from_slice::<Shown<'_>>(&event.object) else {
            return self.fail(prefix, format!("an event of {prefix} shows no object"));
        };
        let Ok(at) = metadata.resource_version.parse() else { return };
        match event.kind {
            EventType::Error => {}
            EventType::Added | EventType::Modified | EventType::Deleted => {
                self.take_change(prefix, event.kind, at, metadata.key());
            }
            EventType::Bookmark => {
                let ends = ends_initial_events(&event.object);
                if let Some(objects) = self.initial.take_if(|_| ends) {
                    self.checker.hear(Claim::State { prefix, at, objects });
                } else if let Some(after) = self.position {
                    self.checker.hear(Claim::Next { prefix, after, at, change: None });
                }
                if self.initial.is_none() {
                    self.position = Some(at);
                }
            }
        }
    }

    fn take_change(&mut self, prefix: &'static str, kind: EventType, at: u64, key: String) {
        if let Some(initial) = &mut self.initial {
            if kind == EventType::Deleted {
                initial.remove(&key);
            } else {
                initial.insert(key, at);
            }
            return;
        }
        if let Some(after) = self.position {
            if at <= after {
                let text = format!("a watch of {prefix} goes from {after} back to {at}");
                return self.fail(prefix, text);
            }
            let change = Some((key, kind == EventType::Deleted));
            self.checker.hear(Claim::Next { prefix, after, at, change });
        }
        self.position = Some(at);
    }

    fn fail(&self, prefix: &str, text: String) {
        self.checker.fail(Violation::new(Promise::Watches, text).of(prefix));
    }
}

fn ends_initial_events(bookmark: &[u8]) -> bool {
    let Bookmark { metadata } = serde_json::from_slice(bookmark).unwrap_or_default();
    metadata.annotations.contains_key(INITIAL_END)
}
