//! Durations as Go writes them: `1m30s`, `500ms`, `8760h0m0s`.

use std::{fmt::Write as _, time::Duration};

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
const NANOSECONDS: u128 = 1_000_000_000;

/// # Errors
/// What the text is instead.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let invalid = || "no duration such as 1m30s".to_owned();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.starts_with('-') {
        return Err("a negative duration".to_owned());
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total: u128 = 0;
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(invalid)?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        total = total.saturating_add(nanoseconds(number, *unit).ok_or_else(invalid)?);
        rest = after;
    }
    u64::try_from(total).map(Duration::from_nanos).map_err(|_| "too long".to_owned())
}

/// `1.5` of a unit; fractions of a nanosecond are cut off.
fn nanoseconds(number: &str, unit: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanoseconds = whole.checked_mul(unit.into())?;
    let mut scale = u128::from(unit);
    for digit in fraction.chars() {
        scale /= 10;
        nanoseconds += u128::from(digit.to_digit(10)?) * scale;
    }
    Some(nanoseconds)
}

/// The form of Go's `Duration.String`.
pub(super) fn show(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    if nanoseconds < NANOSECONDS {
        let units = [("ms", 1_000_000), ("µs", 1_000), ("ns", 1)];
        let unit = units.into_iter().find(|(_, size)| nanoseconds >= *size);
        let (name, size) = unit.unwrap_or(("ns", 1));
        return format!("{}{name}", decimal(nanoseconds, size));
    }
    let seconds = nanoseconds / NANOSECONDS;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = String::new();
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    if hours > 0 || minutes > 0 {
        let _ = write!(text, "{minutes}m");
    }
    let rest = nanoseconds - (hours * 3600 + minutes * 60) * NANOSECONDS;
    let _ = write!(text, "{}s", decimal(rest, NANOSECONDS));
    text
}

/// `value / unit` without trailing zeros; `unit` is a power of ten.
fn decimal(value: u128, unit: u128) -> String {
    let digits = unit.ilog10();
    let (whole, fraction) = (value / unit, value % unit);
    if fraction == 0 {
        return whole.to_string();
    }
    let width = usize::try_from(digits).unwrap_or_default();
    let fraction = format!("{fraction:0width$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_as_go_does() {
        for (text, shown) in [
            ("0", "0s"),
            ("15s", "15s"),
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("8760h0m0s", "8760h0m0s"),
            ("1.5h", "1h30m0s"),
            ("500ms", "500ms"),
            ("1500ms", "1.5s"),
            ("1.5us", "1.5µs"),
            (".5s", "500ms"),
            ("3ns", "3ns"),
        ] {
            assert_eq!(show(parse(text).unwrap()), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "s", "5x", "-1s", "1.s.", "five"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
