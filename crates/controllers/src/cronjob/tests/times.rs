//! Which time is made up for.

use std::time::Duration;

use jiff::tz::TimeZone;
use meta::time::Time;

use super::super::{
    schedule::Schedule,
    times::{Passed, TOO_CLOSE, passed, until_next},
};

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text, &TimeZone::UTC).expect("a schedule")
}

fn at(text: &str) -> Time {
    format!("2026-11-{text}Z").parse().expect("a time")
}

#[test]
fn nothing_is_due_before_the_first_time() {
    let passed = passed(&schedule("0 * * * *"), at("24T08:10:00"), at("24T08:59:59"));
    assert_eq!(passed, Ok(Passed { due: None, missed: 0 }));
}
#[test]
fn the_newest_time_is_due() {
    let due = |text, earliest, now| passed(&schedule(text), at(earliest), at(now));
    let expected = |text, missed| Ok(Passed { due: Some(at(text)), missed });
    assert_eq!(due("0 * * * *", "24T08:10:00", "24T09:00:00"), expected("24T09:00:00", 1));
    assert_eq!(due("0 * * * *", "24T08:10:00", "24T11:30:00"), expected("24T11:00:00", 3));
    assert_eq!(due("@every 7m", "24T08:00:00", "24T08:30:00"), expected("24T08:28:00", 4));
    assert_eq!(due("30 6-16/4 * * 1-5", "26T17:00:00", "30T09:00:00"), expected("30T06:30:00", 19));
}
#[test]
fn very_many_missed_times_are_suspicious() {
    let passed = |minutes: u64| {
        let start = at("24T08:00:00");
        passed(&schedule("* * * * *"), start, start + Duration::from_secs(minutes * 60))
    };
    assert!(passed(101).expect("times").is_suspicious());
    assert!(!passed(100).expect("times").is_suspicious());
}
#[test]
fn what_never_comes_is_an_error() {
    let now = at("24T08:00:00");
    assert_eq!(passed(&schedule("0 0 31 2 *"), now, now), Err(TOO_CLOSE));
    assert_eq!(until_next(&schedule("0 0 31 2 *"), now, now), None);
}
#[test]
fn the_next_look_is_shortly_after_the_next_time() {
    let wait = |earliest, now| until_next(&schedule("* * * * *"), at(earliest), at(now));
    assert_eq!(wait("24T08:00:00", "24T08:00:30"), Some(Duration::from_millis(30_100)));
    assert_eq!(wait("24T08:00:00", "24T08:05:30"), Some(Duration::from_millis(30_100)));
}
