//! What types alone do not say: items of sets and maps are there once, and whole objects inside an
//! object have proper metadata.

use meta::names;
use serde_json::{Map, Value};

use super::{super::schema::Schema, old::key_of, problem};
use crate::{
    catalog::ListType,
    json,
    validation::{ErrorKind, Errors, FieldError, Shown},
};

/// Items of sets and maps that are there before.
pub(crate) fn duplicates(schema: &Schema, value: &Value) -> Errors {
    let mut errors = Errors::new();
    walk(schema, "", value, &mut |schema, path, value| {
        let Value::Array(items) = value else { return };
        match schema.list_type {
            Some(ListType::Set) => repeated(path, items.iter().cloned(), &mut errors),
            Some(ListType::Map) => {
                let keys = items.iter().map(|item| {
                    let key = key_of(schema, item).into_iter();
                    Value::Object(
                        key.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
                    )
                });
                repeated(path, keys, &mut errors);
            }
            Some(ListType::Atomic) | None => {}
        }
    });
    errors
}

fn repeated(path: &str, items: impl Iterator<Item = Value>, errors: &mut Errors) {
    let mut seen: Vec<Value> = Vec::new();
    for (index, item) in items.enumerate() {
        if seen.contains(&item) {
            let (kind, value) = (ErrorKind::Duplicate, Shown::Json(item));
            let path = format!("{path}[{index}]");
            errors.push(FieldError { path, kind, value, detail: String::new() });
        } else {
            seen.push(item);
        }
    }
}

/// What is wrong with whole objects inside an object.
pub(crate) fn embedded(schema: &Schema, value: &Value) -> Errors {
    let mut errors = Errors::new();
    walk(schema, "", value, &mut |schema, path, value| {
        if schema.is_embedded
            && let Value::Object(object) = value
        {
            whole_object(path, object, &mut errors);
        }
    });
    errors
}

fn whole_object(path: &str, object: &Map<String, Value>, errors: &mut Errors) {
    let mut push = |field: &str, kind: ErrorKind, value: Shown, detail: &str| {
        let path = format!("{path}.{field}");
        errors.push(FieldError { path, kind, value, detail: detail.to_owned() });
    };
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let api_version = text("apiVersion");
    if api_version.is_empty() {
        push("apiVersion", ErrorKind::Required, Shown::Hidden, "");
    } else if api_version.matches('/').count() > 1 {
        let detail = format!("unexpected GroupVersion string: {api_version}");
        push("apiVersion", ErrorKind::Invalid, api_version.into(), &detail);
    }
    let kind = text("kind");
    if kind.is_empty() {
        push("kind", ErrorKind::Required, Shown::Hidden, "");
    }
    for detail in names::dns_1035_label(&kind.to_lowercase()) {
        if !kind.is_empty() {
            let detail = format!("may have mixed case, but should otherwise match: {detail}");
            push("kind", ErrorKind::Invalid, kind.into(), &detail);
        }
    }
    let name = object.get("metadata").map(|metadata| json::text(metadata, "name"));
    for detail in name.into_iter().filter(|name| !name.is_empty()).flat_map(names::path_segment) {
        push("metadata.name", ErrorKind::Invalid, name.unwrap_or_default().into(), &detail);
    }
}

/// Visits every value that the schema describes.
fn walk(schema: &Schema, path: &str, value: &Value, visit: &mut dyn FnMut(&Schema, &str, &Value)) {
    visit(schema, path, value);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if let Some(known) = schema.member(name) {
                    walk(known, &problem::below(path, name), member, visit);
                }
            }
        }
        Value::Array(items) => {
            let Some(known) = &schema.items else { return };
            for (index, item) in items.iter().enumerate() {
                walk(known, &format!("{path}[{index}]"), item, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
