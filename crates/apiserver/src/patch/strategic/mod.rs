//! Strategic merge patch: maps merge, lists merge by key or as sets where the schema says so, and
//! directives (`$patch`, `$retainKeys`, `$setElementOrder/F`, `$deleteFromPrimitiveList/F`) do what
//! a plain merge cannot.

mod lists;
mod order;
mod schema;

use api::catalog::{Catalog, TypeId};
use serde_json::{Map, Value};

use super::{
    error::{Error, bad_argument},
    go,
};
use schema::Schema;

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ELEMENT_ORDER: &str = "$setElementOrder";
const DELETE_PRIMITIVES: &str = "$deleteFromPrimitiveList";

pub(super) fn apply(
    catalog: &Catalog,
    type_id: TypeId,
    original: &Value,
    patch: &Value,
) -> Result<Value, Error> {
    let patch = match patch {
        Value::Object(members) => members.clone(),
        Value::Null => Map::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(Error::Malformed(format!(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                go::json_kind(patch)
            )));
        }
    };
    let mut merged = original.as_object().cloned().unwrap_or_default();
    merge_map(&mut merged, patch, Schema::of(catalog, type_id))?;
    // What kind the object is was said by the URL already.
    for key in ["apiVersion", "kind"] {
        match original.get(key) {
            Some(value) => merged.insert(key.to_owned(), value.clone()),
            None => merged.remove(key),
        };
    }
    Ok(Value::Object(merged))
}

/// Merges a patch map into a live one.
fn merge_map(
    live: &mut Map<String, Value>,
    mut patch: Map<String, Value>,
    schema: Schema<'_>,
) -> Result<(), Error> {
    if let Some(directive) = patch.remove(PATCH) {
        return replace_or_clear(live, directive, patch);
    }
    retain_keys(live, &mut patch)?;
    order::apply_directives(live, &mut patch, schema)?;
    for (key, value) in patch {
        match deleting_list(&key)? {
            Some(field) => delete_primitives(live, field, &value, schema)?,
            None => merge_field(live, key, value, schema)?,
        }
    }
    Ok(())
}

/// `$patch` in a map: `replace` takes the patch map as it is, `delete` leaves an empty one.
fn replace_or_clear(
    live: &mut Map<String, Value>,
    directive: Value,
    mut patch: Map<String, Value>,
) -> Result<(), Error> {
    match directive.as_str() {
        Some("replace") => *live = patch,
        Some("delete") => live.clear(),
        _ => {
            patch.insert(PATCH.to_owned(), directive.clone());
            return Err(unknown_directive(&directive, Value::Object(patch)));
        }
    }
    Ok(())
}

fn unknown_directive(directive: &Value, map: Value) -> Error {
    Error::Failed(format!(
        "unknown patch type: {} in map: {}",
        go::print(directive),
        go::print(&map)
    ))
}

/// `$retainKeys`: live keys that are not listed go before the patch merges.
fn retain_keys(live: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), Error> {
    let Some(retained) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let malformed = || Error::Malformed("invalid patch format of retainKeys".to_owned());
    let retained = retained.as_array().ok_or_else(malformed)?;
    let is_retained = |key: &str| retained.iter().any(|listed| listed.as_str() == Some(key));
    let is_outside = patch.iter().any(|(key, value)| {
        let is_directive = key.starts_with(DELETE_PRIMITIVES) || key.starts_with(ELEMENT_ORDER);
        !value.is_null() && !is_directive && !is_retained(key)
    });
    if is_outside {
        return Err(malformed());
    }
    live.retain(|key, _| is_retained(key));
    Ok(())
}

/// The list that a `$deleteFromPrimitiveList/F` is about.
fn deleting_list(key: &str) -> Result<Option<&str>, Error> {
    if !key.starts_with(DELETE_PRIMITIVES) {
        return Ok(None);
    }
    let malformed = || Error::Malformed("invalid patch format of primitive list".to_owned());
    key.split_once('/').map(|(_, field)| Some(field)).ok_or_else(malformed)
}

/// Whatever the strategy of the list; no list there, or none sent, is no error.
fn delete_primitives(
    live: &mut Map<String, Value>,
    field: &str,
    values: &Value,
    schema: Schema<'_>,
) -> Result<(), Error> {
    if values.is_null() {
        live.remove(field);
        return Ok(());
    }
    let (Some(Value::Array(list)), Value::Array(values)) = (live.get_mut(field), values) else {
        return Ok(());
    };
    let merge_key = schema.field(field).and_then(|rules| rules.merge_key);
    lists::delete(list, values, merge_key)
}

fn merge_field(
    live: &mut Map<String, Value>,
    key: String,
    value: Value,
    schema: Schema<'_>,
) -> Result<(), Error> {
    if value.is_null() {
        live.remove(&key);
        return Ok(());
    }
    let rules = || schema.field(&key).unwrap_or_default();
    match (live.get_mut(&key), value) {
        (Some(Value::Object(inner)), Value::Object(patch)) => {
            let rules = rules();
            if rules.strategy.replace {
                *inner = patch;
                return Ok(());
            }
            merge_map(inner, patch, rules.schema)
        }
        (Some(Value::Array(list)), Value::Array(patch)) => {
            let rules = rules();
            if rules.strategy.merge {
                return lists::merge(list, patch, &rules);
            }
            *list = patch;
            Ok(())
        }
        (_, value) => {
            if let Some(value) = plain(value) {
                live.insert(key, value);
            } else {
                live.remove(&key);
            }
            Ok(())
        }
    }
}

/// A value that is new as a whole: without nulls in its maps and without directives. `None` if it
/// is a map with a `$patch`, which vanishes.
fn plain(value: Value) -> Option<Value> {
    match value {
        Value::Object(members) if members.contains_key(PATCH) => None,
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(key, value)| {
                let is_directive = key == RETAIN_KEYS
                    || key.starts_with(ELEMENT_ORDER)
                    || key.starts_with(DELETE_PRIMITIVES);
                !value.is_null() && !is_directive
            });
            Some(kept.filter_map(|(key, value)| Some((key, plain(value)?))).collect())
        }
        Value::Array(items) => Some(items.into_iter().filter_map(plain).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value),
    }
}

#[cfg(test)]
mod tests;
