//! Built-in objects in protobuf, as bodies and in the frames of a watch.

use std::sync::Arc;

use api::{
    catalog::{self, ResourceFacts},
    proto,
};
use bytes::Bytes;
use serde_json::Value;

use crate::{
    Content, Object, Reason, Status,
    encode::{ListMetadata, broken},
};

/// Tags of a list's fields: metadata and items, both messages.
const LIST_METADATA: u8 = (1 << 3) | 2;
const LIST_ITEM: u8 = (2 << 3) | 2;
const LIST_METADATA_TYPE: &str = "meta/v1.ListMeta";

/// Reads a body.
///
/// # Errors
/// What is wrong with it, with the bytes where they are few.
pub(crate) fn content(body: &Bytes) -> Result<Content, proto::ProtoError> {
    let value = proto::decode_object(catalog::builtin(), body)?;
    Ok(Content { value, from_protobuf: true, raw: body.clone(), ..Content::default() })
}

/// Writes an object that names its kind.
///
/// # Errors
/// 406 for a kind that has no protobuf form.
pub(crate) fn object(value: &Value) -> Result<Bytes, Status> {
    proto::encode_object(catalog::builtin(), value)
        .map(Bytes::from)
        .map_err(|error| Status::new(406, Reason::NotAcceptable, error.to_string()))
}

/// Writes a page of a list, one parsed item at a time.
///
/// # Errors
/// An item of ours is no JSON, a fault of the server.
pub(crate) fn list(
    facts: &ResourceFacts,
    metadata: &ListMetadata,
    items: &[Arc<Object>],
) -> Result<Bytes, Status> {
    let catalog = catalog::builtin();
    let mut message = Vec::new();
    if let Some(type_id) = catalog.type_named(LIST_METADATA_TYPE) {
        let metadata = serde_json::to_value(metadata).map_err(|error| broken(&error))?;
        push(&mut message, LIST_METADATA, &proto::encode(catalog, type_id, &metadata));
    }
    for item in items {
        let value: Value = serde_json::from_slice(&item.json).map_err(|error| broken(&error))?;
        push(&mut message, LIST_ITEM, &proto::encode(catalog, facts.type_id, &value));
    }
    Ok(proto::wrap(&facts.resource.api_version(), &facts.list_kind, &message).into())
}

/// Appends a field that is a message.
fn push(message: &mut Vec<u8>, tag: u8, field: &[u8]) {
    message.push(tag);
    let mut rest = field.len();
    loop {
        let [low, ..] = (rest & 0x7f).to_le_bytes();
        rest >>= 7;
        message.push(if rest == 0 { low } else { low | 0x80 });
        if rest == 0 {
            break;
        }
    }
    message.extend_from_slice(field);
}

#[cfg(test)]
mod tests {
    use meta::object::{Labels, ObjectKey, ResourceVersion, Uid};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_reads_as_what_it_was() {
        let facts = catalog::builtin().resource("", "v1", "configmaps").unwrap();
        let long = "x".repeat(1_000);
        let item = json!({"metadata": {"name": "a"}, "data": {"k": long}});
        let object = Arc::new(Object {
            key: ObjectKey::new("shop", "a"),
            uid: Uid::default(),
            version: ResourceVersion(1),
            labels: Labels::default(),
            fields: std::collections::BTreeMap::default(),
            json: item.to_string().into(),
        });
        let metadata = ListMetadata {
            resource_version: "9".to_owned(),
            continue_token: "more".to_owned(),
            remaining: Some(300),
        };
        let written = list(facts, &metadata, &[object.clone(), object]).unwrap();
        let read = proto::decode_object(catalog::builtin(), &written).unwrap();
        assert_eq!(read["kind"], "ConfigMapList");
        assert_eq!(read["metadata"], serde_json::to_value(&metadata).unwrap());
        assert_eq!(read["items"], json!([item, item]));
    }
}
