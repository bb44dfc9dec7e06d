//! The envelope of objects on the wire and in storage: four bytes, then the kind and the message.

use serde_json::Value;

use super::{
    decode::{decode, decode_at},
    encode::encode,
    error::ProtoError,
    read::{Payload, Reader},
    write::Writer,
};
use crate::{
    catalog::{Catalog, TypeId},
    schema::json,
};

pub(super) const PREFIX: &[u8] = b"k8s\0";

/// An opened envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    pub api_version: String,
    pub kind: String,
    /// The object's message, or JSON if `content_type` says so.
    pub raw: &'a [u8],
    pub content_type: String,
}

/// Puts a message into an envelope.
pub fn wrap(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.bytes_field(4, b"");
    writer.bytes_field(3, b"");
    writer.bytes_field(2, raw);
    writer.message(1, |writer| {
        writer.bytes_field(2, kind.as_bytes());
        writer.bytes_field(1, api_version.as_bytes());
    });
    writer.raw(PREFIX);
    writer.finish()
}

/// Opens an envelope.
///
/// # Errors
/// [`ProtoError`] if the bytes are none.
pub fn unwrap(bytes: &[u8]) -> Result<Envelope<'_>, ProtoError> {
    let message = bytes.strip_prefix(PREFIX).ok_or(ProtoError::Prefix)?;
    if message.is_empty() {
        return Err(ProtoError::EmptyBody);
    }
    let mut envelope = Envelope {
        api_version: String::new(),
        kind: String::new(),
        raw: &[],
        content_type: String::new(),
    };
    let mut reader = Reader::new(message);
    while let Some((number, payload)) = reader.field()? {
        match (number, payload) {
            (1, Payload::Bytes(bytes)) => {
                (envelope.api_version, envelope.kind) = type_meta(bytes)?;
            }
            (2, Payload::Bytes(bytes)) => envelope.raw = bytes,
            (4, Payload::Bytes(bytes)) => envelope.content_type = lossy(bytes),
            _ => {}
        }
    }
    Ok(envelope)
}

/// Opens an envelope and reads the built-in object in it, with `apiVersion` and `kind`.
///
/// # Errors
/// [`ProtoError`] for malformed bytes and for kinds that are not built in.
pub fn decode_object(catalog: &Catalog, bytes: &[u8]) -> Result<Value, ProtoError> {
    let envelope = unwrap(bytes)?;
    let type_id = type_of(catalog, &envelope.api_version, &envelope.kind)?;
    let object = decode(catalog, type_id, envelope.raw)?;
    Ok(with_type_meta(object, envelope))
}

/// Writes a built-in object, which names its `apiVersion` and `kind`, into an envelope.
///
/// # Errors
/// [`ProtoError::UnknownKind`] for kinds without a protobuf form.
pub fn encode_object(catalog: &Catalog, object: &Value) -> Result<Vec<u8>, ProtoError> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let type_id = type_of(catalog, api_version, kind)?;
    Ok(wrap(api_version, kind, &encode(catalog, type_id, object)))
}

/// An envelope inside a message, `depth` levels down.
pub(super) fn decode_nested(
    catalog: &Catalog,
    bytes: &[u8],
    depth: usize,
    depth_max: usize,
) -> Result<Value, ProtoError> {
    if depth >= depth_max {
        return Err(ProtoError::Depth);
    }
    let envelope = unwrap(bytes)?;
    if envelope.content_type == "application/json" {
        let parsed = json::parse(envelope.raw).map_err(|error| ProtoError::Scalar {
            field: "raw".to_owned(),
            problem: error.to_string(),
        })?;
        return Ok(parsed.value);
    }
    let type_id = type_of(catalog, &envelope.api_version, &envelope.kind)?;
    let object = decode_at(catalog, type_id, envelope.raw, depth)?;
    Ok(with_type_meta(object, envelope))
}

fn type_of(catalog: &Catalog, api_version: &str, kind: &str) -> Result<TypeId, ProtoError> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let found = catalog.type_of_kind(group, version, kind);
    found.filter(|id| !catalog.type_of(*id).proto.is_empty()).ok_or_else(|| {
        ProtoError::UnknownKind { api_version: api_version.to_owned(), kind: kind.to_owned() }
    })
}

fn with_type_meta(mut object: Value, envelope: Envelope<'_>) -> Value {
    if let Value::Object(map) = &mut object {
        map.insert("apiVersion".to_owned(), Value::String(envelope.api_version));
        map.insert("kind".to_owned(), Value::String(envelope.kind));
    }
    object
}

fn type_meta(bytes: &[u8]) -> Result<(String, String), ProtoError> {
    let (mut api_version, mut kind) = (String::new(), String::new());
    let mut reader = Reader::new(bytes);
    while let Some((number, payload)) = reader.field()? {
        match (number, payload) {
            (1, Payload::Bytes(bytes)) => api_version = lossy(bytes),
            (2, Payload::Bytes(bytes)) => kind = lossy(bytes),
            _ => {}
        }
    }
    Ok((api_version, kind))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
