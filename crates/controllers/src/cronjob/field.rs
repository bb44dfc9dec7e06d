//! One field of a schedule: which minutes, hours, days, months or weekdays it means.

use std::ops::RangeInclusive;

/// What a field may hold.
pub(super) struct Bounds {
    pub(super) range: RangeInclusive<i64>,
    /// In order, from the least value on.
    pub(super) names: &'static [&'static str],
}

pub(super) const MINUTES: Bounds = Bounds { range: 0..=59, names: &[] };
pub(super) const HOURS: Bounds = Bounds { range: 0..=23, names: &[] };
pub(super) const DAYS: Bounds = Bounds { range: 1..=31, names: &[] };
pub(super) const MONTHS: Bounds = Bounds {
    range: 1..=12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
pub(super) const WEEKDAYS: Bounds =
    Bounds { range: 0..=6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// The values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Field {
    values: u64,
    /// Says nothing: `*`, `?` or `*/1` is among its parts.
    pub(super) is_star: bool,
}

impl Field {
    pub(super) fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| self.values & (1 << value) != 0)
    }

    /// Reads `*`, `5`, `1-5`, `*/15`, `1-30/2`, `mon-fri` and lists of these; empty parts say nothing.
    pub(super) fn parse(text: &str, bounds: &Bounds) -> Result<Self, String> {
        let mut field = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let part = Self::parse_part(part, bounds)?;
            field.values |= part.values;
            field.is_star |= part.is_star;
        }
        Ok(field)
    }

    fn parse_part(part: &str, bounds: &Bounds) -> Result<Self, String> {
        let mut range_and_step = part.split('/');
        let range = range_and_step.next().unwrap_or_default();
        let step = range_and_step.next();
        if range_and_step.next().is_some() {
            return Err(format!("too many slashes: {part}"));
        }
        let (least, most) = (*bounds.range.start(), *bounds.range.end());
        let mut ends = range.split('-');
        let (low, high) = (ends.next().unwrap_or_default(), ends.next());
        let is_any = matches!(low, "*" | "?");
        let (start, mut end) = if is_any {
            (least, most)
        } else {
            let start = number_or_name(low, bounds)?;
            (start, high.map_or(Ok(start), |high| number_or_name(high, bounds))?)
        };
        if !is_any && ends.next().is_some() {
            return Err(format!("too many hyphens: {part}"));
        }
        if step.is_some() && high.is_none() {
            end = most;
        }
        let step = step.map_or(Ok(1), number)?;
        if start < least {
            return Err(format!("beginning of range ({start}) below minimum ({least}): {part}"));
        }
        if end > most {
            return Err(format!("end of range ({end}) above maximum ({most}): {part}"));
        }
        if start > end {
            return Err(format!(
                "beginning of range ({start}) beyond end of range ({end}): {part}"
            ));
        }
        let stride = usize::try_from(step).unwrap_or(0);
        if stride == 0 {
            return Err(format!("step of range should be a positive number: {part}"));
        }
        let values = (start..=end).step_by(stride).fold(0, |values, value| values | (1 << value));
        Ok(Self { values, is_star: is_any && step == 1 })
    }
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<i64, String> {
    let lower = text.to_ascii_lowercase();
    let position = bounds.names.iter().position(|name| *name == lower);
    match position.and_then(|position| i64::try_from(position).ok()) {
        Some(position) => Ok(bounds.range.start() + position),
        None => number(text),
    }
}

fn number(text: &str) -> Result<i64, String> {
    let number: i64 = text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })?;
    if number < 0 {
        return Err(format!("negative number ({number}) not allowed: {text}"));
    }
    Ok(number)
}
