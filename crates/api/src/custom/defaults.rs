//! Defaults of a schema, filled in where an object has nothing.

use serde_json::{Map, Value};

use super::schema::{Additional, Schema};

/// Fills in what is missing below a value; a second time changes nothing. Null stands for nothing
/// where the schema does not allow it.
pub(super) fn fill(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(members) => {
            fill_properties(schema, members);
            for (name, member) in members.iter_mut() {
                if let Some(known) = schema.member(name) {
                    fill(known, member);
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = &schema.items else { return };
            for item in items {
                if item.is_null()
                    && !schema.nullable
                    && let Some(default) = &schema.default
                {
                    *item = default.clone();
                }
                fill(schema, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn fill_properties(schema: &Schema, members: &mut Map<String, Value>) {
    for (name, property) in &schema.properties {
        let is_missing =
            members.get(name).is_none_or(|member| member.is_null() && !property.nullable);
        match &property.default {
            Some(default) if is_missing => {
                members.insert(name.clone(), default.clone());
            }
            None if is_missing => {
                members.remove(name);
            }
            Some(_) | None => {}
        }
    }
    if let Some(Additional::Of(others)) = &schema.additional {
        members.retain(|name, member| {
            if !member.is_null() || others.nullable || schema.properties.contains_key(name) {
                return true;
            }
            *member = others.default.clone().unwrap_or_default();
            !member.is_null()
        });
    }
}
