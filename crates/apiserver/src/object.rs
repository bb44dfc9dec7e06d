//! A stored object as the server keeps it: a small parsed header and the JSON bytes, made once.

use std::collections::BTreeMap;

use api::{catalog::ResourceFacts, custom::Custom};
use bytes::Bytes;
use meta::object::{Labels, ObjectKey, ResourceVersion, Uid};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One version of one object. `json` is what clients get: complete, with `resourceVersion`, in the
/// order apiVersion, kind, metadata, rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: ObjectKey,
    pub uid: Uid,
    pub version: ResourceVersion,
    pub labels: Labels,
    /// Values of the resource's selectable fields, by label; metadata.name and namespace are in `key`.
    pub fields: BTreeMap<String, String>,
    pub json: Bytes,
}

/// What is known of an object without its JSON and before it has a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    key: ObjectKey,
    uid: Uid,
    labels: Labels,
    fields: BTreeMap<String, String>,
}

/// Stored bytes are not an object.
#[derive(Debug, thiserror::Error)]
#[error("the stored object is no JSON object with metadata")]
pub(crate) struct Unreadable {
    #[source]
    source: Option<serde_json::Error>,
}

const METADATA: &[u8] = br#""metadata":{"#;
const VERSION: &[u8] = br#""resourceVersion":""#;
/// Bytes within which apiVersion and kind end and metadata begins.
const PREAMBLE_MAX: usize = 512;

impl Object {
    /// Puts a header and stored bytes together.
    pub(crate) fn assemble(header: Header, version: ResourceVersion, stored: &[u8]) -> Self {
        let Header { key, uid, labels, fields } = header;
        Self { key, uid, version, labels, fields, json: with_version(stored, version) }
    }

    /// Reads what the store holds.
    pub(crate) fn from_stored(
        facts: &ResourceFacts,
        version: ResourceVersion,
        stored: &[u8],
    ) -> Result<Self, Unreadable> {
        if let Some(custom) = &facts.custom {
            return Self::of_custom(facts, custom, version, stored);
        }
        Ok(Self::assemble(Header::parse(facts, stored)?, version, stored))
    }

    /// Reads a custom resource as its definition wants it now, whatever it wanted at the last write.
    fn of_custom(
        facts: &ResourceFacts,
        custom: &Custom,
        version: ResourceVersion,
        stored: &[u8],
    ) -> Result<Self, Unreadable> {
        let value: Value =
            serde_json::from_slice(stored).map_err(|source| Unreadable { source: Some(source) })?;
        let mut fresh = value.clone();
        custom.version.refresh(&facts.resource.api_version(), &mut fresh);
        let header = Header::of(facts, &fresh);
        if fresh == value {
            return Ok(Self::assemble(header, version, stored));
        }
        Ok(Self::assemble(header, version, &encode(&fresh)))
    }

    /// The same state under another version: that of its deletion.
    pub(crate) fn at_version(&self, version: ResourceVersion) -> Self {
        let mut changed = self.clone();
        changed.version = version;
        changed.json = replace_version(&self.json, version);
        changed
    }

    /// The object as a tree.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.json).unwrap_or_default()
    }
}

impl Header {
    /// The header of a tree.
    pub(crate) fn of(facts: &ResourceFacts, value: &Value) -> Self {
        let metadata = &value["metadata"];
        let text = |name: &str| metadata[name].as_str().unwrap_or_default();
        Self {
            key: ObjectKey::new(text("namespace"), text("name")),
            uid: Uid::from(text("uid")),
            labels: labels_of(metadata),
            fields: api::fields::values(facts, value),
        }
    }

    fn parse(facts: &ResourceFacts, stored: &[u8]) -> Result<Self, Unreadable> {
        let unreadable = |source| Unreadable { source: Some(source) };
        if has_selectable_fields(facts) {
            let value: Value = serde_json::from_slice(stored).map_err(unreadable)?;
            return Ok(Self::of(facts, &value));
        }
        let Envelope { metadata } = serde_json::from_slice(stored).map_err(unreadable)?;
        let key = ObjectKey { namespace: metadata.namespace, name: metadata.name };
        Ok(Self { key, uid: metadata.uid, labels: metadata.labels, fields: BTreeMap::new() })
    }
}

