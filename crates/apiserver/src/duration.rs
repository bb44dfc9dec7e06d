//! Durations as Go writes them: `1m30s`, `1.5h`, `300ms`.

use std::time::Duration;

use crate::{Reason, Status};

/// The `timeout` of a request; `None` when it is unset or zero.
///
/// # Errors
/// 400 for what is no duration.
pub(crate) fn request_timeout(text: &str) -> Result<Option<Duration>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    let timeout = parse(text).map_err(|problem| {
        let message = format!("invalid timeout specified in the request URL - {problem}");
        Status::new(400, Reason::BadRequest, message)
    })?;
    Ok(Some(timeout).filter(|timeout| !timeout.is_zero()))
}

/// Reads a duration; a negative one counts as zero.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let invalid = || format!("time: invalid duration \"{text}\"");
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| c != '.' && !c.is_ascii_digit());
        let number_end = number_end.unwrap_or(rest.len());
        let number: f64 = rest[..number_end].parse().map_err(|_| invalid())?;
        rest = &rest[number_end..];
        let unit_end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = &rest[..unit_end];
        rest = &rest[unit_end..];
        let seconds = match unit {
            "" => return Err(format!("time: missing unit in duration \"{text}\"")),
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            unit => {
                return Err(format!("time: unknown unit \"{unit}\" in duration \"{text}\""));
            }
        };
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| invalid())?;
        total = total.checked_add(part).ok_or_else(invalid)?;
    }
    Ok(if is_negative { Duration::ZERO } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_does() {
        let rows = [
            ("30s", Ok(30_000)),
            ("1m30s", Ok(90_000)),
            ("1.5h", Ok(5_400_000)),
            ("300ms", Ok(300)),
            ("-1s", Ok(0)),
            ("xx", Err("time: invalid duration \"xx\"")),
            ("30", Err("time: missing unit in duration \"30\"")),
            ("3d", Err("time: unknown unit \"d\" in duration \"3d\"")),
        ];
        for (text, wanted) in rows {
            let read = parse(text).map(|duration| duration.as_millis());
            assert_eq!(read, wanted.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn zero_counts_as_unset() {
        assert_eq!(request_timeout("0s"), Ok(None));
    }
}
