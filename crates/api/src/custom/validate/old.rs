//! Which part of the old object a part of the new one came from.

use serde_json::Value;

use super::{Kind, Schema};
use crate::catalog::ListType;

/// The old item that a new item of a list is compared with. Items without keys have none: only a list
/// that is the same as a whole passes.
pub(super) fn twin<'a>(schema: &Schema, old: &'a Value, item: &Value) -> Option<&'a Value> {
    if schema.list_type != Some(ListType::Map) || schema.kind != Some(Kind::Array) {
        return None;
    }
    let key = key_of(schema, item);
    old.as_array()?.iter().find(|old| key_of(schema, old) == key)
}

/// The values of the keys of an item, defaults included.
pub(super) fn key_of<'a>(schema: &'a Schema, item: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let default = |name: &str| {
        let property = schema.items.as_ref().and_then(|items| items.properties.get(name));
        property.and_then(|property| property.default.as_ref())
    };
    let keys = schema.list_keys.iter();
    keys.filter_map(|name| Some((name.as_str(), item.get(name).or_else(|| default(name))?)))
        .collect()
}
