//! Discovery as it always was: groups, and a list of resources per group version.

use std::sync::Arc;

use api::catalog::{ResourceFacts, SubresourceFacts};
use base64::Engine as _;
use meta::resource::Scope;
use serde_json::{Map, Value, json};

use super::Group;

/// `/api`.
pub(super) fn core(address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

/// `/apis`.
pub(super) fn groups(groups: &[Group]) -> Value {
    let groups: Vec<_> = groups.iter().map(group).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub(super) fn group_document(of: &Group) -> Value {
    let mut document = group(of);
    document["kind"] = "APIGroup".into();
    document["apiVersion"] = "v1".into();
    document
}

/// `/api/VERSION` and `/apis/GROUP/VERSION`.
pub(super) fn resources(group: &str, version: &str, resources: &[Arc<ResourceFacts>]) -> Value {
    let mut entries: Vec<_> = resources.iter().flat_map(|facts| entries(facts)).collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version(group, version),
        "resources": entries,
    })
}

fn group(group: &Group) -> Value {
    let version = |version: &str| json!({"groupVersion": group_version(&group.name, version), "version": version});
    let versions: Vec<_> = group.versions.iter().map(|(name, _)| version(name)).collect();
    json!({"name": group.name, "preferredVersion": versions.first(), "versions": versions})
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// A resource and its subresources, by name.
fn entries(facts: &ResourceFacts) -> Vec<(String, Value)> {
    let mut entries = vec![(facts.resource.plural.to_string(), resource(facts))];
    for subresource in &facts.subresources {
        let name = format!("{}/{}", facts.resource.plural, subresource.name);
        let entry = subresource_entry(facts, subresource, &name);
        entries.push((name, entry));
    }
    entries
}

fn resource(facts: &ResourceFacts) -> Value {
    let mut entry = json!({
        "name": facts.resource.plural,
        "singularName": facts.singular,
        "namespaced": facts.resource.scope == Scope::Namespaced,
        "kind": facts.resource.kind,
        "verbs": sorted(&facts.verbs),
    });
    if !facts.short_names.is_empty() {
        entry["shortNames"] = facts.short_names.clone().into();
    }
    if !facts.categories.is_empty() {
        entry["categories"] = facts.categories.clone().into();
    }
    if !facts.storage_prefix.is_empty() {
        entry["storageVersionHash"] = storage_hash(facts).into();
    }
    entry
}

fn subresource_entry(facts: &ResourceFacts, subresource: &SubresourceFacts, name: &str) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), name.into());
    entry.insert("singularName".into(), "".into());
    entry.insert("namespaced".into(), (facts.resource.scope == Scope::Namespaced).into());
    entry.insert("kind".into(), subresource.kind.as_str().into());
    entry.insert("verbs".into(), sorted(&subresource.verbs).into());
    if let Some(api_version) = &subresource.api_version {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        entry.insert("group".into(), group.into());
        entry.insert("version".into(), version.into());
    }
    Value::Object(entry)
}

pub(super) fn sorted(verbs: &[String]) -> Vec<&str> {
    let mut verbs: Vec<_> = verbs.iter().map(String::as_str).collect();
    verbs.sort_unstable();
    verbs
}

/// Tells in which version objects are stored: the beginning of a hash of it, as in the reference.
fn storage_hash(facts: &ResourceFacts) -> String {
    const HASH_BYTES: usize = 8;
    let (group, version) =
        facts.storage_version.split_once('/').unwrap_or(("", &facts.storage_version));
    let text = format!("{group}/{version}/{}", facts.resource.kind);
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(&digest.as_ref()[..HASH_BYTES])
}
