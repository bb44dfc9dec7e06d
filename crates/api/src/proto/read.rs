//! The wire format: tags, varints, lengths.

use super::error::ProtoError;

pub(super) const VARINT: u8 = 0;
pub(super) const FIXED64: u8 = 1;
pub(super) const BYTES: u8 = 2;
const GROUP_START: u8 = 3;
const GROUP_END: u8 = 4;
const FIXED32: u8 = 5;

/// What stands behind a tag.
#[derive(Debug, Clone, Copy)]
pub(super) enum Payload<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    /// A form that no field of ours has.
    Skipped(u8),
}

impl Payload<'_> {
    pub(super) const fn wire(self) -> u8 {
        match self {
            Self::Varint(_) => VARINT,
            Self::Fixed64(_) => FIXED64,
            Self::Bytes(_) => BYTES,
            Self::Skipped(wire) => wire,
        }
    }
}

/// Reads the fields of one message, or varints of a packed list.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next field's number and payload; `None` at the end.
    pub(super) fn field(&mut self) -> Result<Option<(u32, Payload<'a>)>, ProtoError> {
        if self.is_empty() {
            return Ok(None);
        }
        let (number, wire) = self.tag()?;
        let payload = match wire {
            VARINT => Payload::Varint(self.varint()?),
            FIXED64 => Payload::Fixed64(self.fixed64()?),
            BYTES => Payload::Bytes(self.length_delimited()?),
            GROUP_START => {
                self.skip_group()?;
                Payload::Skipped(wire)
            }
            FIXED32 => {
                self.take(4)?;
                Payload::Skipped(wire)
            }
            _ => return Err(ProtoError::Wire(wire)),
        };
        Ok(Some((number, payload)))
    }

    pub(super) fn varint(&mut self) -> Result<u64, ProtoError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.bytes.split_first().ok_or(ProtoError::End)?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Ok(value);
            }
        }
        Err(ProtoError::Overflow)
    }

    fn tag(&mut self) -> Result<(u32, u8), ProtoError> {
        let tag = self.varint()?;
        let wire = u8::try_from(tag & 7).map_err(|_| ProtoError::Overflow)?;
        let number = u32::try_from(tag >> 3).map_err(|_| ProtoError::Overflow)?;
        Ok((number, wire))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ProtoError> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(ProtoError::End)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn fixed64(&mut self) -> Result<u64, ProtoError> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(ProtoError::End)?;
        self.bytes = rest;
        Ok(u64::from_le_bytes(*taken))
    }

    fn length_delimited(&mut self) -> Result<&'a [u8], ProtoError> {
        let length = usize::try_from(self.varint()?).map_err(|_| ProtoError::Overflow)?;
        self.take(length)
    }

    /// Skips to behind the end of a group, whose start was read; groups may nest.
    fn skip_group(&mut self) -> Result<(), ProtoError> {
        let mut open = 1_u32;
        while open > 0 {
            match self.tag()?.1 {
                VARINT => _ = self.varint()?,
                FIXED64 => _ = self.fixed64()?,
                BYTES => _ = self.length_delimited()?,
                FIXED32 => _ = self.take(4)?,
                GROUP_START => open += 1,
                GROUP_END => open -= 1,
                wire => return Err(ProtoError::Wire(wire)),
            }
        }
        Ok(())
    }
}
