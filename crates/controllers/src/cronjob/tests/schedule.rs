//! What a schedule means.

use jiff::tz::TimeZone;
use meta::time::Time;

use super::super::schedule::{Schedule, zone};
use crate::shared::duration;

/// The next times after `start`, in UTC.
fn check(schedule: &str, zone_name: &str, start: &str, expected: &[&str]) {
    let zone = zone(zone_name).expect("a zone");
    let schedule = Schedule::parse(schedule, &zone).expect("a schedule");
    let start: Time = start.parse().expect("a time");
    let times = std::iter::successors(schedule.next(start), |time| schedule.next(*time));
    let times: Vec<String> = times.take(expected.len()).map(|time| time.to_string()).collect();
    assert_eq!(times, expected);
}

fn refused(schedule: &str) -> String {
    match Schedule::parse(schedule, &TimeZone::UTC) {
        Ok(schedule) => panic!("{schedule:?}"),
        Err(reason) => reason,
    }
}

const DAY: &str = "2026-11-24T08:00:00Z";

#[test]
fn fields_mean_values_ranges_steps_and_names() {
    check("* * * * *", "", DAY, &["2026-11-24T08:01:00Z", "2026-11-24T08:02:00Z"]);
    check(
        "*/20 * * * *",
        "",
        DAY,
        &["2026-11-24T08:20:00Z", "2026-11-24T08:40:00Z", "2026-11-24T09:00:00Z"],
    );
    check(
        "50/5 * * * *",
        "",
        DAY,
        &["2026-11-24T08:50:00Z", "2026-11-24T08:55:00Z", "2026-11-24T09:50:00Z"],
    );
    check(
        "0 22-23 * * *",
        "",
        DAY,
        &["2026-11-24T22:00:00Z", "2026-11-24T23:00:00Z", "2026-11-25T22:00:00Z"],
    );
    check(
        "0 0 1 Jan-3 ?",
        "",
        DAY,
        &[
            "2027-01-01T00:00:00Z",
            "2027-02-01T00:00:00Z",
            "2027-03-01T00:00:00Z",
            "2028-01-01T00:00:00Z",
        ],
    );
    check(
        "30 6-16/4 * * 1-5",
        "",
        "2026-11-27T15:00:00Z",
        &["2026-11-30T06:30:00Z", "2026-11-30T10:30:00Z"],
    );
    check("+5,*/100 * * * *", "", DAY, &["2026-11-24T08:05:00Z", "2026-11-24T09:00:00Z"]);
    check("0 0 29 2 *", "", DAY, &["2028-02-29T00:00:00Z"]);
}
#[test]
fn days_of_month_and_week_both_count_unless_one_is_a_star() {
    check(
        "0 0 13 * fri",
        "",
        DAY,
        &[
            "2026-11-27T00:00:00Z",
            "2026-12-04T00:00:00Z",
            "2026-12-11T00:00:00Z",
            "2026-12-13T00:00:00Z",
        ],
    );
    check("0 0 13 * */1", "", DAY, &["2026-12-13T00:00:00Z"]);
    check("0 0 13 * */6", "", DAY, &["2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"]);
}
#[test]
fn descriptors_stand_for_fields() {
    check("@yearly", "", DAY, &["2027-01-01T00:00:00Z"]);
    check("@monthly", "", DAY, &["2026-12-01T00:00:00Z"]);
    check("@weekly", "", DAY, &["2026-11-29T00:00:00Z"]);
    check("@midnight", "", DAY, &["2026-11-25T00:00:00Z"]);
    check("@hourly", "", DAY, &["2026-11-24T09:00:00Z"]);
    check(
        "@every 1m30.9s",
        "Europe/Berlin",
        DAY,
        &["2026-11-24T08:01:30Z", "2026-11-24T08:03:00Z"],
    );
    check("@every -5s", "", DAY, &["2026-11-24T08:00:01Z"]);
}
#[test]
fn the_clock_on_the_wall_is_the_zones() {
    check("0 9 * * *", "Europe/Berlin", DAY, &["2026-11-25T08:00:00Z"]);
    check("TZ=Asia/Tokyo 0 9 * * *", "", DAY, &["2026-11-25T00:00:00Z"]);
    check("CRON_TZ=UTC 0 9 * * *", "Asia/Tokyo", DAY, &["2026-11-24T09:00:00Z"]);
}
#[test]
fn times_in_the_gap_are_left_out_and_those_that_repeat_run_twice() {
    check(
        "30 2 * * *",
        "America/New_York",
        "2026-03-07T00:00:00Z",
        &["2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"],
    );
    check(
        "30 1 * * *",
        "America/New_York",
        "2026-11-01T00:00:00Z",
        &["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"],
    );
    check(
        "0 * * * *",
        "America/New_York",
        "2026-11-01T05:00:00Z",
        &["2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"],
    );
    check(
        "0 0 * * *",
        "America/Sao_Paulo",
        "2018-11-02T12:00:00Z",
        &["2018-11-03T03:00:00Z", "2018-11-05T02:00:00Z"],
    );
}
#[test]
fn what_never_comes_is_not_looked_for_for_ever() {
    for schedule in ["0 0 31 2 *", ", * * * *"] {
        let schedule = Schedule::parse(schedule, &TimeZone::UTC).expect("a schedule");
        assert_eq!(schedule.next(DAY.parse().expect("a time")), None);
    }
}
#[test]
fn what_makes_no_sense_is_refused_with_the_references_words() {
    for (schedule, reason) in [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("10-5 * * * *", "beginning of range (10) beyond end of range (5): 10-5"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("*/2/3 * * * *", "too many slashes: */2/3"),
        ("*/-2 * * * *", "negative number (-2) not allowed: -2"),
        (
            "* * * * Monday",
            "failed to parse int from Monday: strconv.Atoi: parsing \"Monday\": invalid syntax",
        ),
        ("@Daily", "unrecognized descriptor: @Daily"),
        ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\""),
        ("TZ=Nowhere * * * * *", "provided bad location Nowhere: unknown time zone Nowhere"),
    ] {
        assert_eq!(refused(schedule), reason);
    }
    assert!(Schedule::parse("*-5 * * * *", &TimeZone::UTC).is_ok());
}
#[test]
fn zones_are_known_by_their_exact_names() {
    for name in ["", "UTC", "Europe/Berlin", "Etc/GMT+3", "EST5EDT"] {
        assert!(zone(name).is_some(), "{name}");
    }
    for name in ["utc", "europe/berlin", "Local", "Nowhere"] {
        assert!(zone(name).is_none(), "{name}");
    }
}
#[test]
fn durations_are_those_of_go() {
    let millis = |text: &str| duration::parse(text).map(|duration| duration.as_millis());
    assert_eq!(millis("1h2m3s4ms"), Ok(3_723_004));
    assert_eq!(millis("1.5s"), Ok(1500));
    assert_eq!(millis("0"), Ok(0));
    assert_eq!(millis("+2us"), Ok(0));
    assert_eq!(millis(""), Err("time: invalid duration \"\"".to_owned()));
    assert_eq!(millis("x"), Err("time: invalid duration \"x\"".to_owned()));
    assert_eq!(millis("5d"), Err("time: unknown unit \"d\" in duration \"5d\"".to_owned()));
}
