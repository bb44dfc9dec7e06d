//! The table in ARCHITECTURE.md is the law: no crate may use another that the table does not allow.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::{read, root};

pub(super) fn complaints() -> Result<Vec<String>> {
    let table = read(&root().join("ARCHITECTURE.md"))?;
    let allowed = parse(&table);
    let mut complaints = Vec::new();
    for name in allowed.keys() {
        if !root().join("crates").join(name).exists() {
            complaints.push(format!("ARCHITECTURE.md names crate {name}, which is not there"));
        }
    }
    for manifest in super::files("toml")? {
        let shown = super::shown(&manifest);
        let Some(name) = shown.strip_prefix("crates/").and_then(|s| s.strip_suffix("/Cargo.toml"))
        else {
            continue;
        };
        let Some(may_use) = allowed.get(name) else {
            complaints.push(format!("crate {name} is not in the table of ARCHITECTURE.md"));
            continue;
        };
        let used = dependencies(&read(&manifest)?, &allowed);
        let forbidden = used.iter().filter(|used| !may_use.contains(*used));
        complaints.extend(forbidden.map(|used| format!("{name} may not use {used}")));
    }
    Ok(complaints)
}

/// Rows `| name | holds | may use |`; `all but a, b` means every other crate.
fn parse(table: &str) -> BTreeMap<String, BTreeSet<String>> {
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let name = |cell: &str| cell.trim_matches('`').to_owned();
    let all: BTreeSet<String> = rows.iter().filter_map(|row| Some(name(row.first()?))).collect();
    let uses = |cell: &str| -> BTreeSet<String> {
        let quoted = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        if !cell.starts_with("all but") {
            return quoted;
        }
        let binary = BTreeSet::from(["pilothouse".to_owned()]);
        all.iter()
            .filter(|known| !quoted.contains(*known) && !binary.contains(*known))
            .cloned()
            .collect()
    };
    let pair = |row: &Vec<&str>| Some((name(row.first()?), uses(row.get(2)?)));
    rows.iter().filter_map(pair).collect()
}

/// The project's own crates that a manifest names, tests apart.
fn dependencies(manifest: &str, known: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut section = String::new();
    let mut used = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if section == "[dependencies]" && known.contains_key(name) {
            used.insert(name.to_owned());
        }
    }
    used
}
