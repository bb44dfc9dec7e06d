//! The served resources, joined from four tables into one block of lines each.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context, Result};

use super::table::{Row, Table};

/// A served resource or subresource with the lines that describe it.
pub(super) struct Served {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    /// Empty for subresources.
    pub(super) list_kind: String,
    /// `group/version` of the kind.
    pub(super) kind_api_version: String,
    order: (u32, u32, String),
    head: String,
    lines: Vec<(&'static str, String)>,
}

const HEADER: &str = "# Written by `cargo xtask facts`; do not edit.
# resource API_VERSION PLURAL KIND SCOPE, or subresource NAME KIND; then its facts, one a line.
";

pub(super) fn read(folder: &Path) -> Result<Vec<Served>> {
    let kinds = Table::read(folder, "kinds.tsv")?;
    let updates = Table::read(folder, "update-semantics.tsv")?;
    let resets = Table::read(folder, "reset-fields.tsv")?;
    let selectors = Table::read(folder, "selectable-fields.tsv")?;
    let mut served = Vec::new();
    for row in kinds.rows() {
        if row.get("servedByDefault") != "yes" || row.get("inDiscoveryDoc") != "yes" {
            continue;
        }
        let api_version = api_version(row.get("group"), row.get("version"));
        let mut lines = kind_lines(row);
        if let Some(row) = selectors.rows().find(|other| other.key() == row.key()) {
            lines.extend(selector_lines(row));
        }
        if let Some(row) = updates.rows().find(|other| other.key() == row.key()) {
            lines.extend(update_lines(row));
        }
        let is_reset =
            |other: &Row<'_>| other.key() == row.key() && other.get("fieldsVersion") == api_version;
        if let Some(row) = resets.rows().find(is_reset) {
            lines.push(("reset-fields", row.get("resetFields").replace(' ', ",")));
        }
        lines.retain(|(_, value)| !value.is_empty());
        served.push(one(row, &api_version, lines)?);
    }
    served.sort_by(|left, right| left.order.cmp(&right.order));
    Ok(served)
}

pub(super) fn render(served: &[Served]) -> String {
    let mut text = HEADER.to_owned();
    for entry in served {
        _ = writeln!(text, "{}", entry.head);
        for (name, value) in &entry.lines {
            _ = writeln!(text, "\t{name} {value}");
        }
    }
    text
}

fn one(row: Row<'_>, api_version: &str, lines: Vec<(&'static str, String)>) -> Result<Served> {
    let (group, version, resource) = row.key();
    let kind = row.get("kind");
    let head = match resource.split_once('/') {
        Some((_, name)) => format!("subresource {name} {kind}"),
        None => format!("resource {api_version} {resource} {kind} {}", scope(row)),
    };
    let number = |column: &str| {
        row.get(column).parse().with_context(|| format!("{column} of {api_version} {resource}"))
    };
    Ok(Served {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        list_kind: row.get("listKind").to_owned(),
        kind_api_version: row.filled("responseGroupVersion").unwrap_or(api_version).to_owned(),
        order: (number("groupOrder")?, number("versionOrder")?, resource.to_owned()),
        head,
        lines,
    })
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn scope(row: Row<'_>) -> &'static str {
    if row.get("namespaced") == "yes" { "namespaced" } else { "cluster" }
}

fn kind_lines(row: Row<'_>) -> Vec<(&'static str, String)> {
    let cell = |column: &str| row.filled(column).unwrap_or_default().to_owned();
    let is_sub = row.get("resource").contains('/');
    let mut lines = vec![
        ("verbs", cell("verbs")),
        ("connect-methods", cell("connectMethods")),
        ("kind-api-version", cell("responseGroupVersion")),
    ];
    if is_sub {
        return lines;
    }
    let flags = [
        ("createOnUpdate", "create-on-update"),
        ("unconditionalUpdate", "unconditional-update"),
        ("gracefulDelete", "graceful-delete"),
        ("returnDeleted", "returns-deleted"),
        ("ttl", "expires"),
    ];
    let set = flags.iter().filter(|(column, _)| row.get(column) == "yes").map(|(_, flag)| *flag);
    let prefix = row.get("etcdKey");
    let prefix = &prefix[..prefix.find('{').unwrap_or(prefix.len())];
    let priority = format!("{} {}", row.get("groupPriority"), row.get("versionPriority"));
    lines.extend([
        ("singular", cell("singular")),
        ("short-names", cell("shortNames")),
        ("categories", cell("categories")),
        ("list-kind", cell("listKind")),
        ("storage-version", cell("storageVersion")),
        ("storage-prefix", prefix.to_owned()),
        ("flags", set.collect::<Vec<_>>().join(",")),
        ("delete-default", cell("deleteGC")),
        ("priority", priority.trim().to_owned()),
        ("order", format!("{} {}", row.get("groupOrder"), row.get("versionOrder"))),
    ]);
    lines
}

fn selector_lines(row: Row<'_>) -> Vec<(&'static str, String)> {
    let cell = |column: &str| row.filled(column).unwrap_or_default().to_owned();
    let generation = cell("generationOnCreate");
    vec![
        ("field-selectors", cell("fieldSelectors")),
        ("field-selectors-never-matching", cell("acceptedButNeverMatching")),
        ("name-rule", cell("nameRule")),
        ("generation-on-create", if generation == "0" { String::new() } else { generation }),
    ]
}

fn update_lines(row: Row<'_>) -> Vec<(&'static str, String)> {
    let cell = |column: &str| row.filled(column).unwrap_or_default().to_owned();
    vec![
        ("update-takes", cell("taken")),
        ("update-reverts", cell("reverted")),
        ("update-rewrites", cell("rewritten")),
        ("update-bumps-generation", cell("bumpsGeneration")),
    ]
}
