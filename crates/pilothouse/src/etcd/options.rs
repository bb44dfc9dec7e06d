//! What `pilothouse etcd` can be told.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use etcd::{Kept, Layout};

use crate::cli;

/// Parsed flags; each command has its own ones of them.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) layout: Layout,
    pub(super) program: PathBuf,
    pub(super) tools: Option<PathBuf>,
    pub(super) backups: PathBuf,
    pub(super) kept: Kept,
    file: Option<PathBuf>,
    least_revision: Option<u64>,
    pub(super) wait: bool,
    pub(super) keys: u32,
    pub(super) writes_per_second: u32,
    pub(super) verbosity: u8,
}

/// What clients may have seen after the copy was made.
const REVISIONS_AFTER: u64 = 10_000;

pub(crate) fn command() -> Command {
    let folder =
        named("folder", "FOLDER", "Where the cluster is kept [default: ~/.pilothouse/etcd]");
    let port =
        named("port", "PORT", "Port of the first member on 127.0.0.1; the others follow in tens")
            .default_value("2379")
            .value_parser(value_parser!(u16));
    let program = named("program", "PROGRAM", "The program etcd itself").default_value("etcd");
    let tools = named("tools", "FOLDER", "Where etcdutl or etcdctl is [default: $PATH]");
    let file =
        Arg::new("file").value_name("FILE").required(true).help("A copy, its manifest beside it");
    let wait = Arg::new("wait")
        .long("wait")
        .action(ArgAction::SetTrue)
        .help("Wait up to a minute until there is a leader and a quorum");
    let of = |name: &'static str, about: &'static str, more: Vec<Arg>| {
        let own = [folder.clone(), port.clone(), cli::verbosity_argument()];
        Command::new(name).about(about).args(own).args(more)
    };
    let starts = vec![program.clone()];
    Command::new("etcd")
        .about("Run three members of etcd; copy, check and restore them; try what happens when some are lost")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(of("up", "Start three members with certificates and users", starts))
        .subcommand(of("status", "Show leader, revisions and sizes", vec![wait]))
        .subcommand(of("backup", "Copy everything into a file", backup_arguments(&tools)))
        .subcommand(of("verify", "Check a copy", vec![file.clone(), tools.clone()]))
        .subcommand(of(
            "restore",
            "Fill a new cluster from a copy; its revisions go on beyond those that clients saw",
            vec![
                file,
                tools.clone(),
                program.clone(),
                number("least-revision", "The newest revision that a client may have seen [default: 10,000 after the copy]"),
            ],
        ))
        .subcommand(of("defrag", "Give room back, one member after the other", Vec::new()))
        .subcommand(of("drill", "Lose the leader, the quorum and the whole cluster, on purpose", vec![
            tools,
            program,
            number("keys", "Keys that are there before").default_value("10000"),
            number("writes-per-second", "Writes meanwhile").default_value("200"),
        ]))
}

fn backup_arguments(tools: &Arg) -> Vec<Arg> {
    vec![
        tools.clone(),
        named("to", "FOLDER", "Where copies are kept [default: backups in the cluster's folder]"),
        number("keep", "How many copies are kept").default_value("28"),
        number("keep-days", "For how many days copies are kept").default_value("30"),
    ]
}

fn named(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn number(name: &'static str, help: &'static str) -> Arg {
    named(name, "NUMBER", help).value_parser(value_parser!(u32))
}

impl Options {
    pub(super) fn read(matches: &ArgMatches) -> Self {
        let path =
            |name: &str| matches.try_get_one::<String>(name).ok().flatten().map(PathBuf::from);
        let number = |name: &str| matches.try_get_one::<u32>(name).ok().flatten().copied();
        let home = app::environment::home().join(".pilothouse/etcd");
        let folder = path("folder").unwrap_or(home);
        let port = matches.get_one("port").copied().unwrap_or(2379);
        let count = number("keep").and_then(|count| usize::try_from(count).ok());
        Self {
            backups: path("to").unwrap_or_else(|| folder.join("backups")),
            layout: Layout::new(folder, port),
            program: path("program").unwrap_or_else(|| PathBuf::from("etcd")),
            tools: path("tools"),
            kept: Kept {
                count: count.unwrap_or(usize::MAX),
                days: number("keep-days").map_or(i64::from(u32::MAX), i64::from),
            },
            file: path("file"),
            least_revision: number("least-revision").map(u64::from),
            wait: matches.try_get_one::<bool>("wait").ok().flatten().copied().unwrap_or_default(),
            keys: number("keys").unwrap_or_default(),
            writes_per_second: number("writes-per-second").unwrap_or_default(),
            verbosity: matches.get_count("verbosity"),
        }
    }

    pub(super) fn file(&self) -> Result<&Path> {
        self.file.as_deref().context("no copy is named")
    }

    /// What the restored cluster goes on beyond.
    pub(super) fn least_revision(&self, copied: u64) -> u64 {
        self.least_revision.unwrap_or(copied + REVISIONS_AFTER)
    }
}
