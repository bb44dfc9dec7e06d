//! What a schema says of how lists merge.

use serde_json::Value;

use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

const LIST_TYPE: &str = "x-kubernetes-list-type";
const LIST_KEYS: &str = "x-kubernetes-list-map-keys";

/// The extensions of one node.
pub(super) fn validate(path: &Path<'_>, schema: &Value, errors: &mut Errors) {
    let list_type = json::text(schema, LIST_TYPE);
    let keys = json::list(schema, LIST_KEYS);
    if !list_type.is_empty() {
        let kind = json::text(schema, "type");
        let text = "must be array if x-kubernetes-list-type is specified";
        if kind.is_empty() {
            errors.push(FieldError::required(&path.child("type"), text));
        } else if kind != "array" {
            errors.push(FieldError::invalid(&path.child("type"), kind, text));
        }
        rules::one_of(&path.child(LIST_TYPE), list_type, &["atomic", "set", "map"], errors);
    }
    if !keys.is_empty() && list_type != "map" {
        let text = "must be map if x-kubernetes-list-map-keys is non-empty";
        let path = path.child(LIST_TYPE);
        errors.push(match list_type {
            "" => FieldError::required(&path, text),
            other => FieldError::invalid(&path, other, text),
        });
    }
    match list_type {
        "map" => map(path, schema, keys, errors),
        "set" => set(path, &schema["items"], errors),
        _ => {}
    }
}

fn map(path: &Path<'_>, schema: &Value, keys: &[Value], errors: &mut Errors) {
    if keys.is_empty() {
        let text = "must not be empty if x-kubernetes-list-type is map";
        errors.push(FieldError::required(&path.child(LIST_KEYS), text));
    }
    let Some(items) = json::field(schema, "items") else {
        let text = "must have a schema if x-kubernetes-list-type is map";
        errors.push(FieldError::required(&path.child("items"), text));
        return;
    };
    let items_path = path.child("items");
    let kind = json::text(items, "type");
    if kind != "object" {
        let text = "must be object if parent array's x-kubernetes-list-type is map";
        errors.push(FieldError::invalid(&items_path.child("type"), kind, text));
        return;
    }
    let properties = items_path.child("properties");
    for (index, key) in keys.iter().enumerate() {
        let name = key.as_str().unwrap_or_default();
        if keys[..index].contains(key) {
            let text = "must not contain duplicate entries";
            let keys = Value::from(keys.to_vec());
            errors.push(FieldError::invalid(&path.child(LIST_KEYS), keys, text));
        }
        let Some(property) = items["properties"].get(name) else {
            let text = "entries must all be names of item properties";
            errors.push(FieldError::invalid(&path.child(LIST_KEYS).index(index), name, text));
            continue;
        };
        let path = properties.key(name);
        let kind = json::text(property, "type");
        if matches!(kind, "array" | "object") {
            let text = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            errors.push(FieldError::invalid(&path.child("type"), kind, text));
        }
        let is_required = json::list(items, "required").contains(key);
        if !is_required && json::field(property, "default").is_none() {
            let text = "this property is in x-kubernetes-list-map-keys, so it must have a default \
                        or be a required property";
            errors.push(FieldError::required(&path.child("default"), text));
        }
    }
}

/// Items of a set are compared as a whole.
fn set(path: &Path<'_>, items: &Value, errors: &mut Errors) {
    let path = path.child("items");
    let (extension, is_atomic) = match json::text(items, "type") {
        "array" => {
            let list_type = json::text(items, LIST_TYPE);
            (LIST_TYPE, list_type.is_empty() || list_type == "atomic")
        }
        "object" => {
            ("x-kubernetes-map-type", json::text(items, "x-kubernetes-map-type") == "atomic")
        }
        _ => return,
    };
    if !is_atomic {
        let found = json::text(items, extension);
        let text = "must be atomic as item of a list with x-kubernetes-list-type=set";
        let path = path.child(extension);
        let found = if found.is_empty() { Value::Null } else { found.into() };
        errors.push(FieldError::invalid(&path, found, text));
    }
}
