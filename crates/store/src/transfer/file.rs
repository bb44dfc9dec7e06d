//! Content as a file: a line, a record for each key, and the SHA-256 of all that.

use bytes::{Buf as _, BufMut as _, Bytes};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use crate::{KeyValue, Revision};

/// All that a store held at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub revision: Revision,
    /// In the order in which they were last written.
    pub pairs: Vec<KeyValue>,
}

/// A file is no content of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    #[error("it is not a copy of a store")]
    Foreign,
    #[error("it is damaged: its hash is not the one at its end")]
    Damaged,
}

const HEAD: &[u8] = b"pilothouse store 1\n";
/// Three numbers of eight bytes, two lengths of four.
const RECORD_BYTES: usize = 3 * 8 + 2 * 4;

impl Content {
    /// As a file has it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = HEAD.to_vec();
        bytes.put_u64(self.revision.0);
        for pair in &self.pairs {
            for number in [pair.created.0, pair.modified.0, pair.version] {
                bytes.put_u64(number);
            }
            for part in [&pair.key, &pair.value] {
                bytes.put_u32(u32::try_from(part.len()).unwrap_or(u32::MAX));
                bytes.put_slice(part);
            }
        }
        let hash = digest(&SHA256, &bytes);
        bytes.put_slice(hash.as_ref());
        bytes
    }

    /// From a file.
    ///
    /// # Errors
    /// It is none, or not whole.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, ContentError> {
        if !bytes.starts_with(HEAD) {
            return Err(ContentError::Foreign);
        }
        let end = bytes.len().checked_sub(SHA256_OUTPUT_LEN).ok_or(ContentError::Damaged)?;
        let mut rest = bytes.slice(..end);
        if digest(&SHA256, &rest).as_ref() != &bytes[end..] {
            return Err(ContentError::Damaged);
        }
        rest.advance(HEAD.len());
        let revision = Revision(number(&mut rest)?);
        let mut pairs = Vec::new();
        while rest.has_remaining() {
            pairs.push(pair(&mut rest)?);
        }
        Ok(Self { revision, pairs })
    }
}

fn pair(rest: &mut Bytes) -> Result<KeyValue, ContentError> {
    if rest.remaining() < RECORD_BYTES {
        return Err(ContentError::Damaged);
    }
    let (created, modified) = (Revision(number(rest)?), Revision(number(rest)?));
    let version = number(rest)?;
    Ok(KeyValue { created, modified, version, key: part(rest)?, value: part(rest)? })
}

fn number(rest: &mut Bytes) -> Result<u64, ContentError> {
    rest.try_get_u64().map_err(|_| ContentError::Damaged)
}

fn part(rest: &mut Bytes) -> Result<Bytes, ContentError> {
    let length = rest.try_get_u32().map_err(|_| ContentError::Damaged)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if rest.remaining() < length {
        return Err(ContentError::Damaged);
    }
    Ok(rest.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        let pair = |key: &'static str, modified| KeyValue {
            key: Bytes::from_static(key.as_bytes()),
            value: Bytes::from_static(b"{}"),
            created: Revision(2),
            modified: Revision(modified),
            version: 3,
        };
        Content {
            revision: Revision(9),
            pairs: vec![pair("/registry/pods/a", 5), pair("/registry/pods/b", 7)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Content::from_bytes(content().to_bytes().into()), Ok(content()));
        let empty = Content { revision: Revision(1), pairs: Vec::new() };
        assert_eq!(Content::from_bytes(empty.to_bytes().into()), Ok(empty));
    }

    #[test]
    fn no_byte_can_change_or_go_unnoticed() {
        let bytes = content().to_bytes();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(Content::from_bytes(changed.into()).is_err(), "byte {place} changed");
            let cut = Bytes::copy_from_slice(&bytes[..place]);
            assert!(Content::from_bytes(cut).is_err(), "cut at {place}");
        }
    }
}
