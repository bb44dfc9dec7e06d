//! Moments, from the first day of the year 1 to the last one of the year 9999, in nanoseconds.

use std::fmt;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

const NANOS_PER_SECOND: i128 = 1_000_000_000;
/// The first second of the year 1 and the last one of the year 9999, counted from 1970.
const SECONDS_MIN: i128 = -62_135_596_800;
const SECONDS_MAX: i128 = 253_402_300_799;
/// The date and the time without an offset: `2006-01-02T15:04:05`.
const LOCAL_LENGTH: usize = 19;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    nanoseconds: i128,
}

impl Moment {
    /// So many nanoseconds after 1970; `None` if that is out of range.
    pub fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        let seconds = nanoseconds.div_euclid(NANOS_PER_SECOND);
        (SECONDS_MIN..=SECONDS_MAX).contains(&seconds).then_some(Self { nanoseconds })
    }

    /// So many seconds after 1970; `None` if that is out of range.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::from_nanoseconds(i128::from(seconds) * NANOS_PER_SECOND)
    }

    /// RFC 3339, as strict as Go reads it; `None` if it is no moment.
    pub fn parse(text: &str) -> Option<Self> {
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        let bytes = text.as_bytes();
        let is_shaped = separators.iter().all(|(index, byte)| bytes.get(*index) == Some(byte));
        let rest = text.get(LOCAL_LENGTH..).filter(|_| is_shaped)?;
        let offset_at = rest.find(['Z', '+', '-'])?;
        let (fraction, offset) = rest.split_at(offset_at);
        if !fraction.is_empty() && (!fraction.starts_with('.') || fraction.len() == 1) {
            return None;
        }
        let local: civil::DateTime = text[..LOCAL_LENGTH + offset_at].parse().ok()?;
        let since = local.duration_since(epoch());
        Self::from_nanoseconds(
            since.as_nanos() - i128::from(offset_seconds(offset)?) * NANOS_PER_SECOND,
        )
    }

    /// Whole seconds after 1970, rounded to the past.
    pub fn seconds(self) -> i64 {
        i64::try_from(self.nanoseconds.div_euclid(NANOS_PER_SECOND)).unwrap_or_default()
    }

    /// Nanoseconds after 1970.
    pub const fn nanoseconds(self) -> i128 {
        self.nanoseconds
    }

    /// The moment so many nanoseconds later.
    pub(crate) fn later(self, nanoseconds: i64) -> Option<Self> {
        Self::from_nanoseconds(self.nanoseconds + i128::from(nanoseconds))
    }

    /// What clocks and calendars show in a zone.
    pub(crate) fn in_zone(self, zone: &TimeZone) -> Option<civil::DateTime> {
        // The zones are known for a little less than all moments; the last hours are like those before.
        let known = self.seconds().clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let offset = zone.to_offset(Timestamp::from_second(known).ok()?);
        self.shifted(offset.seconds().into())
    }

    fn shifted(self, seconds: i128) -> Option<civil::DateTime> {
        let nanoseconds = self.nanoseconds + seconds * NANOS_PER_SECOND;
        let whole = i64::try_from(nanoseconds.div_euclid(NANOS_PER_SECOND)).ok()?;
        let rest = i32::try_from(nanoseconds.rem_euclid(NANOS_PER_SECOND)).ok()?;
        epoch().checked_add(SignedDuration::new(whole, rest)).ok()
    }
}

const fn epoch() -> civil::DateTime {
    civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
}

/// `Z` or `+02:00`.
fn offset_seconds(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
    let hours: i64 = hours.parse().ok().filter(|hours| (0..24).contains(hours))?;
    let minutes: i64 = minutes.parse().ok().filter(|minutes| (0..60).contains(minutes))?;
    let seconds = (hours * 60 + minutes) * 60;
    Some(if sign == "-" { -seconds } else { seconds })
}

/// RFC 3339 in UTC, with as many decimals as are needed.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All moments in range have a date.
        match self.shifted(0) {
            Some(local) => write!(f, "{local}Z"),
            None => f.write_str("0001-01-01T00:00:00Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_a_date_a_time_and_an_offset() {
        let rows = [
            ("2020-01-01T00:00:00Z", Some("2020-01-01T00:00:00Z")),
            ("2020-01-01T00:00:00.5+02:00", Some("2019-12-31T22:00:00.5Z")),
            ("9999-12-31T23:59:59.999999999Z", Some("9999-12-31T23:59:59.999999999Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("0001-01-01T00:00:00+01:00", None),
            ("0000-01-01T00:00:00Z", None),
            ("2020-01-01", None),
            ("2020-01-01T00:00:00", None),
            ("2020-01-01T00:00:00.Z", None),
            ("2020-02-30T00:00:00Z", None),
            ("2020-01-01t00:00:00Z", None),
            ("20200101T000000Z", None),
        ];
        for (text, expected) in rows {
            let read = Moment::parse(text).map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
