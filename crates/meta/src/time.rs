//! Points in time as the API writes them, and nothing that reads a clock.

use std::{fmt, ops, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time with microseconds, as `MicroTime` has; [`Time`] values of ordinary fields have
/// whole seconds, which [`Time::whole_seconds`] gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    microseconds: i64,
}

const MICROSECONDS: i64 = 1_000_000;

/// The text is not an RFC 3339 time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text:?} is not an RFC 3339 time")]
pub struct InvalidTime {
    text: String,
}

impl Time {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self { microseconds }
    }
    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self { microseconds: seconds * MICROSECONDS }
    }
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn microseconds(self) -> i64 {
        self.microseconds
    }
    /// Seconds since 1970-01-01T00:00:00Z, fractions cut off.
    pub const fn seconds(self) -> i64 {
        self.microseconds.div_euclid(MICROSECONDS)
    }
    /// This time without its fraction: what `metav1.Time` keeps.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self::from_seconds(self.seconds())
    }
    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        let difference = self.microseconds.saturating_sub(earlier.microseconds);
        Duration::from_micros(u64::try_from(difference).unwrap_or(0))
    }
    /// The form of `metav1.MicroTime`: six fraction digits.
    pub fn to_micro_string(self) -> String {
        let fraction = self.microseconds.rem_euclid(MICROSECONDS);
        let whole = self.to_string();
        format!("{}.{fraction:06}Z", whole.trim_end_matches('Z'))
    }
}

impl ops::Add<Duration> for Time {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self { microseconds: self.microseconds.saturating_add(microseconds) }
    }
}
impl ops::Sub<Duration> for Time {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self { microseconds: self.microseconds.saturating_sub(microseconds) }
    }
}

/// RFC 3339 in UTC with whole seconds: the form of `metav1.Time`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.seconds()) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => f.write_str("0001-01-01T00:00:00Z"),
        }
    }
}
impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Time {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let invalid = || InvalidTime { text: text.to_owned() };
        // jiff also takes a blank or a small t between date and time; RFC 3339 in Go does not.
        if text.as_bytes().get(10) != Some(&b'T') || text.ends_with('z') {
            return Err(invalid());
        }
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| invalid())?;
        Ok(Self { microseconds: timestamp.as_microsecond() })
    }
}
impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_whole_seconds_and_micro_seconds() {
        let time: Time = "2026-11-24T08:18:28.000042Z".parse().expect("valid");
        assert_eq!(time.to_string(), "2026-11-24T08:18:28Z");
        assert_eq!(time.to_micro_string(), "2026-11-24T08:18:28.000042Z");
    }

    #[test]
    fn refuses_a_blank_between_date_and_time() {
        assert!("2026-11-24 08:18:28Z".parse::<Time>().is_err());
    }
}
