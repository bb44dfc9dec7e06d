//! Built-in objects in protobuf, as bodies and in the frames of a watch.

use api::{catalog, proto};
use bytes::Bytes;
use serde_json::Value;

use crate::{Content, Reason, Status};

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
