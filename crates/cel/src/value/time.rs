//! Spans of time and moments: how they are written and read.

use std::fmt::Write as _;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MICRO: i64 = 1_000;
const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_MINUTE: i64 = 60 * NANOS_PER_SECOND;
const NANOS_PER_HOUR: i64 = 60 * NANOS_PER_MINUTE;

/// Seconds from the year 1 to the year 10000, both at their beginning: nothing else is a moment.
const SECONDS_MIN: i64 = -62_135_596_800;
const SECONDS_MAX: i64 = 253_402_300_799;

/// `1h30m`, `-1.5s`, `0`; `None` if it is no duration or does not fit.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if unsigned == "0" {
        return Some(0);
    }
    if unsigned.is_empty() {
        return None;
    }
    let mut rest = unsigned;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (nanoseconds, after) = parse_part(rest)?;
        total = total.checked_add(nanoseconds)?;
        rest = after;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// A number with its unit, and what follows.
fn parse_part(text: &str) -> Option<(i128, &str)> {
    let number_length = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(number_length);
    let unit_length = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_length);
    let unit = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => NANOS_PER_MICRO,
        "ms" => NANOS_PER_MILLI,
        "s" => NANOS_PER_SECOND,
        "m" => NANOS_PER_MINUTE,
        "h" => NANOS_PER_HOUR,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanoseconds = whole.checked_mul(i128::from(unit))?;
    let mut place = i128::from(unit);
    for digit in fraction.chars() {
        // Hours have more than nine decimals; what is smaller than a nanosecond is dropped.
        let digit = digit.to_digit(10)?;
        nanoseconds += i128::from(digit) * place / 10;
        place /= 10;
    }
    Some((nanoseconds, rest))
}

/// In seconds: `90.5s`.
pub(crate) fn duration_seconds(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let magnitude = nanoseconds.unsigned_abs();
    let second = NANOS_PER_SECOND.unsigned_abs();
    let mut text = format!("{sign}{}", magnitude / second);
    let fraction = magnitude % second;
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
    text.push('s');
    text
}

/// A moment in RFC 3339; `None` if it is none or out of range.
pub(crate) fn parse_moment(text: &str) -> Option<jiff::Timestamp> {
    let bytes = text.as_bytes();
    // jiff reads more than RFC 3339: only `2006-01-02T15:04:05` with a fraction and an offset is meant.
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let shaped = separators.iter().all(|(index, byte)| bytes.get(*index) == Some(byte));
    if !shaped || text.contains('[') {
        return None;
    }
    in_range(text.parse().ok()?)
}

/// A moment, or a day as its first moment.
pub(crate) fn parse_date_or_moment(text: &str) -> Option<jiff::Timestamp> {
    parse_moment(text).or_else(|| parse_moment(&format!("{text}T00:00:00Z")))
}

/// The moment, if its year has four digits and is not 0.
pub(crate) fn in_range(moment: jiff::Timestamp) -> Option<jiff::Timestamp> {
    (SECONDS_MIN..=SECONDS_MAX).contains(&moment.as_second()).then_some(moment)
}

/// So many seconds after 1970.
pub(crate) fn from_seconds(seconds: i64) -> Option<jiff::Timestamp> {
    in_range(jiff::Timestamp::from_second(seconds).ok()?)
}

/// The moment so many nanoseconds later.
pub(crate) fn later(moment: jiff::Timestamp, nanoseconds: i64) -> Option<jiff::Timestamp> {
    let total = moment.as_nanosecond().checked_add(i128::from(nanoseconds))?;
    in_range(jiff::Timestamp::from_nanosecond(total).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_numbers_with_units() {
        let rows = [
            ("1h30m", Some(5_400_000_000_000)),
            ("-1.5s", Some(-1_500_000_000)),
            ("1.5h", Some(5_400_000_000_000)),
            ("0", Some(0)),
            ("100us", Some(100_000)),
            ("1", None),
            ("s", None),
            (".s", None),
            ("", None),
            ("1d", None),
            ("9999999h", None),
        ];
        for (text, expected) in rows {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }

    #[test]
    fn a_duration_is_printed_in_seconds() {
        assert_eq!(duration_seconds(5_400_000_000_000), "5400s");
        assert_eq!(duration_seconds(-1_500_000_000), "-1.5s");
    }

    #[test]
    fn a_moment_has_a_date_a_time_and_an_offset() {
        for text in ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5+02:00"] {
            assert!(parse_moment(text).is_some(), "{text}");
        }
        for text in
            ["2020-01-01", "2020-01-01T00:00:00", "20200101T000000Z", "x", "0000-01-01T00:00:00Z"]
        {
            assert!(parse_moment(text).is_none(), "{text}");
        }
    }
}
