//! Why bytes are no object, in the reference's words.

/// The bytes are no protobuf form of the type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtoError {
    #[error(
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    )]
    Prefix,
    #[error("empty body")]
    EmptyBody,
    #[error("unexpected EOF")]
    End,
    #[error("proto: integer overflow")]
    Overflow,
    #[error("proto: illegal wireType {0}")]
    Wire(u8),
    #[error("proto: wrong wireType = {wire} for field {field}")]
    FieldWire { wire: u8, field: String },
    #[error("proto: message is nested too deeply")]
    Depth,
    #[error("proto: field {field}: {problem}")]
    Scalar { field: String, problem: String },
    /// The envelope names a kind that is not built in.
    #[error("no kind {kind:?} is registered for version {api_version:?}")]
    UnknownKind { api_version: String, kind: String },
}
