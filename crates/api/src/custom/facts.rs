//! A definition as facts, one set for each version.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use meta::resource::{Resource, Scope};
use serde_json::Value;

use super::{Custom, CustomVersion, JsonPath};
use crate::{
    catalog::{DeleteDefault, ResourceFacts, SubresourceFacts, UpdateRule, builtin},
    json,
};

const VERBS: [&str; 8] =
    ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const SUBRESOURCE_VERBS: [&str; 3] = ["get", "patch", "update"];
/// After all built-in groups.
const GROUP_PRIORITY: u32 = 1000;
const VERSION_PRIORITY: u32 = 100;

/// The stored version first.
pub(super) fn of_definition(definition: &Value) -> Vec<Arc<ResourceFacts>> {
    let spec = &definition["spec"];
    let written = json::list(spec, "versions");
    let versions: Vec<_> = written.iter().map(|one| Arc::new(CustomVersion::new(one))).collect();
    let selectable = selectable(written);
    let is_terminating = json::field(&definition["metadata"], "deletionTimestamp").is_some();
    let order = order(&versions);
    let facts = |(version, written): (&Arc<CustomVersion>, &Value), stored: Option<_>| {
        let position = order.iter().position(|name| *name == version.name).unwrap_or(0);
        let custom = Custom {
            version: Arc::clone(version),
            versions: versions.clone(),
            stored,
            is_terminating,
            selectable: selectable.clone(),
        };
        let version_order = u32::try_from(position).unwrap_or(u32::MAX);
        let described = of_version(definition, written, custom);
        Arc::new(ResourceFacts { version_order, ..described })
    };
    let mut pairs: Vec<_> = versions.iter().zip(written).collect();
    pairs.sort_by_key(|(_, written)| !json::is_true(written, "storage"));
    let mut pairs = pairs.into_iter();
    let Some(stored) = pairs.next().map(|pair| facts(pair, None)) else { return Vec::new() };
    let others = pairs.map(|pair| facts(pair, Some(Arc::clone(&stored))));
    let others: Vec<_> = others.collect();
    std::iter::once(stored).chain(others).collect()
}

fn of_version(definition: &Value, written: &Value, custom: Custom) -> ResourceFacts {
    let spec = &definition["spec"];
    let group = json::text(spec, "group").to_owned();
    let accepted = &definition["status"]["acceptedNames"];
    let names = if json::is_empty(accepted, "plural") { &spec["names"] } else { accepted };
    let name = |field: &str| json::text(names, field).to_owned();
    let texts = |field: &str| -> Vec<String> {
        json::list(names, field).iter().filter_map(|n| n.as_str().map(str::to_owned)).collect()
    };
    let stored = json::list(spec, "versions").iter().find(|one| json::is_true(one, "storage"));
    let stored = stored.map_or("", |one| json::text(one, "name"));
    let scope =
        if json::text(spec, "scope") == "Cluster" { Scope::Cluster } else { Scope::Namespaced };
    let mut field_selectors = vec!["metadata.name".to_owned(), "metadata.namespace".to_owned()];
    field_selectors.extend(selectable(std::slice::from_ref(written)).into_keys());
    let has_status = json::field(&written["subresources"], "status").is_some();
    ResourceFacts {
        singular: name("singular"),
        verbs: VERBS.map(str::to_owned).to_vec(),
        short_names: texts("shortNames"),
        categories: texts("categories"),
        list_kind: name("listKind"),
        type_id: custom.version.type_id,
        storage_version: format!("{group}/{stored}"),
        storage_prefix: format!("/registry/{group}/{}/", name("plural")),
        create_on_update: false,
        unconditional_update: false,
        delete_default: DeleteDefault::Background,
        graceful_delete: false,
        returns_deleted: false,
        expires: false,
        group_priority: GROUP_PRIORITY,
        version_priority: VERSION_PRIORITY,
        group_order: u32::MAX,
        version_order: 0,
        generation_on_create: 1,
        update: update_rule(has_status),
        field_selectors,
        field_selectors_never_matching: Vec::new(),
        name_rule: "dns1123 subdomain (<=253)".to_owned(),
        subresources: subresources(written, &custom, name("kind")),
        resource: Resource {
            group: group.into(),
            version: custom.version.name.clone().into(),
            plural: name("plural").into(),
            kind: name("kind").into(),
            scope,
        },
        custom: Some(Arc::new(custom)),
    }
}

