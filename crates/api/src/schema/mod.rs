//! Reading objects: JSON text to a value, and a value to what the reference's decoding and encoding
//! of the same object would give.

mod decode;
mod error;
pub mod json;
pub(crate) mod scalar;
mod time;

pub use decode::{Decoded, decode, decode_object};
pub(crate) use decode::{fill, finish};
pub use error::{DecodeError, strict_error, strict_problems};

#[cfg(test)]
mod tests;
