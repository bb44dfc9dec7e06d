//! Parts of moments and of spans of time.

use jiff::{civil::DateTime, tz};

use super::{Answer, Row, member};
use crate::{
    cost::Cost,
    error::{EvaluationError, failed, no_overload},
    value::Value,
};

pub(super) const ROWS: &[Row] = &[
    member("getFullYear", "timestamp -> int", Cost::One, full_year),
    member("getFullYear", "timestamp, string -> int", Cost::One, full_year),
    member("getMonth", "timestamp -> int", Cost::One, month),
    member("getMonth", "timestamp, string -> int", Cost::One, month),
    member("getDayOfYear", "timestamp -> int", Cost::One, day_of_year),
    member("getDayOfYear", "timestamp, string -> int", Cost::One, day_of_year),
    member("getDayOfMonth", "timestamp -> int", Cost::One, day_of_month),
    member("getDayOfMonth", "timestamp, string -> int", Cost::One, day_of_month),
    member("getDate", "timestamp -> int", Cost::One, date),
    member("getDate", "timestamp, string -> int", Cost::One, date),
    member("getDayOfWeek", "timestamp -> int", Cost::One, day_of_week),
    member("getDayOfWeek", "timestamp, string -> int", Cost::One, day_of_week),
    member("getHours", "timestamp -> int", Cost::One, hours),
    member("getHours", "timestamp, string -> int", Cost::One, hours),
    member("getHours", "duration -> int", Cost::One, hours),
    member("getMinutes", "timestamp -> int", Cost::One, minutes),
    member("getMinutes", "timestamp, string -> int", Cost::One, minutes),
    member("getMinutes", "duration -> int", Cost::One, minutes),
    member("getSeconds", "timestamp -> int", Cost::One, seconds),
    member("getSeconds", "timestamp, string -> int", Cost::One, seconds),
    member("getSeconds", "duration -> int", Cost::One, seconds),
    member("getMilliseconds", "timestamp -> int", Cost::One, milliseconds),
    member("getMilliseconds", "timestamp, string -> int", Cost::One, milliseconds),
    member("getMilliseconds", "duration -> int", Cost::One, milliseconds),
];

const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_SECOND: i64 = 1_000 * NANOS_PER_MILLI;
const NANOS_PER_MINUTE: i64 = 60 * NANOS_PER_SECOND;
const NANOS_PER_HOUR: i64 = 60 * NANOS_PER_MINUTE;

/// What clocks show in a zone; without one in UTC.
fn local(arguments: &[Value<'_>]) -> Result<DateTime, EvaluationError> {
    let (moment, zone) = match arguments {
        [Value::Timestamp(moment)] => (moment, tz::TimeZone::UTC),
        [Value::Timestamp(moment), Value::String(name)] => match zone(name) {
            Some(zone) => (moment, zone),
            None => return failed(format!("unknown time zone {}", &**name)),
        },
        _ => return no_overload(),
    };
    moment.in_zone(&zone).ok_or(EvaluationError::Overflow("timestamp"))
}

/// A name such as `Europe/Paris`, or a difference to UTC such as `-08:00`.
fn zone(name: &str) -> Option<tz::TimeZone> {
    if name.is_empty() || name == "UTC" {
        return Some(tz::TimeZone::UTC);
    }
    let Some((hours, minutes)) = name.split_once(':') else {
        return tz::TimeZone::get(name).ok();
    };
    let (negative, hours) = match hours.strip_prefix('-') {
        Some(hours) => (true, hours),
        None => (false, hours.strip_prefix('+').unwrap_or(hours)),
    };
    let hours: i32 = hours.parse().ok().filter(|hours| (0..24).contains(hours))?;
    let minutes: i32 = minutes.parse().ok().filter(|minutes| (0..60).contains(minutes))?;
    let seconds = (hours * 60 + minutes) * 60;
    let offset = tz::Offset::from_seconds(if negative { -seconds } else { seconds }).ok()?;
    Some(tz::TimeZone::fixed(offset))
}

fn part<'a>(arguments: &[Value<'a>], part: fn(&DateTime) -> i64) -> Answer<'a> {
    Ok(Value::Int(part(&local(arguments)?)))
}

fn full_year<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |moment| moment.year().into())
}
fn month<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |moment| i64::from(moment.month()) - 1)
}
fn day_of_year<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |moment| i64::from(moment.day_of_year()) - 1)
}
fn day_of_month<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |moment| i64::from(moment.day()) - 1)
}
fn date<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |moment| moment.day().into())
}
fn day_of_week<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |moment| moment.weekday().to_sunday_zero_offset().into())
}

fn hours<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = arguments {
        return Ok(Value::Int(span / NANOS_PER_HOUR));
    }
    part(arguments, |moment| moment.hour().into())
}
fn minutes<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = arguments {
        return Ok(Value::Int(span / NANOS_PER_MINUTE));
    }
    part(arguments, |moment| moment.minute().into())
}
fn seconds<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = arguments {
        return Ok(Value::Int(span / NANOS_PER_SECOND));
    }
    part(arguments, |moment| moment.second().into())
}
/// Of a span all of its milliseconds, as in the reference.
fn milliseconds<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = arguments {
        return Ok(Value::Int(span / NANOS_PER_MILLI));
    }
    part(arguments, |moment| moment.millisecond().into())
}
