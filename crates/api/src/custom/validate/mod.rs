//! Whether a custom resource is as its schema wants it, in the reference's words.
//!
//! Of several alternatives that all fail, the one with the most passed checks is told; so passed
//! checks are counted as the reference counts them. What an update leaves as it was passes.

mod format;
mod lists;
mod number;
mod old;
mod problem;
mod text;

use serde_json::Value;

use super::schema::{Additional, Kind, Schema};
use crate::validation::Errors;
use problem::{Checked, Problem};

pub(crate) use lists::{duplicates, embedded};

/// All that is wrong with an object; `old` is what it replaces.
pub(crate) fn validate(schema: &Schema, object: &Value, old: Option<&Value>) -> Errors {
    node(schema, "", object, old).errors
}

/// Checks a value and everything below it.
fn node(schema: &Schema, path: &str, value: &Value, old: Option<&Value>) -> Checked {
    if old == Some(value) {
        return Checked::default();
    }
    let mut checked = Checked::default();
    if value.is_null() {
        checked.add(of_type(schema, path, value));
        checked.add(enumeration(schema, path, value));
        return checked;
    }
    if schema.kind.is_some() || schema.is_int_or_string || !schema.format.is_empty() {
        checked.add(of_type(schema, path, value));
        checked.pass();
    }
    checked.add(alternatives(schema, path, value, old));
    checked.pass();
    match value {
        Value::String(text) => {
            checked.add(text::check(schema, path, text));
            checked.pass();
            if !schema.format.is_empty() {
                checked.add(format::check(&schema.format, path, text));
                checked.pass();
            }
        }
        Value::Number(number) => {
            checked.add(number::check(schema, path, number));
            checked.pass();
        }
        Value::Array(items) => {
            checked.add(list(schema, path, items, old));
            checked.pass();
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => {}
    }
    checked.add(enumeration(schema, path, value));
    checked.pass();
    if let Value::Object(_) = value {
        checked.add(object(schema, path, value, old));
        checked.pass();
    }
    checked.pass();
    checked
}

fn of_type(schema: &Schema, path: &str, value: &Value) -> Checked {
    let wanted = schema.type_names();
    let problem = |wanted: &str, found: &str| {
        Checked::failed(Problem::of_type(path, wanted, Value::from(found)))
    };
    if value.is_null() {
        return match wanted {
            "" => Checked::passed(),
            _ if schema.nullable => Checked::passed(),
            wanted => problem(wanted, "null"),
        };
    }
    let found = kind_of(value);
    let fits = wanted.split(',').any(|name| {
        let is_number = found == Kind::Integer && name == "number";
        let is_whole = name == "integer" && value.as_f64().is_some_and(|n| n.fract() == 0.0);
        name == found.as_str() || is_number || is_whole
    });
    let is_numeric = matches!(schema.kind, Some(Kind::Number | Kind::Integer));
    let has_text = matches!(found, Kind::String | Kind::Array);
    if !schema.format.is_empty() && !has_text && !fits {
        return problem(&schema.format, number::format_of(value));
    }
    if !schema.format.is_empty() && has_text && !is_numeric {
        return Checked::passed();
    }
    if fits || wanted.is_empty() { Checked::passed() } else { problem(wanted, found.as_str()) }
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Null | Value::Object(_) => Kind::Object,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number.is_f64() => Kind::Number,
        Value::Number(_) => Kind::Integer,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
    }
}

fn enumeration(schema: &Schema, path: &str, value: &Value) -> Checked {
    let known = &schema.enumeration;
    if known.is_empty() || known.iter().any(|known| number::is_equal(known, value)) {
        return Checked::default();
    }
    Checked::failed(Problem::not_supported(path, value, known))
}

