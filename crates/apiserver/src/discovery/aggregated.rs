//! Discovery in one document: `APIGroupDiscoveryList` of `apidiscovery.k8s.io/v2`.

use std::sync::Arc;

use api::catalog::{ResourceFacts, SubresourceFacts};
use meta::resource::Scope;
use serde_json::{Value, json};

use super::{Group, legacy::sorted};

/// The document of these groups.
pub(super) fn document(groups: &[Group]) -> Value {
    let items: Vec<_> = groups.iter().map(group).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn group(group: &Group) -> Value {
    let versions: Vec<_> =
        group.versions.iter().map(|(name, facts)| version(name, facts)).collect();
    let metadata = if group.name.is_empty() { json!({}) } else { json!({"name": group.name}) };
    json!({"metadata": metadata, "versions": versions})
}

fn version(name: &str, resources: &[Arc<ResourceFacts>]) -> Value {
    let resources: Vec<_> = resources.iter().map(|facts| resource(facts)).collect();
    json!({"version": name, "freshness": "Current", "resources": resources})
}

fn resource(facts: &ResourceFacts) -> Value {
    let scope = match facts.resource.scope {
        Scope::Namespaced => "Namespaced",
        Scope::Cluster => "Cluster",
    };
    // The reference fills in what it reads of definitions, and not what it knows itself.
    let (group, version) = match facts.custom {
        Some(_) => (&*facts.resource.group, &*facts.resource.version),
        None => ("", ""),
    };
    let mut entry = json!({
        "resource": facts.resource.plural,
        "responseKind": {"group": group, "version": version, "kind": facts.resource.kind},
        "scope": scope,
        "singularResource": facts.singular,
        "verbs": sorted(&facts.verbs),
    });
    if !facts.short_names.is_empty() {
        entry["shortNames"] = facts.short_names.clone().into();
    }
    if !facts.categories.is_empty() {
        entry["categories"] = facts.categories.clone().into();
    }
    if !facts.subresources.is_empty() {
        let mut subresources: Vec<_> = facts.subresources.iter().collect();
        subresources.sort_by(|a, b| a.name.cmp(&b.name));
        let own = [group, version];
        entry["subresources"] = subresources.into_iter().map(|one| subresource(one, own)).collect();
    }
    entry
}

fn subresource(facts: &SubresourceFacts, [group, version]: [&str; 2]) -> Value {
    let (group, version) = match facts.api_version.as_deref() {
        Some(other) => other.split_once('/').unwrap_or(("", other)),
        None => (group, version),
    };
    json!({
        "subresource": facts.name,
        "responseKind": {"group": group, "version": version, "kind": facts.kind},
        "verbs": sorted(&facts.verbs),
    })
}
