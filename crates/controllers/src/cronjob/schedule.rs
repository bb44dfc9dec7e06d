//! When something is due: the syntax and meaning of `robfig/cron` 3, five fields or a descriptor.

use std::time::Duration;

use jiff::{
    Timestamp,
    civil::{self, DateTime},
    tz::TimeZone,
};
use meta::time::Time;

use super::field::{DAYS, Field, HOURS, MINUTES, MONTHS, WEEKDAYS};
use crate::shared::duration;

/// Who finds no time within so many years finds none.
const YEARS_MAX: i16 = 5;
const HOUR: i64 = 3600;
const MINUTE: i64 = 60;

/// A schedule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Schedule {
    /// At certain times of the clock on the wall.
    Fields(Box<Fields>),
    /// Always after so long.
    Every(Duration),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fields {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
    zone: TimeZone,
}

/// The time zone of that name, as exactly written.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    if name.is_empty() || name == "UTC" {
        return Some(TimeZone::UTC);
    }
    let zone = TimeZone::get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

impl Schedule {
    /// Reads a schedule that is in `zone` unless it names another one itself.
    pub(super) fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let own = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ="));
        let Some(own) = own else { return Self::parse_in(text, zone.clone()) };
        let Some((name, rest)) = own.split_once(' ') else {
            return Err("empty schedule after the time zone".to_owned());
        };
        let unknown = || format!("provided bad location {name}: unknown time zone {name}");
        Self::parse_in(rest.trim(), self::zone(name).ok_or_else(unknown)?)
    }

    fn parse_in(text: &str, zone: TimeZone) -> Result<Self, String> {
        if let Some(text) = text.strip_prefix("@every ") {
            let period = duration::parse(text)
                .map_err(|reason| format!("failed to parse duration @every {text}: {reason}"))?;
            return Ok(Self::Every(Duration::from_secs(period.as_secs().max(1))));
        }
        let fields = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other if other.starts_with('@') => {
                return Err(format!("unrecognized descriptor: {other}"));
            }
            fields => fields,
        };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            let (found, fields) = (fields.len(), fields.join(" "));
            return Err(format!("expected exactly 5 fields, found {found}: [{fields}]"));
        };
        Ok(Self::Fields(Box::new(Fields {
            minute: Field::parse(minute, &MINUTES)?,
            hour: Field::parse(hour, &HOURS)?,
            day: Field::parse(day, &DAYS)?,
            month: Field::parse(month, &MONTHS)?,
            weekday: Field::parse(weekday, &WEEKDAYS)?,
            zone,
        })))
    }

    /// The first time after `time`; `None` if there is none in years.
    pub(super) fn next(&self, time: Time) -> Option<Time> {
        match self {
            Self::Every(period) => Some(time.whole_seconds() + *period),
            Self::Fields(fields) => fields.next(time.seconds() + 1).map(Time::from_seconds),
        }
    }
}

impl Fields {
    /// The first matching time from `start` on: each field goes on until it matches, and where that
    /// carries into a larger one, the search starts over.
    fn next(&self, start: i64) -> Option<i64> {
        let mut search = Search { fields: self, seconds: start, is_cut: false };
        let year_max = search.wall()?.year() + YEARS_MAX;
        while search.wall()?.year() <= year_max {
            if search.month()? && search.day()? && search.hour()? && search.minute()? {
                return Some(search.seconds);
            }
        }
        None
    }

    /// Days of the month and of the week both count where both say something.
    fn has_day(&self, date: civil::Date) -> bool {
        let day = self.day.has(date.day());
        let weekday = self.weekday.has(date.weekday().to_sunday_zero_offset());
        if self.day.is_star || self.weekday.is_star { day && weekday } else { day || weekday }
    }

    fn offset(&self, seconds: i64) -> Option<i64> {
        let timestamp = Timestamp::from_second(seconds).ok()?;
        Some(i64::from(self.zone.to_offset(timestamp).seconds()))
    }
}

/// A search under way. Its steps answer whether their field matches without any larger one having
/// changed, and nothing where time ends.
struct Search<'a> {
    fields: &'a Fields,
    /// Since 1970.
    seconds: i64,
    /// Smaller fields than the one that was moved have their least values already.
    is_cut: bool,
}

impl Search<'_> {
    /// What the clock on the wall shows.
    fn wall(&self) -> Option<DateTime> {
        let offset = self.fields.offset(self.seconds)?;
        let shown = Timestamp::from_second(self.seconds + offset).ok()?;
        Some(TimeZone::UTC.to_datetime(shown))
    }

    /// Goes to when the clock shows `wall`; in a gap, to a time beside it; of two, to the first.
    fn go_to(&mut self, wall: DateTime) -> Option<()> {
        let shown = TimeZone::UTC.to_timestamp(wall).ok()?.as_second();
        let guess = self.fields.offset(shown)?;
        self.seconds = shown - self.fields.offset(shown - guess)?;
        Some(())
    }

    fn cut_to(&mut self, wall: DateTime) -> Option<()> {
        if self.is_cut {
            return Some(());
        }
        self.is_cut = true;
        self.go_to(wall)
    }

    fn month(&mut self) -> Option<bool> {
        while !self.fields.month.has(self.wall()?.month()) {
            self.cut_to(self.wall()?.date().first_of_month().to_datetime(civil::Time::midnight()))?;
            let wall = self.wall()?;
            let first = wall.date().first_of_month().to_datetime(wall.time());
            self.go_to(first.checked_add(jiff::Span::new().months(1)).ok()?)?;
            if self.wall()?.month() == 1 {
                return Some(false);
            }
        }
        Some(true)
    }

    fn day(&mut self) -> Option<bool> {
        while !self.fields.has_day(self.wall()?.date()) {
            self.cut_to(self.wall()?.date().to_datetime(civil::Time::midnight()))?;
            self.go_to(self.wall()?.checked_add(jiff::Span::new().days(1)).ok()?)?;
            // Midnight may not exist, or be there twice.
            let hour = i64::from(self.wall()?.hour());
            match hour {
                0 => {}
                1..=12 => self.seconds -= hour * HOUR,
                _ => self.seconds += (24 - hour) * HOUR,
            }
            if self.wall()?.day() == 1 {
                return Some(false);
            }
        }
        Some(true)
    }

    fn hour(&mut self) -> Option<bool> {
        while !self.fields.hour.has(self.wall()?.hour()) {
            let wall = self.wall()?;
            self.cut_to(wall.date().at(wall.hour(), 0, 0, 0))?;
            self.seconds += HOUR;
            if self.wall()?.hour() == 0 {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Schedules know no seconds: they are due when a minute begins.
    fn minute(&mut self) -> Option<bool> {
        while !self.fields.minute.has(self.wall()?.minute()) {
            self.seconds += MINUTE - i64::from(self.wall()?.second());
            self.is_cut = true;
            if self.wall()?.minute() == 0 {
                return Some(false);
            }
        }
        let second = i64::from(self.wall()?.second());
        if second != 0 {
            self.seconds += MINUTE - second;
        }
        Some(second == 0)
    }
}