/// `anyOf`, `oneOf`, `allOf` and `not`.
fn alternatives(schema: &Schema, path: &str, value: &Value, old: Option<&Value>) -> Checked {
    let mut all = Checked::default();
    let check = |schemas: &[Schema]| -> Vec<Checked> {
        schemas.iter().map(|schema| node(schema, path, value, old)).collect()
    };
    let any = check(&schema.any_of);
    match any.iter().position(Checked::is_valid) {
        Some(first) => all.add(any.into_iter().nth(first).unwrap_or_default()),
        None if any.is_empty() => {}
        None => {
            all.add(Checked::failed(Problem::combined(
                path,
                "must validate at least one schema (anyOf)",
            )));
            all.add(best(any));
        }
    }
    let one = check(&schema.one_of);
    let valid = one.iter().filter(|checked| checked.is_valid()).count();
    match valid {
        _ if one.is_empty() => {}
        1 => all.add(one.into_iter().find(Checked::is_valid).unwrap_or_default()),
        0 => {
            let text = "must validate one and only one schema (oneOf). Found none valid";
            all.add(Checked::failed(Problem::combined(path, text)));
            all.add(best(one));
        }
        several => {
            let text = format!(
                "must validate one and only one schema (oneOf). Found {several} valid alternatives"
            );
            all.add(Checked::failed(Problem::combined(path, &text)));
        }
    }
    let every = check(&schema.all_of);
    let failed = every.iter().filter(|checked| !checked.is_valid()).count();
    let none_passed = failed == every.len();
    for checked in every {
        all.add(checked);
    }
    if failed > 0 {
        let end = if none_passed { ". None validated" } else { "" };
        let text = format!("must validate all the schemas (allOf){end}");
        all.add(Checked::failed(Problem::combined(path, &text)));
    }
    if schema.not.as_ref().is_some_and(|not| node(not, path, value, old).is_valid()) {
        let text = "must not validate the schema (not)";
        all.add(Checked::failed(Problem::combined(path, text)));
    }
    all.pass();
    all
}

/// The alternative that passed the most checks, the first of equals.
fn best(alternatives: Vec<Checked>) -> Checked {
    let mut best: Option<Checked> = None;
    for checked in alternatives {
        if best.as_ref().is_none_or(|best| checked.passed > best.passed) {
            best = Some(checked);
        }
    }
    best.unwrap_or_default()
}

fn list(schema: &Schema, path: &str, items: &[Value], old: Option<&Value>) -> Checked {
    let mut checked = Checked::default();
    if let Some(item_schema) = &schema.items {
        for (index, item) in items.iter().enumerate() {
            let old = old.and_then(|old| old::twin(schema, old, item));
            checked.add(node(item_schema, &format!("{path}[{index}]"), item, old));
        }
    }
    let counts = schema.item_counts;
    if let Some(min) = counts.min.filter(|min| items.len() < *min) {
        let text = format!("should have at least {min} items");
        checked.add(Checked::failed(Problem::invalid(path, items.len().into(), &text)));
    }
    if let Some(max) = counts.max.filter(|max| items.len() > *max) {
        checked.add(Checked::failed(Problem::too_many(path, items.len(), max)));
    }
    checked.pass();
    checked
}

fn object(schema: &Schema, path: &str, value: &Value, old: Option<&Value>) -> Checked {
    let Some(members) = value.as_object() else { return Checked::default() };
    let counts = schema.property_counts;
    if let Some(min) = counts.min.filter(|min| members.len() < *min) {
        let text = format!("should have at least {min} properties");
        return Checked::failed(Problem::invalid(path, members.len().into(), &text));
    }
    if let Some(max) = counts.max.filter(|max| members.len() > *max) {
        return Checked::failed(Problem::too_many(path, members.len(), max));
    }
    let mut checked = Checked::default();
    for (name, member) in members {
        let below = match &schema.additional {
            _ if schema.properties.contains_key(name) => continue,
            Some(Additional::Of(others)) => others,
            Some(Additional::Nothing) => {
                checked.add(Checked::failed(Problem::not_allowed(path, name)));
                continue;
            }
            Some(Additional::Any) | None => continue,
        };
        let old = old.and_then(|old| old.get(name));
        checked.add(node(below, &format!("{path}.{name}"), member, old));
    }
    for (name, property) in &schema.properties {
        if let Some(member) = members.get(name) {
            let old = old.and_then(|old| old.get(name));
            checked.add(node(property, &problem::below(path, name), member, old));
        }
    }
    let missing = schema.required.iter().filter(|name| !members.contains_key(*name));
    for name in missing {
        checked.add(Checked::failed(Problem::required(path, name)));
    }
    checked
}

#[cfg(test)]
mod tests;
