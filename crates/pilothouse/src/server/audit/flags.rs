//! The flags of audit backends, which are the reference's with its defaults: most of them are there for the
//! log and for the webhook.

use std::time::Duration;

use apiserver::audit::{Batching, Mode, Rotation, Throttle, Truncation};
use clap::{Arg, ArgMatches, value_parser};

use super::super::flags::{named, switch};
use crate::clock;

const MEGABYTE: u64 = 1024 * 1024;
const DAY: Duration = Duration::from_hours(24);
/// Flags that take a number, with their default.
const NUMBERS: [(&str, &str, &str); 12] = [
    ("audit-log-maxsize", "100", "Megabytes at which the audit log is put aside"),
    ("audit-log-maxbackup", "100", "Audit logs put aside that are kept; 0 keeps all"),
    ("audit-log-maxage", "366", "Days that audit logs put aside are kept; 0 keeps them for ever"),
    ("audit-log-batch-buffer-size", "10000", "Events that wait in mode batch; one more is lost"),
    ("audit-log-batch-max-size", "1", "Events of a batch in mode batch"),
    ("audit-log-truncate-max-event-size", "102400", "Bytes at which an event loses its bodies"),
    ("audit-log-truncate-max-batch-size", "10485760", "Bytes at which a batch becomes several"),
    (
        "audit-webhook-batch-buffer-size",
        "10000",
        "Events that wait in mode batch; one more is lost",
    ),
    ("audit-webhook-batch-max-size", "400", "Events of a list in mode batch"),
    ("audit-webhook-batch-throttle-burst", "15", "Lists that may be posted at once after a rest"),
    ("audit-webhook-truncate-max-event-size", "102400", "Bytes at which an event loses its bodies"),
    ("audit-webhook-truncate-max-batch-size", "10485760", "Bytes at which a list becomes several"),
];
/// Flags that are on or off.
const SWITCHES: [(&str, &str, &str); 4] = [
    ("audit-log-compress", "false", "Compress audit logs that are put aside with gzip"),
    ("audit-log-truncate-enabled", "false", "Take the bodies out of events that are too large"),
    ("audit-webhook-truncate-enabled", "false", "Take the bodies out of events that are too large"),
    ("audit-webhook-batch-throttle-enable", "true", "Post no more lists a second than is said"),
];
/// Flags that take a duration.
const DURATIONS: [(&str, &str, &str); 3] = [
    ("audit-log-batch-max-wait", "0s", "A batch that is not full leaves after that"),
    ("audit-webhook-batch-max-wait", "30s", "A list that is not full leaves after that"),
    ("audit-webhook-initial-backoff", "10s", "How long a failed post waits before the next try"),
];
/// Whether requests wait until their events are there.
const MODES: [(&str, &str); 2] = [("audit-log-mode", "blocking"), ("audit-webhook-mode", "batch")];

/// A backend, as its flags are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Log,
    Webhook,
}

/// All flags that say how backends work.
pub(super) fn arguments() -> Vec<Arg> {
    let modes = MODES.map(|(name, default)| {
        named(name, "MODE", "Whether requests wait until their events are there")
            .value_parser(["batch", "blocking", "blocking-strict"])
            .default_value(default)
    });
    let numbers = NUMBERS.map(|(name, default, help)| {
        named(name, "NUMBER", help).value_parser(value_parser!(u32)).default_value(default)
    });
    let durations = DURATIONS.map(|(name, default, help)| {
        named(name, "DURATION", help)
            .value_parser(|text: &str| clock::parse(text).ok_or("no duration such as 2s"))
            .default_value(default)
    });
    let qps = named("audit-webhook-batch-throttle-qps", "NUMBER", "Lists a second at most")
        .value_parser(positive)
        .default_value("10");
    let switches = SWITCHES.map(|(name, default, help)| switch(name, default, help));
    modes.into_iter().chain(numbers).chain(durations).chain([qps]).chain(switches).collect()
}

fn positive(text: &str) -> Result<f32, &'static str> {
    text.parse().ok().filter(|number: &f32| *number > 0.0).ok_or("no number above zero")
}

impl Of {
    pub(super) fn mode(self, matches: &ArgMatches) -> Mode {
        let batching = Batching {
            buffer_max: size(matches, &self.flag("batch-buffer-size")),
            size_max: size(matches, &self.flag("batch-max-size")),
            wait_max: duration(matches, &self.flag("batch-max-wait")),
        };
        match matches.get_one::<String>(&self.flag("mode")).map(String::as_str) {
            Some("blocking") => Mode::Blocking,
            Some("blocking-strict") => Mode::BlockingStrict,
            _ => Mode::Batch(batching),
        }
    }

    pub(super) fn truncation(self, matches: &ArgMatches) -> Option<Truncation> {
        let truncation = Truncation {
            event_bytes_max: size(matches, &self.flag("truncate-max-event-size")),
            batch_bytes_max: size(matches, &self.flag("truncate-max-batch-size")),
        };
        is_on(matches, &self.flag("truncate-enabled")).then_some(truncation)
    }

    fn flag(self, rest: &str) -> String {
        match self {
            Self::Log => format!("audit-log-{rest}"),
            Self::Webhook => format!("audit-webhook-{rest}"),
        }
    }
}

pub(super) fn rotation(matches: &ArgMatches) -> Rotation {
    Rotation {
        bytes_max: u64::from(number(matches, "audit-log-maxsize")) * MEGABYTE,
        backups_max: size(matches, "audit-log-maxbackup"),
        age_max: DAY * number(matches, "audit-log-maxage"),
        compresses: is_on(matches, "audit-log-compress"),
    }
}

/// The pace of lists in mode batch.
pub(super) fn throttle(matches: &ArgMatches) -> Option<Throttle> {
    let per_second = matches.get_one("audit-webhook-batch-throttle-qps").copied()?;
    let burst = number(matches, "audit-webhook-batch-throttle-burst");
    let throttle = Throttle::new(per_second, burst);
    is_on(matches, "audit-webhook-batch-throttle-enable").then_some(throttle)
}

pub(super) fn duration(matches: &ArgMatches, name: &str) -> Duration {
    matches.get_one(name).copied().unwrap_or_default()
}

fn number(matches: &ArgMatches, name: &str) -> u32 {
    matches.get_one(name).copied().unwrap_or_default()
}

fn size(matches: &ArgMatches, name: &str) -> usize {
    usize::try_from(number(matches, name)).unwrap_or(usize::MAX)
}

fn is_on(matches: &ArgMatches, name: &str) -> bool {
    matches.get_one(name).copied().unwrap_or_default()
}
