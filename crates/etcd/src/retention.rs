//! Which backups are kept.

use meta::time::Time;

/// How many, and for how long. The newest is always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub count: usize,
    pub days: i64,
}

const DAY_SECONDS: i64 = 24 * 60 * 60;
const PREFIX: &str = "etcd-";
const ENDING: &str = ".db";

/// A backup's file by the second in which it was made. Names sort by age.
pub(crate) fn name(now: Time) -> String {
    format!("{PREFIX}{:012}{ENDING}", now.seconds())
}

/// Those of the files in a folder that may go: beyond the count, or older than the days.
pub fn expired(files: &[String], kept: Kept, now: Time) -> Vec<String> {
    let mut backups: Vec<(i64, &String)> =
        files.iter().filter_map(|file| Some((made(file)?, file))).collect();
    backups.sort_unstable();
    let newest_first = backups.into_iter().rev().enumerate().skip(1);
    let gone = newest_first.filter(|(place, (made, _))| {
        *place >= kept.count || now.seconds() - made > kept.days * DAY_SECONDS
    });
    gone.map(|(_, (_, file))| file.clone()).collect()
}

fn made(file: &str) -> Option<i64> {
    file.strip_prefix(PREFIX)?.strip_suffix(ENDING)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: i64) -> Time {
        Time::from_seconds(days * DAY_SECONDS)
    }

    #[track_caller]
    fn check(made_on: &[i64], count: usize, kept_days: i64, gone: &[i64]) {
        let files: Vec<String> = made_on.iter().map(|day| name(days(*day))).collect();
        let expired = expired(&files, Kept { count, days: kept_days }, days(100));
        assert_eq!(expired, gone.iter().map(|day| name(days(*day))).collect::<Vec<_>>());
    }

    #[test]
    fn those_beyond_the_count_go() {
        check(&[97, 98, 99, 100], 2, 30, &[98, 97]);
    }

    #[test]
    fn old_ones_go() {
        check(&[60, 80, 100], 10, 30, &[60]);
    }

    #[test]
    fn the_newest_stays_however_old_it_is() {
        check(&[10, 20], 10, 30, &[10]);
        check(&[20], 0, 0, &[]);
    }

    #[test]
    fn other_files_are_left_alone() {
        let files = ["notes.txt".to_owned(), "etcd-1.db.json".to_owned()];
        assert!(expired(&files, Kept { count: 0, days: 0 }, days(100)).is_empty());
    }
}
