//! RFC 3339 as Go parses it, with Go's errors.

use meta::time::Time;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
const LAYOUT_MICRO: &str = "2006-01-02T15:04:05.000000Z07:00";

/// How many fraction digits a field keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    Seconds,
    Microseconds,
}

/// The canonical form of a time, in UTC; `None` for the zero time, which is written as null.
///
/// # Errors
/// Go's text for a malformed time.
pub(super) fn normalise(text: &str, precision: Precision) -> Result<Option<String>, String> {
    check(text, precision)?;
    let time: Time = text.parse().map_err(|_| out_of_range(text, "day"))?;
    if time.whole_seconds().to_string() == ZERO {
        return Ok(None);
    }
    Ok(Some(match precision {
        Precision::Seconds => time.to_string(),
        Precision::Microseconds => time.to_micro_string(),
    }))
}

const ZERO: &str = "0001-01-01T00:00:00Z";

fn out_of_range(text: &str, what: &str) -> String {
    format!("parsing time {text:?}: {what} out of range")
}

/// The parts of the layout up to the fraction: digits of a value between two bounds, or a literal.
const PARTS: [(&str, Part); 11] = [
    ("2006", Part::Digits(4, 0, 9999, "year")),
    ("-", Part::Literal),
    ("01", Part::Digits(2, 1, 12, "month")),
    ("-", Part::Literal),
    ("02", Part::Digits(2, 1, 31, "day")),
    ("T", Part::Literal),
    ("15", Part::Digits(2, 0, 23, "hour")),
    (":", Part::Literal),
    ("04", Part::Digits(2, 0, 59, "minute")),
    (":", Part::Literal),
    ("05", Part::Digits(2, 0, 59, "second")),
];

enum Part {
    Literal,
    Digits(usize, u32, u32, &'static str),
}

fn check(text: &str, precision: Precision) -> Result<(), String> {
    let layout = match precision {
        Precision::Seconds => LAYOUT,
        Precision::Microseconds => LAYOUT_MICRO,
    };
    let bad = |rest: &str, element: &str| {
        format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {element:?}")
    };
    let mut rest = text;
    for (element, part) in &PARTS {
        rest = match part {
            Part::Literal => rest.strip_prefix(element).ok_or_else(|| bad(rest, element))?,
            Part::Digits(length, least, most, name) => {
                let (value, after) = number(rest, *length).ok_or_else(|| bad(rest, element))?;
                if value < *least || value > *most {
                    return Err(out_of_range(text, name));
                }
                after
            }
        };
    }
    let rest = match precision {
        Precision::Seconds => skip_fraction(rest),
        Precision::Microseconds => {
            let digits = rest.strip_prefix('.').and_then(|digits| number(digits, 6));
            digits.ok_or_else(|| bad(rest, ".000000"))?.1
        }
    };
    let after = zone(rest).ok_or_else(|| bad(rest, "Z07:00"))?;
    if after.is_empty() {
        return Ok(());
    }
    Err(format!("parsing time {text:?}: extra text: {after:?}"))
}

fn number(text: &str, length: usize) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(length)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| all)?, rest))
}

fn skip_fraction(text: &str) -> &str {
    match text.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => {
            fraction.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        _ => text,
    }
}

fn zone(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some(rest);
    }
    let (_, rest) = number(text.strip_prefix(['+', '-'])?, 2)?;
    Some(number(rest.strip_prefix(':')?, 2)?.1)
}
