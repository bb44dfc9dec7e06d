//! What adds kinds to the API: custom resources, aggregated APIs, storage migrations.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    column::{Column, ColumnType, age, computed, date, name, text},
    object::{Object, join, plain, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "APIService" => API_SERVICE,
        "CustomResourceDefinition" => CUSTOM_RESOURCE_DEFINITION,
        "StorageVersionMigration" => STORAGE_MIGRATION,
        _ => return None,
    })
}

const CUSTOM_RESOURCE_DEFINITION: &[Column] = &[
    name(),
    text("Scope", "spec.scope"),
    computed("Versions", |definition| versions(definition).into()),
    date("Created At", "metadata.creationTimestamp"),
    text("Group", "spec.group").wide(),
    text("Kind", "spec.names.kind").wide(),
    computed("ShortNames", |definition| {
        join(definition.list("spec.names.shortNames").iter().map(plain), ",").into()
    })
    .wide(),
    computed("Established", |definition| definition.has_condition("Established").into())
        .said_to_be(ColumnType::Boolean)
        .wide(),
];
const API_SERVICE: &[Column] = &[
    name(),
    computed("Service", |service| {
        let target = service.at("spec.service");
        if target.is_null() {
            return "Local".into();
        }
        format!("{}/{}", text_in(target, "namespace"), text_in(target, "name")).into()
    }),
    computed("Available", |service| available(service).into()),
    age(),
];
const STORAGE_MIGRATION: &[Column] = &[
    text("Name", "metadata.name"),
    computed("Resource", |migration| {
        let resource = migration.at("spec.resource");
        match text_in(resource, "group") {
            "" => text_in(resource, "resource").into(),
            group => format!("{}.{group}", text_in(resource, "resource")).into(),
        }
    }),
    computed("Status", migration_status),
];

fn versions(definition: Object<'_>) -> String {
    let versions = definition.list("spec.versions").iter();
    let served = versions.filter(|version| version["served"] == true).map(|version| {
        let suffix = if version["storage"] == true { "(storage)" } else { "" };
        format!("{}{suffix}", text_in(version, "name"))
    });
    join(served.collect::<BTreeSet<_>>(), ",")
}

fn available(service: Object<'_>) -> String {
    let Some(condition) = service.condition("Available") else { return "Unknown".to_owned() };
    match (text_in(condition, "status"), text_in(condition, "reason")) {
        ("True", _) => "True".to_owned(),
        (status, "") => status.to_owned(),
        (status, reason) => format!("{status} ({reason})"),
    }
}

fn migration_status(migration: Object<'_>) -> Value {
    let conditions = migration.list("status.conditions").iter().rev();
    let mut current = conditions.filter(|condition| text_in(condition, "status") == "True");
    let found = current.find_map(|condition| match text_in(condition, "type") {
        kind @ ("Running" | "Failed" | "Succeeded") => Some(kind),
        _ => None,
    });
    found.unwrap_or("Unknown").into()
}
