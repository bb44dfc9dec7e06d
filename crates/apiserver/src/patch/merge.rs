//! Merge patch (RFC 7396): maps merge, null deletes, everything else replaces.

use serde_json::{Map, Value};

use super::{error::Error, go};

pub(super) fn apply(original: &Value, patch: &Value) -> Result<Value, Error> {
    match patch {
        Value::Object(members) => {
            let mut merged = original.clone();
            merge(&mut merged, members);
            Ok(merged)
        }
        Value::Null => Err(Error::Malformed("Invalid JSON Patch".to_owned())),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Error::Malformed(format!(
                "error decoding patch: json: cannot unmarshal {} into Go value of type \
                 map[string]interface {{}}",
                go::json_kind(patch)
            )))
        }
    }
}

fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (key, value) in patch {
        match value {
            Value::Null => {
                members.remove(key);
            }
            Value::Object(inner) => {
                merge(members.entry(key.as_str()).or_insert(Value::Null), inner);
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                members.insert(key.clone(), value.clone());
            }
        }
    }
}
