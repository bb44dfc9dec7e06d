//! Lists and bookmarks as far as a reflector reads them; objects stay bytes.

use std::collections::BTreeMap;

use client::ClientError;
use meta::object::ResourceVersion;
use serde::Deserialize;
use serde_json::value::RawValue;

const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// A page of a list.
#[derive(Deserialize)]
pub(crate) struct Page<'a> {
    #[serde(default)]
    metadata: ListMetadata,
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ListMetadata {
    resource_version: ResourceVersion,
    #[serde(rename = "continue")]
    next: String,
}

impl<'a> Page<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, ClientError> {
        serde_json::from_slice(body)
            .map_err(|error| ClientError::Unreadable { reason: format!("not a list: {error}") })
    }
    /// The objects' JSON.
    pub(crate) fn items(&self) -> impl Iterator<Item = &'a str> {
        self.items.iter().flatten().map(|item| item.get())
    }
    /// The revision of the list.
    pub(crate) const fn version(&self) -> ResourceVersion {
        self.metadata.resource_version
    }
    /// Where the next page begins; empty on the last.
    pub(crate) fn next(&self) -> &str {
        &self.metadata.next
    }
}

/// The object of a bookmark event.
#[derive(Deserialize)]
pub(super) struct Bookmark {
    metadata: BookmarkMetadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct BookmarkMetadata {
    resource_version: ResourceVersion,
    annotations: Option<BTreeMap<String, String>>,
}

impl Bookmark {
    pub(super) fn parse(object: &[u8]) -> Result<Self, ClientError> {
        serde_json::from_slice(object)
            .map_err(|error| ClientError::Unreadable { reason: format!("not a bookmark: {error}") })
    }
    pub(super) const fn version(&self) -> ResourceVersion {
        self.metadata.resource_version
    }
    /// Whether all objects of a streaming list have come.
    pub(super) fn ends_initial_events(&self) -> bool {
        let annotations = self.metadata.annotations.as_ref();
        annotations.and_then(|all| all.get(INITIAL_EVENTS_END)).is_some_and(|value| value == "true")
    }
}
