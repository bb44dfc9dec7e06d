//! A buffer that is filled back to front, so that the length of a message is known before its head
//! is written.

use super::read::{BYTES, FIXED64, VARINT};

/// Bytes in reverse. What is written last comes out first.
#[derive(Default)]
pub(crate) struct Writer {
    reversed: Vec<u8>,
}

impl Writer {
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.reversed.reverse();
        self.reversed
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.reversed.extend(bytes.iter().rev());
    }

    pub(crate) fn varint(&mut self, mut number: u64) {
        let start = self.reversed.len();
        while number >= 0x80 {
            self.reversed.push(low_bits(number) | 0x80);
            number >>= 7;
        }
        self.reversed.push(low_bits(number));
        self.reversed[start..].reverse();
    }

    fn tag(&mut self, number: u32, wire: u8) {
        self.varint(u64::from(number) << 3 | u64::from(wire));
    }

    pub(crate) fn varint_field(&mut self, number: u32, value: u64) {
        self.varint(value);
        self.tag(number, VARINT);
    }

    pub(crate) fn fixed64_field(&mut self, number: u32, bits: u64) {
        self.raw(&bits.to_le_bytes());
        self.tag(number, FIXED64);
    }

    pub(crate) fn bytes_field(&mut self, number: u32, bytes: &[u8]) {
        self.message(number, |writer| writer.raw(bytes));
    }

    /// A field whose payload is what `body` writes.
    pub(crate) fn message(&mut self, number: u32, body: impl FnOnce(&mut Self)) {
        let end = self.position();
        body(self);
        self.close(number, end);
    }

    /// Where the payload of a field ends, for [`Writer::close`].
    pub(crate) fn position(&self) -> usize {
        self.reversed.len()
    }

    /// Makes all that was written since `end` the payload of a field.
    pub(crate) fn close(&mut self, number: u32, end: usize) {
        self.varint(u64::try_from(self.reversed.len() - end).unwrap_or_default());
        self.tag(number, BYTES);
    }
}

fn low_bits(number: u64) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or_default()
}
