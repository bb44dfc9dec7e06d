//! Who is told of the requests to an API server of ours, by the reference's flags.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use apiserver::audit::{Auditor, Backend, Batching, LogFile, Mode, Policy, Rotation, Truncation};
use clap::{Arg, ArgMatches, value_parser};
use world::World;

use super::flags::{named, switch};
use crate::clock;

/// Parsed flags; `None` where no log is written.
#[derive(Debug)]
pub(crate) struct AuditSettings {
    policy: Option<PathBuf>,
    log: PathBuf,
    rotation: Rotation,
    mode: Mode,
    truncation: Option<Truncation>,
}

const MEGABYTE: u64 = 1024 * 1024;
const DAY: Duration = Duration::from_hours(24);
/// Flags that take a number, with their default.
const NUMBERS: [(&str, &str, &str); 6] = [
    ("audit-log-maxsize", "100", "Megabytes at which the audit log is put aside"),
    ("audit-log-maxbackup", "100", "Audit logs put aside that are kept; 0 keeps all"),
    ("audit-log-maxage", "366", "Days that audit logs put aside are kept; 0 keeps them for ever"),
    ("audit-log-batch-buffer-size", "10000", "Events that wait in mode batch; one more is lost"),
    ("audit-log-batch-max-size", "1", "Events of a batch in mode batch"),
    ("audit-log-truncate-max-event-size", "102400", "Bytes at which an event loses its bodies"),
];
/// Flags that are on or off.
const SWITCHES: [(&str, &str); 2] = [
    ("audit-log-compress", "Compress audit logs that are put aside with gzip"),
    ("audit-log-truncate-enabled", "Take the bodies out of events that are too large"),
];

/// The flags that [`AuditSettings::read`] reads.
pub(super) fn arguments() -> Vec<Arg> {
    let policy = "Which requests are told of, and how much (Policy of audit.k8s.io/v1)";
    let log = "File that audit events are appended to, one line of JSON each";
    let own = [
        named("audit-policy-file", "FILE", policy),
        named("audit-log-path", "FILE", log).requires("audit-policy-file"),
        named("audit-log-mode", "MODE", "Whether requests wait until their events are written")
            .value_parser(["batch", "blocking", "blocking-strict"])
            .default_value("blocking"),
        named("audit-log-batch-max-wait", "DURATION", "A batch that is not full leaves after that")
            .value_parser(|text: &str| clock::parse(text).ok_or("no duration such as 2s"))
            .default_value("0s"),
    ];
    let numbers = NUMBERS.map(|(name, default, help)| {
        named(name, "NUMBER", help).value_parser(value_parser!(u32)).default_value(default)
    });
    let switches = SWITCHES.map(|(name, help)| switch(name, "false", help));
    own.into_iter().chain(numbers).chain(switches).collect()
}

impl AuditSettings {
    pub(super) fn read(matches: &ArgMatches) -> Option<Self> {
        let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from);
        let number = |name: &str| matches.get_one::<u32>(name).copied().unwrap_or_default();
        let size = |name: &str| usize::try_from(number(name)).unwrap_or(usize::MAX);
        let is_on = |name: &str| matches.get_one::<bool>(name).copied().unwrap_or_default();
        let batching = Batching {
            buffer_max: size("audit-log-batch-buffer-size"),
            size_max: size("audit-log-batch-max-size"),
            wait_max: matches.get_one("audit-log-batch-max-wait").copied().unwrap_or_default(),
        };
        let mode = match matches.get_one::<String>("audit-log-mode").map(String::as_str) {
            Some("batch") => Mode::Batch(batching),
            Some("blocking-strict") => Mode::BlockingStrict,
            _ => Mode::Blocking,
        };
        let truncation = Truncation { event_bytes_max: size("audit-log-truncate-max-event-size") };
        Some(Self {
            policy: path("audit-policy-file"),
            log: path("audit-log-path")?,
            rotation: Rotation {
                bytes_max: u64::from(number("audit-log-maxsize")) * MEGABYTE,
                backups_max: size("audit-log-maxbackup"),
                age_max: DAY * number("audit-log-maxage"),
                compresses: is_on("audit-log-compress"),
            },
            mode,
            truncation: is_on("audit-log-truncate-enabled").then_some(truncation),
        })
    }

    /// The policy read and the log open.
    pub(super) fn open(&self, world: &World) -> Result<Arc<Auditor>> {
        let policy = self.policy.as_ref().context("--audit-log-path needs --audit-policy-file")?;
        ensure!(
            self.log.as_os_str() != "-",
            "--audit-log-path must name a file: standard output is for people here"
        );
        let text = world.disk.read(policy).context("cannot read --audit-policy-file")?;
        let policy = Policy::parse(&String::from_utf8_lossy(&text))
            .with_context(|| format!("cannot use {}", policy.display()))?;
        let (disk, clock) = (world.disk.clone(), world.clock.clone());
        let log = LogFile::open(self.log.clone(), self.rotation, disk, clock);
        let log = log.context("cannot write to --audit-log-path")?;
        let backend = Backend { log, mode: self.mode, truncation: self.truncation };
        Ok(Arc::new(Auditor::new(world, policy, vec![backend])))
    }
}