/// With a status of its own, the main endpoint leaves the status alone.
fn update_rule(has_status: bool) -> UpdateRule {
    let status = |list: &str| if has_status { vec![list.to_owned()] } else { Vec::new() };
    UpdateRule {
        reverted: status("status"),
        reset_fields: status(".status"),
        ..UpdateRule::default()
    }
}

fn subresources(written: &Value, custom: &Custom, kind: String) -> Vec<SubresourceFacts> {
    let verbs = || SUBRESOURCE_VERBS.map(str::to_owned).to_vec();
    let mut subresources = Vec::new();
    if json::field(&written["subresources"], "status").is_some() {
        subresources.push(SubresourceFacts {
            name: "status".to_owned(),
            kind,
            api_version: None,
            type_id: custom.version.type_id,
            verbs: verbs(),
            connect_methods: Vec::new(),
            // What it leaves alone is all but the status, which no list of fields can say.
            update: UpdateRule {
                taken: vec!["status".to_owned()],
                reset_fields: not_status(custom),
                ..UpdateRule::default()
            },
        });
    }
    if custom.version.scale.is_some() {
        let type_id = builtin().type_of_kind("autoscaling", "v1", "Scale");
        subresources.push(SubresourceFacts {
            name: "scale".to_owned(),
            kind: "Scale".to_owned(),
            api_version: Some("autoscaling/v1".to_owned()),
            type_id: type_id.unwrap_or_default(),
            verbs: verbs(),
            connect_methods: Vec::new(),
            update: UpdateRule {
                reset_fields: vec![".status".to_owned()],
                ..UpdateRule::default()
            },
        });
    }
    subresources
}

fn not_status(custom: &Custom) -> Vec<String> {
    let properties = custom.version.schema.properties.keys().map(String::as_str);
    let properties = properties.filter(|name| !matches!(*name, "status" | "apiVersion" | "kind"));
    let mut paths: Vec<String> = properties.map(|name| format!(".{name}")).collect();
    paths.extend([".metadata".to_owned(), ".spec".to_owned()]);
    paths.sort();
    paths.dedup();
    paths
}

fn selectable(versions: &[Value]) -> BTreeMap<String, JsonPath> {
    let fields = versions.iter().flat_map(|version| json::list(version, "selectableFields"));
    let entry = |field: &Value| {
        let path = json::text(field, "jsonPath");
        let label = path.strip_prefix('.').unwrap_or(path).to_owned();
        Some((label, JsonPath::parse(path).ok()?))
    };
    fields.filter_map(entry).collect()
}

pub(super) fn deprecation(version: &Value) -> Option<String> {
    json::is_true(version, "deprecated")
        .then(|| json::text(version, "deprecationWarning").to_owned())
}

/// The names of versions, the preferred one first.
fn order(versions: &[Arc<CustomVersion>]) -> Vec<String> {
    let mut names: Vec<String> = versions.iter().map(|version| version.name.clone()).collect();
    names.sort_by_key(|name| VersionRank::of(name));
    names
}

/// The place of a version among others, the preferred one first: stable before beta before alpha,
/// higher before lower, and what is named otherwise last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionRank(Reverse<(u8, u64, u64)>, String);

impl VersionRank {
    /// Of a name such as `v2beta1`.
    pub fn of(name: &str) -> Self {
        Self(Reverse(stability(name).unwrap_or_default()), name.to_owned())
    }
}

/// Stability, major and minor number: `v2beta1` is `(2, 2, 1)`; `None` for another form.
fn stability(name: &str) -> Option<(u8, u64, u64)> {
    let number = |text: &str| text.parse().ok().filter(|_| !text.starts_with('0'));
    let rest = name.strip_prefix('v')?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (major, rest) = rest.split_at(digits);
    let major = number(major)?;
    if rest.is_empty() {
        return Some((3, major, 0));
    }
    let beta = rest.strip_prefix("beta").map(|minor| (2, minor));
    let (stability, minor) = beta.or_else(|| rest.strip_prefix("alpha").map(|minor| (1, minor)))?;
    Some((stability, major, number(minor)?))
}
