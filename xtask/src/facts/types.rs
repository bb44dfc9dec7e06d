//! The types that served resources reach, one line per type and per field.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use super::resources::Served;

const HEADER: &str = "# Written by `cargo xtask facts`; do not edit.
# TYPE attributes; then per field: NAME TYPE NUMBER/WIRE attributes. A dash stands for no name,
# a tilde for a blank.
";

/// Types that requests and answers use besides the resources' own.
const ALWAYS: &[&str] = &["apidiscovery/v2.APIGroupDiscoveryList"];

pub(super) fn render(folder: &Path, served: &[Served]) -> Result<String> {
    let path = folder.join("types.json");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let tables: Value = serde_json::from_str(&text).context("parsing types.json")?;
    let types = tables["types"].as_object().context("types.json has no types")?;
    let mut out = HEADER.to_owned();
    for name in reachable(types, served)? {
        render_type(&mut out, &name, &types[&name])?;
    }
    Ok(out)
}

fn reachable(types: &Map<String, Value>, served: &[Served]) -> Result<BTreeSet<String>> {
    let kinds: BTreeMap<(String, &str), &str> =
        types.iter().filter_map(|(name, one)| Some((kind_key(one)?, name.as_str()))).collect();
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = ALWAYS.iter().map(|name| (*name).to_owned()).collect();
    open.extend(types.keys().filter(|name| name.starts_with("meta/v1.")).cloned());
    for entry in served {
        for kind in [&entry.kind, &entry.list_kind] {
            if kind.is_empty() {
                continue;
            }
            let key = (entry.kind_api_version.clone(), kind.as_str());
            let name = kinds.get(&key).with_context(|| {
                format!("no type of kind {kind} in {}/{}", entry.group, entry.version)
            })?;
            open.push((*name).to_owned());
        }
    }
    while let Some(name) = open.pop() {
        let one = types.get(&name).with_context(|| format!("no type {name}"))?;
        for field in fields(one)? {
            open.extend(referenced(text_of(field, "t")).filter(|other| !found.contains(other)));
        }
        open.extend(referenced(text_of(one, "json")).filter(|other| !found.contains(other)));
        found.insert(name);
    }
    Ok(found)
}

fn kind_key(one: &Value) -> Option<(String, &str)> {
    let [group, version, kind] = one["gvk"].as_array()?.as_slice() else { return None };
    let (group, version) = (group.as_str()?, version.as_str()?);
    let api_version =
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Some((api_version, kind.as_str()?))
}

/// The kinds that a client asks for by `as=KIND;g=meta.k8s.io;v=v1`, which no group registers.
fn negotiated_kind<'a>(name: &'a str, one: &Value) -> Option<(String, &'a str)> {
    let kind = name.strip_prefix("meta/v1.").filter(|_| one["typeMeta"] == true)?;
    Some(("meta.k8s.io/v1".to_owned(), kind))
}

/// The types named after each `ref:` of a type expression.
fn referenced(expression: &str) -> impl Iterator<Item = String> + '_ {
    expression
        .split('|')
        .filter_map(|alternative| Some(alternative.split_once("ref:")?.1.to_owned()))
}

fn fields(one: &Value) -> Result<&Vec<Value>> {
    one["fields"].as_array().context("a type without fields")
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn render_type(out: &mut String, name: &str, one: &Value) -> Result<()> {
    out.push_str(name);
    let proto = text_of(one, "proto");
    if proto.is_empty() {
        out.push_str(" proto=-");
    } else if proto != format!("k8s.io.api.{}", name.replace('/', ".")) {
        _ = write!(out, " proto={proto}");
    }
    if let Some((api_version, kind)) = kind_key(one).or_else(|| negotiated_kind(name, one)) {
        _ = write!(out, " kind={api_version}/{kind}");
    }
    if one["typeMeta"] == true {
        out.push_str(" meta");
    }
    if one["structType"] == "atomic" {
        out.push_str(" atomic");
    }
    if one.get("json").is_some() {
        _ = write!(out, " json={}", text_of(one, "json"));
    }
    out.push('\n');
    for field in fields(one)? {
        render_field(out, field).with_context(|| format!("a field of {name}"))?;
    }
    Ok(())
}

fn render_field(out: &mut String, field: &Value) -> Result<()> {
    let name = text_of(field, "n");
    let name = if name.is_empty() { "-" } else { name };
    _ = write!(out, "\t{name} {}", text_of(field, "t"));
    if let Some(number) = field["p"].as_u64() {
        _ = write!(out, " {number}/{}", field["w"].as_u64().context("no wire type")?);
    }
    for (key, word) in [("inline", "inline"), ("ptr", "pointer"), ("req", "required")] {
        if field[key] == true {
            _ = write!(out, " {word}");
        }
    }
    let named = [
        ("omit", "omit"),
        ("listType", "list"),
        ("mapType", "map"),
        ("patch", "patch"),
        ("patchKey", "patch-key"),
        ("pt", "proto"),
    ];
    for (key, word) in named {
        if let Some(value) = field[key].as_str() {
            _ = write!(out, " {word}={}", value.replace(' ', ""));
        }
    }
    for (key, word) in [("listKeys", "keys"), ("enum", "enum"), ("itemEnum", "enum")] {
        if let Some(values) = field[key].as_array() {
            _ = write!(out, " {word}={}", joined(values)?);
        }
    }
    if let Some(default) = field.get("default") {
        _ = write!(out, " default={default}");
    }
    out.push('\n');
    Ok(())
}

/// Values separated by commas; a blank inside one becomes a tilde, which none has.
fn joined(values: &[Value]) -> Result<String> {
    let values: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
    let text = values.context("a list of texts holds something else")?.join(",");
    ensure!(!text.contains('~'), "{text:?} holds a tilde");
    Ok(text.replace(' ', "~"))
}
