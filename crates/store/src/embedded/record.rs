//! One row as bytes: checksum, facts, key, value, in little endian.

use std::time::Duration;

use meta::time::Time;

use crate::{
    Revision,
    log::{Expiry, Facts, LogError, Outline, Position, Row},
};

/// Checksum, created, version, time to live in ms (0: none), expiry in µs, length of the key.
const HEADER: usize = 8 + 8 + 8 + 8 + 8 + 4;

/// A row's bytes for the table.
pub(super) fn encode(row: &Row) -> Vec<u8> {
    let expiry = row.facts.expiry.unwrap_or(NEVER);
    let mut bytes = Vec::with_capacity(HEADER + row.key.len() + row.value.len());
    bytes.extend([0; 8]);
    bytes.extend(row.facts.created.0.to_le_bytes());
    bytes.extend(row.facts.version.to_le_bytes());
    bytes.extend(milliseconds(expiry.time_to_live).to_le_bytes());
    bytes.extend(expiry.at.microseconds().to_le_bytes());
    bytes.extend(u32::try_from(row.key.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&row.key);
    bytes.extend_from_slice(&row.value);
    let checksum = checksum(row.position, &bytes[8..]);
    bytes[..8].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

const NEVER: Expiry = Expiry { time_to_live: Duration::ZERO, at: Time::from_seconds(0) };

/// Rounded up: zero stands for none.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// A row's outline and value.
pub(super) fn decode(position: Position, bytes: &[u8]) -> Result<(Outline<'_>, &[u8]), LogError> {
    let damaged = || {
        let Position { revision, part } = position;
        LogError(format!("the row of revision {revision}, part {part} is damaged"))
    };
    let (sum, content) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
    if u64::from_le_bytes(*sum) != checksum(position, content) {
        return Err(damaged());
    }
    parse(position, content).ok_or_else(damaged)
}

fn parse(position: Position, content: &[u8]) -> Option<(Outline<'_>, &[u8])> {
    let (created, content) = content.split_first_chunk()?;
    let (version, content) = content.split_first_chunk()?;
    let (time_to_live, content) = content.split_first_chunk()?;
    let (at, content) = content.split_first_chunk()?;
    let (key_length, content) = content.split_first_chunk()?;
    let key_length = usize::try_from(u32::from_le_bytes(*key_length)).ok()?;
    let (key, value) = content.split_at_checked(key_length)?;
    let time_to_live = Duration::from_millis(u64::from_le_bytes(*time_to_live));
    let at = Time::from_microseconds(i64::from_le_bytes(*at));
    let facts = Facts {
        created: Revision(u64::from_le_bytes(*created)),
        version: u64::from_le_bytes(*version),
        expiry: (!time_to_live.is_zero()).then_some(Expiry { time_to_live, at }),
    };
    Some((Outline { position, key, facts }, value))
}

/// Tells a row from a torn, shifted or misplaced one. Eight bytes a step, as this runs over every
/// value that is read; not meant against malice.
fn checksum(position: Position, content: &[u8]) -> u64 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |sum: u64, word: u64| (sum.rotate_left(23) ^ word).wrapping_mul(PRIME);
    let (words, rest) = content.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = step(step(PRIME, position.revision.0), u64::from(position.part));
    let start = step(start, u64::try_from(content.len()).unwrap_or(u64::MAX));
    let sum = words.iter().fold(start, |sum, word| step(sum, u64::from_le_bytes(*word)));
    let sum = step(sum, u64::from_le_bytes(last));
    sum ^ (sum >> 32)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn row() -> Row {
        let expiry = Expiry { time_to_live: Duration::from_hours(1), at: Time::from_seconds(9) };
        Row {
            position: Position { revision: Revision(7), part: 1 },
            key: Bytes::from_static(b"/registry/pods/default/web"),
            value: Bytes::from_static(b"{\"kind\":\"Pod\"}"),
            facts: Facts { created: Revision(5), version: 2, expiry: Some(expiry) },
        }
    }

    #[test]
    fn a_row_reads_back_as_it_was_written() {
        let (row, bytes) = (row(), encode(&row()));
        let (outline, value) = decode(row.position, &bytes).expect("whole");
        assert_eq!((outline.key, value, outline.facts), (&row.key[..], &row.value[..], row.facts));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (row, bytes) = (row(), encode(&row()));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(row.position, &damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_cut_or_misplaced_row_is_noticed() {
        let (row, bytes) = (row(), encode(&row()));
        for length in 0..bytes.len() {
            assert!(decode(row.position, &bytes[..length]).is_err(), "{length} bytes");
        }
        assert!(decode(Position { revision: Revision(8), part: 1 }, &bytes).is_err());
    }
}
