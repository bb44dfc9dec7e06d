//! gRPC's frames: a byte that says whether what follows is compressed, its length in four, and a message.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use prost::Message;

use super::failure::Failure;

const HEAD_BYTES: usize = 5;
/// Servers cut watches into smaller pieces, and lists are read in pages; nobody sends more.
const MESSAGE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// One message in its frame.
pub(crate) fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(HEAD_BYTES + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    frame.put_slice(&message.encode_to_vec());
    frame.freeze()
}

/// Puts messages together from the pieces in which they arrive.
#[derive(Debug, Default)]
pub(crate) struct Unframed(BytesMut);

impl Unframed {
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// The next whole message, if it is there.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let Some(head) = self.0.get(..HEAD_BYTES) else { return Ok(None) };
        let length = head[1..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        if head[0] != 0 || length > MESSAGE_BYTES_MAX {
            return Err(Failure::lost(format!("a frame of {length} bytes and kind {}", head[0])));
        }
        if self.0.len() < HEAD_BYTES + length {
            self.0.reserve(HEAD_BYTES + length - self.0.len());
            return Ok(None);
        }
        self.0.advance(HEAD_BYTES);
        Ok(Some(self.0.split_to(length).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etcd::messages::LeaseGrantRequest;

    #[test]
    fn messages_are_found_in_pieces_of_any_size() {
        let frame = framed(&LeaseGrantRequest { seconds: 300, id: 0 });
        assert_eq!(&frame[..], [0, 0, 0, 0, 3, 8, 0xac, 2]);
        let both = [frame.clone(), frame].concat();
        for size in 1..=both.len() {
            let (mut unframed, mut found) = (Unframed::default(), Vec::new());
            for piece in both.chunks(size) {
                unframed.push(piece);
                found.extend(std::iter::from_fn(|| unframed.next().expect("well formed")));
            }
            assert_eq!(found, [&[8, 0xac, 2][..], &[8, 0xac, 2]], "pieces of {size}");
        }
    }

    #[test]
    fn what_is_compressed_or_endless_is_refused() {
        let refused = |head: [u8; 5]| {
            let mut unframed = Unframed::default();
            unframed.push(&head);
            unframed.next().is_err()
        };
        assert!(refused([1, 0, 0, 0, 1]));
        assert!(refused([0, 0xff, 0, 0, 0]));
        assert!(!refused([0, 0, 0, 0, 1]));
    }
}
