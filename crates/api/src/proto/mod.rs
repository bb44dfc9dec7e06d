//! Objects in protobuf, read and written by the catalog's field numbers, and the envelopes in which
//! they travel.

mod decode;
mod encode;
mod envelope;
mod error;
mod read;
mod watch;
mod write;

pub use decode::decode;
pub use encode::encode;
pub use envelope::{Envelope, decode_object, encode_object, unwrap, wrap};
pub use error::ProtoError;
pub use watch::{WatchFrame, read_watch_frame, watch_frame};
pub(crate) use write::Writer;

#[cfg(test)]
mod tests;
