//! Frames of a watch stream: a length, then an event whose object is a whole envelope.

use super::{
    error::ProtoError,
    read::{Payload, Reader},
    write::Writer,
};

/// One event of a watch stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchFrame<'a> {
    /// `ADDED` and its like.
    pub event: String,
    /// The object in its envelope.
    pub object: &'a [u8],
}

/// Larger frames are refused: no object is.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One frame, from the event's type and an object in its envelope.
pub fn watch_frame(event: &str, object: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.message(2, |writer| writer.bytes_field(1, object));
    writer.bytes_field(1, event.as_bytes());
    let message = writer.finish();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(message.len() + 4);
    frame.extend(length.to_be_bytes());
    frame.extend(message);
    frame
}

/// The first frame of a buffer and the bytes behind it; `None` until the frame is complete.
///
/// # Errors
/// [`ProtoError`] for a frame that is malformed or larger than any object.
pub fn read_watch_frame(buffer: &[u8]) -> Result<Option<(WatchFrame<'_>, &[u8])>, ProtoError> {
    let Some((length, rest)) = buffer.split_first_chunk() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(ProtoError::Overflow);
    }
    let Some((message, rest)) = rest.split_at_checked(length) else { return Ok(None) };
    let mut frame = WatchFrame { event: String::new(), object: &[] };
    let mut reader = Reader::new(message);
    while let Some((number, payload)) = reader.field()? {
        match (number, payload) {
            (1, Payload::Bytes(event)) => {
                frame.event = String::from_utf8_lossy(event).into_owned();
            }
            (2, Payload::Bytes(raw)) => frame.object = first_field(raw)?,
            _ => {}
        }
    }
    Ok(Some((frame, rest)))
}

fn first_field(bytes: &[u8]) -> Result<&[u8], ProtoError> {
    let mut reader = Reader::new(bytes);
    while let Some((number, payload)) = reader.field()? {
        if let (1, Payload::Bytes(object)) = (number, payload) {
            return Ok(object);
        }
    }
    Ok(&[])
}
