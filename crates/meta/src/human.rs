//! Durations as kubectl prints them.

/// The age of something, in the one or two units that matter: `45s`, `5m30s`, `3h5m`, `2d3h`, `1y20d`.
/// Fractions are cut off; more than a second before zero is `<invalid>`.
pub fn duration(microseconds: i64) -> String {
    let seconds = microseconds / 1_000_000;
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    if seconds < 0 {
        return "0s".to_owned();
    }
    let (minutes, hours, days) = (seconds / MINUTE, seconds / HOUR, seconds / DAY);
    match seconds {
        ..120 => format!("{seconds}s"),
        120..600 => two((minutes, "m"), (seconds % MINUTE, "s")),
        600..THREE_HOURS => format!("{minutes}m"),
        THREE_HOURS..EIGHT_HOURS => two((hours, "h"), (minutes % 60, "m")),
        EIGHT_HOURS..TWO_DAYS => format!("{hours}h"),
        TWO_DAYS..EIGHT_DAYS => two((days, "d"), (hours % 24, "h")),
        EIGHT_DAYS..TWO_YEARS => format!("{days}d"),
        TWO_YEARS..EIGHT_YEARS => two((days / 365, "y"), (days % 365, "d")),
        _ => format!("{}y", days / 365),
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const THREE_HOURS: i64 = 3 * HOUR;
const EIGHT_HOURS: i64 = 8 * HOUR;
const TWO_DAYS: i64 = 2 * DAY;
const EIGHT_DAYS: i64 = 8 * DAY;
const TWO_YEARS: i64 = 2 * 365 * DAY;
const EIGHT_YEARS: i64 = 8 * 365 * DAY;

/// Two units, the second only if it is not zero.
fn two(first: (i64, &str), second: (i64, &str)) -> String {
    let (first, first_unit) = first;
    match second {
        (0, _) => format!("{first}{first_unit}"),
        (second, second_unit) => format!("{first}{first_unit}{second}{second_unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_has_its_units_and_drops_a_zero() {
        for (seconds, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 5 * MINUTE, "3h5m"),
            (8 * HOUR + 5 * MINUTE, "8h"),
            (47 * HOUR, "47h"),
            (2 * DAY, "2d"),
            (2 * DAY + 3 * HOUR, "2d3h"),
            (8 * DAY + 3 * HOUR, "8d"),
            (2 * 365 * DAY - 1, "729d"),
            (2 * 365 * DAY, "2y"),
            (3 * 365 * DAY + 20 * DAY, "3y20d"),
            (8 * 365 * DAY + 20 * DAY, "8y"),
        ] {
            assert_eq!(duration(seconds * 1_000_000), text, "{seconds} s");
        }
    }

    #[test]
    fn fractions_are_cut_off() {
        assert_eq!(duration(1_999_999), "1s");
        assert_eq!(duration(-500_000), "0s");
    }
}
