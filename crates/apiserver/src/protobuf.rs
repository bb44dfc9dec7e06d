//! The envelope around protobuf objects, in bodies and in the frames of a watch.

use std::sync::Arc;

use api::catalog::ResourceFacts;
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::Value;

use crate::{Content, Object, Reason, Status, encode::ListMetadata};

/// Every protobuf object begins so.
const MAGIC: &[u8; 4] = b"k8s\0";

/// Reads a body: envelope, kind, message.
pub(crate) fn content(body: &Bytes) -> Result<Content, String> {
    let Some(_) = body.strip_prefix(MAGIC) else {
        return Err(format!(
            "provided data does not appear to be a protobuf message, expected prefix {:?}",
            MAGIC
        ));
    };
    Err("protobuf".to_owned())
}
pub(crate) fn object(_value: &Value) -> Result<Bytes, Status> {
    Err(Status::new(406, Reason::NotAcceptable, "protobuf"))
}
pub(crate) fn list(
    _facts: &ResourceFacts,
    _metadata: &ListMetadata,
    _items: &[Arc<Object>],
) -> Result<Bytes, Status> {
    Err(Status::new(406, Reason::NotAcceptable, "protobuf"))
}
/// Appends one framed event of a watch.
pub(crate) fn push_event(kind: &str, object: &[u8], frame: &mut BytesMut) {
    frame.put_slice(kind.as_bytes());
    frame.put_slice(object);
}
