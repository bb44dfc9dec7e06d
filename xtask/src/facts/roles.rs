//! `roles.txt`: the roles and bindings that every cluster has.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

const HEAD: &str = "\
# Written by `cargo xtask facts`; do not edit.
# clusterrole NAME, role NAMESPACE/NAME, clusterrolebinding NAME ROLE, rolebinding NAMESPACE/NAME ROLE;
# then what it holds, one a line. `-` is the core group.
";
/// The lists of the table, and the kind of what is in them.
const LISTS: [(&str, &str); 6] = [
    ("clusterRoles", "clusterrole"),
    ("clusterRoleBindings", "clusterrolebinding"),
    ("controllerRoles", "clusterrole"),
    ("controllerRoleBindings", "clusterrolebinding"),
    ("namespaceRoles", "role"),
    ("namespaceRoleBindings", "rolebinding"),
];

pub(super) fn render(source: &Path) -> Result<String> {
    let path = source.join("rbac.yaml");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let table: Value =
        serde_saphyr::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    let mut rendered = HEAD.to_owned();
    for (list, kind) in LISTS {
        let objects = table[list].as_array();
        for object in objects.with_context(|| format!("no list {list} in rbac.yaml"))? {
            write_object(&mut rendered, kind, object)?;
        }
    }
    Ok(rendered)
}

fn write_object(to: &mut String, kind: &str, object: &Value) -> Result<()> {
    let place = object["namespace"].as_str().map(|namespace| format!("{namespace}/"));
    let (place, name) = (place.unwrap_or_default(), text(&object["name"]));
    let role = object["role"].as_str().map(|role| format!(" {role}"));
    writeln!(to, "{kind} {place}{name}{}", role.unwrap_or_default())?;
    for (key, value) in object["labels"].as_object().into_iter().flatten() {
        writeln!(to, "\tlabel {key}={}", text(value))?;
    }
    for selector in list(&object["aggregate"]) {
        for (key, value) in selector.as_object().into_iter().flatten() {
            writeln!(to, "\taggregate {key}={}", text(value))?;
        }
    }
    for rule in list(&object["rules"]) {
        write_rule(to, rule)?;
    }
    for subject in list(&object["subjects"]) {
        writeln!(to, "\tto {}", text(subject))?;
    }
    Ok(())
}

fn write_rule(to: &mut String, rule: &Value) -> Result<()> {
    let joined = |field: &str| {
        let items = list(&rule[field]).iter().map(text);
        items.map(|item| if item.is_empty() { "-" } else { item }).collect::<Vec<_>>().join(",")
    };
    let (paths, verbs) = (joined("nonResourceURLs"), joined("verbs"));
    if !paths.is_empty() {
        writeln!(to, "\tpaths {paths} {verbs}")?;
        return Ok(());
    }
    let names = joined("resourceNames");
    let names = if names.is_empty() { names } else { format!(" {names}") };
    writeln!(to, "\trule {} {} {verbs}{names}", joined("apiGroups"), joined("resources"))?;
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
