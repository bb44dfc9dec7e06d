//! A stored object as the server keeps it: a small parsed header and the JSON bytes, made once.

use std::collections::BTreeMap;

use bytes::Bytes;
use meta::object::{Labels, ObjectKey, ResourceVersion, Uid};

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
