//! Bodies of requests and answers as events show them: JSON, whatever they travel as.

use bytes::Bytes;
use serde_json::Value;

use crate::{decode::BodyType, protobuf};

/// The JSON of a body; `None` if it is empty or cannot be read, of which the answer tells.
pub(super) fn read(content_type: &str, body: &Bytes) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    match BodyType::parse(content_type) {
        Ok(BodyType::Json) => serde_json::from_slice(body).ok(),
        Ok(BodyType::Protobuf) => protobuf::content(body).ok().map(|content| content.value),
        // YAML, or a patch: those are JSON, which is YAML too, or applied objects.
        Ok(BodyType::Yaml) | Err(_) => serde_saphyr::from_slice(body).ok(),
    }
}

/// Takes the managed fields out of an object, a list of objects, or a table of them.
pub(super) fn drop_managed_fields(value: &mut Value) {
    drop_of_one(value);
    for item in items(value, "items") {
        drop_of_one(item);
    }
    for row in items(value, "rows") {
        if let Some(object) = row.get_mut("object") {
            drop_of_one(object);
        }
    }
}

fn items<'a>(value: &'a mut Value, field: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten()
}

fn drop_of_one(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(content_type: &str, body: &'static str, wanted: Option<Value>) {
        assert_eq!(read(content_type, &Bytes::from(body)), wanted, "{content_type}: {body}");
    }

    #[test]
    fn a_body_is_shown_as_json() {
        check("application/json; charset=utf-8", "{\n \"a\": 1}", Some(json!({"a": 1})));
        check("application/yaml", "a: 1", Some(json!({"a": 1})));
        check("application/apply-patch+yaml", "a: 1", Some(json!({"a": 1})));
        check("application/merge-patch+json", "{\"a\": null}", Some(json!({"a": null})));
        check("application/json", "", None);
        check("application/json", "{", None);
        check("application/vnd.kubernetes.protobuf", "{}", None);
    }

    #[test]
    fn managed_fields_are_dropped_wherever_objects_lie() {
        let object = || json!({"metadata": {"name": "a", "managedFields": []}});
        let bare = json!({"metadata": {"name": "a"}});
        let check = |mut value: Value, wanted: Value| {
            drop_managed_fields(&mut value);
            assert_eq!(value, wanted);
        };
        check(object(), bare.clone());
        check(json!({"items": [object()]}), json!({"items": [bare]}));
        check(json!({"rows": [{"object": object()}]}), json!({"rows": [{"object": bare}]}));
        check(json!("text"), json!("text"));
    }
}