#[derive(Deserialize)]
struct Envelope {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Metadata {
    name: meta::text::Text,
    namespace: meta::text::Text,
    uid: Uid,
    labels: Labels,
}

fn has_selectable_fields(facts: &ResourceFacts) -> bool {
    facts.field_selectors.iter().any(|label| !label.starts_with("metadata."))
}

/// Labels of a `metadata` tree.
pub(crate) fn labels_of(metadata: &Value) -> Labels {
    let pairs = metadata["labels"].as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect()
}

/// The bytes to store: without a version, metadata right after apiVersion and kind.
pub(crate) fn encode(value: &Value) -> Bytes {
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let first = ["apiVersion", "kind", "metadata"];
    let leading = first.iter().filter_map(|name| fields.get_key_value(*name));
    let rest = fields.iter().filter(|(name, _)| !first.contains(&name.as_str()));
    let mut bytes = Vec::with_capacity(1024);
    for (name, value) in leading.chain(rest) {
        bytes.push(if bytes.is_empty() { b'{' } else { b',' });
        write(&mut bytes, name);
        bytes.push(b':');
        write(&mut bytes, value);
    }
    bytes.push(b'}');
    Bytes::from(bytes)
}

fn write<T: serde::Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(bytes, value).expect("trees and strings always serialize into memory");
}

fn with_version(stored: &[u8], version: ResourceVersion) -> Bytes {
    match metadata_start(stored) {
        Some(start) => splice(stored, start, version),
        None => reordered(stored, version),
    }
}

/// Where the fields of metadata begin, if it comes right after apiVersion and kind.
fn metadata_start(stored: &[u8]) -> Option<usize> {
    if !stored.starts_with(br#"{"apiVersion":"#) {
        return None;
    }
    find(&stored[..stored.len().min(PREAMBLE_MAX)], METADATA).map(|at| at + METADATA.len())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn splice(stored: &[u8], start: usize, version: ResourceVersion) -> Bytes {
    let mut json = Vec::with_capacity(stored.len() + VERSION.len() + 24);
    json.extend_from_slice(&stored[..start]);
    json.extend_from_slice(VERSION);
    json.extend_from_slice(version.to_string().as_bytes());
    json.push(b'"');
    if stored.get(start) != Some(&b'}') {
        json.push(b',');
    }
    json.extend_from_slice(&stored[start..]);
    Bytes::from(json)
}

/// For values that another program wrote in its own order.
fn reordered(stored: &[u8], version: ResourceVersion) -> Bytes {
    let value: Value = serde_json::from_slice(stored).unwrap_or_default();
    let bytes = encode(&value);
    match metadata_start(&bytes) {
        Some(start) => splice(&bytes, start, version),
        None => bytes,
    }
}

fn replace_version(json: &[u8], version: ResourceVersion) -> Bytes {
    let number = metadata_start(json)
        .filter(|start| json[*start..].starts_with(VERSION))
        .map(|start| start + VERSION.len());
    let Some(start) = number else { return Bytes::copy_from_slice(json) };
    let length = json[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = version.to_string();
    Bytes::from([&json[..start], digits.as_bytes(), &json[start + length..]].concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_version_comes_first_in_metadata_and_can_be_replaced() {
        let value = json!({"data": {"a": "b"}, "kind": "ConfigMap", "apiVersion": "v1",
            "metadata": {"name": "c"}});
        let stored = encode(&value);
        let json = with_version(&stored, ResourceVersion(7));
        let wanted = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"resourceVersion":"7","name":"c"},"data":{"a":"b"}}"#;
        assert_eq!(json, wanted);
        assert_eq!(replace_version(&json, ResourceVersion(12)), wanted.replace("\"7\"", "\"12\""));
    }

    #[test]
    fn bytes_in_a_foreign_order_are_put_into_ours() {
        let stored = br#"{"kind":"X","metadata":{},"apiVersion":"v1"}"#;
        let wanted = r#"{"apiVersion":"v1","kind":"X","metadata":{"resourceVersion":"3"}}"#;
        assert_eq!(with_version(stored, ResourceVersion(3)), wanted);
    }
}
