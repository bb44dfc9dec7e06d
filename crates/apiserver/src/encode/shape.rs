//! Shapes of objects and lists, cut from kept JSON without writing it anew.

use std::sync::Arc;

use api::catalog::ResourceFacts;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::broken;
use crate::{Listed, Object, Reason, Status, negotiation::MetaVersion};

/// `metadata` of a list or table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListMetadata {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    #[serde(rename = "continue", skip_serializing_if = "String::is_empty")]
    pub continue_token: String,
    #[serde(rename = "remainingItemCount", skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
}

impl ListMetadata {
    pub(crate) fn at(resource_version: String) -> Self {
        Self { resource_version, ..Self::default() }
    }
    pub(crate) fn of_object(object: &Object) -> Self {
        Self::at(object.version.to_string())
    }
    pub(crate) fn of_list(list: &Listed) -> Self {
        Self {
            resource_version: list.version.to_string(),
            continue_token: list.continue_token.clone(),
            remaining: list.remaining,
        }
    }
}

#[derive(Deserialize)]
struct WithMetadata<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

/// `PartialObjectMetadata` of an object.
pub(crate) fn metadata(json: &[u8], version: MetaVersion) -> Result<Bytes, Status> {
    let mut written = Vec::new();
    push_metadata(&mut written, json, version)?;
    Ok(Bytes::from(written))
}

/// `PartialObjectMetadataList` of a page.
pub(crate) fn metadata_list(
    version: MetaVersion,
    metadata: &ListMetadata,
    items: &[Arc<Object>],
) -> Result<Bytes, Status> {
    let mut written = list_head("PartialObjectMetadataList", version.api_version(), metadata)?;
    for (index, item) in items.iter().enumerate() {
        separate(&mut written, index);
        push_metadata(&mut written, &item.json, version)?;
    }
    written.extend_from_slice(b"]}");
    Ok(Bytes::from(written))
}

/// The list object of a page. Items of built-in lists carry neither apiVersion nor kind; custom
/// resources keep them.
pub(crate) fn list(
    facts: &ResourceFacts,
    metadata: &ListMetadata,
    items: &[Arc<Object>],
) -> Result<Bytes, Status> {
    let api_version = facts.resource.api_version();
    let prefix =
        format!("{{\"apiVersion\":\"{api_version}\",\"kind\":\"{}\",", facts.resource.kind);
    let mut written = list_head(&facts.list_kind, &api_version, metadata)?;
    // One more for each comma, and for the end.
    written.reserve(items.iter().map(|item| item.json.len() + 1).sum::<usize>() + 3);
    for (index, item) in items.iter().enumerate() {
        separate(&mut written, index);
        let rest = item.json.strip_prefix(prefix.as_bytes());
        if let Some(rest) = rest.filter(|_| facts.custom.is_none()) {
            written.push(b'{');
            written.extend_from_slice(rest);
        } else {
            written.extend_from_slice(&item.json);
        }
    }
    written.extend_from_slice(b"]}");
    Ok(Bytes::from(written))
}

/// A list was asked of one object.
pub(crate) fn no_list(facts: &ResourceFacts) -> Status {
    not_acceptable(format!(
        "you requested PartialObjectMetadataList, but the requested object is not a list ({})",
        go_type(facts, &facts.resource.kind)
    ))
}

/// One object was asked of a list.
pub(crate) fn no_object(facts: &ResourceFacts) -> Status {
    not_acceptable(format!(
        "you requested PartialObjectMetadata, but the requested object is a list ({})",
        go_type(facts, &facts.list_kind)
    ))
}

fn not_acceptable(message: String) -> Status {
    Status::new(406, Reason::NotAcceptable, message)
}

/// How the reference's messages name a kind: `*apps.Deployment`.
fn go_type(facts: &ResourceFacts, kind: &str) -> String {
    let group = facts.resource.group.split('.').next().unwrap_or_default();
    format!("*{}.{kind}", if group.is_empty() { "core" } else { group })
}

fn list_head(kind: &str, api_version: &str, metadata: &ListMetadata) -> Result<Vec<u8>, Status> {
    let metadata = serde_json::to_string(metadata).map_err(|error| broken(&error))?;
    let head = format!(
        "{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",\"metadata\":{metadata},\"items\":["
    );
    Ok(head.into_bytes())
}

fn separate(written: &mut Vec<u8>, index: usize) {
    if index > 0 {
        written.push(b',');
    }
}

fn push_metadata(written: &mut Vec<u8>, json: &[u8], version: MetaVersion) -> Result<(), Status> {
    let object: WithMetadata<'_> = serde_json::from_slice(json).map_err(|error| broken(&error))?;
    let head = format!(
        "{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"{}\",\"metadata\":",
        version.api_version()
    );
    written.extend_from_slice(head.as_bytes());
    written.extend_from_slice(object.metadata.get().as_bytes());
    written.push(b'}');
    Ok(())
}
