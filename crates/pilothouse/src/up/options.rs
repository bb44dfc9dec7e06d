//! What `up` can be told.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser, value_parser};

use crate::cli;

/// Node numbers beyond this have no address left.
const NODES_MAX: u32 = 1000;

/// Parsed flags.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) data_dir: PathBuf,
    pub(crate) storage: Storage,
    pub(crate) nodes: u32,
    pub(crate) node_rules: Option<PathBuf>,
    pub(crate) port: u16,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) overwrite_kubeconfig: bool,
    pub(crate) clock: ClockMode,
    pub(crate) verbosity: u8,
}

/// Where objects are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Disk,
    Memory,
}

/// Who moves the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockMode {
    Real,
    Virtual,
}

pub(crate) fn command() -> Command {
    Command::new("up")
        .about("Run a whole control plane: API server, store, controllers, scheduler, simulated nodes")
        .after_help(
            "The second `up` on the same data goes on where the first ended. SIGTERM and Ctrl-C stop it in \
             good order; kill -9 loses nothing that was acknowledged.",
        )
        .args(storage_arguments())
        .args(node_arguments())
        .arg(
            Arg::new("clock")
                .long("clock")
                .value_parser(PossibleValuesParser::new(["real", "virtual"]))
                .default_value("real")
                .help("With `virtual`, time stands still until `pilothouse clock advance 10m`"),
        )
        .arg(
            Arg::new("verbosity")
                .short('v')
                .action(ArgAction::Count)
                .help("Log decisions with their reasons (-vv), or everything (-vvvv)"),
        )
}

fn storage_arguments() -> [Arg; 5] {
    [
        Arg::new("data-dir")
            .long("data-dir")
            .value_name("FOLDER")
            .help("Where objects and certificates are kept [default: ~/.pilothouse/data]"),
        Arg::new("memory")
            .long("memory")
            .action(ArgAction::SetTrue)
            .conflicts_with("data-dir")
            .help("Keep nothing: everything is forgotten at the end"),
        Arg::new("port")
            .long("port")
            .value_name("PORT")
            .default_value("6443")
            .value_parser(value_parser!(u16))
            .help("Port of the API server on 127.0.0.1; 0 takes a free one"),
        Arg::new("kubeconfig")
            .long("kubeconfig")
            .value_name("FILE")
            .help("Where the kubeconfig is written [default: ~/.pilothouse/kubeconfig]"),
        Arg::new("overwrite-kubeconfig")
            .long("overwrite-kubeconfig")
            .action(ArgAction::SetTrue)
            .help("Replace a kubeconfig that somebody else wrote"),
    ]
}

fn node_arguments() -> [Arg; 2] {
    [
        Arg::new("nodes")
            .long("nodes")
            .value_name("NUMBER")
            .default_value("3")
            .value_parser(value_parser!(u32).range(0..=i64::from(NODES_MAX)))
            .help("How many simulated nodes there are: node-0, node-1, …"),
        Arg::new("node-rules")
            .long("node-rules")
            .value_name("FILE")
            .help("How containers behave on simulated nodes (YAML; see docs/nodes.md)"),
    ]
}

impl Options {
    pub(crate) fn read(matches: &ArgMatches) -> Self {
        let home = app::environment::home().join(".pilothouse");
        let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from);
        let in_memory = matches.get_flag("memory");
        Self {
            data_dir: path("data-dir").unwrap_or_else(|| home.join("data")),
            storage: if in_memory { Storage::Memory } else { Storage::Disk },
            nodes: matches.get_one("nodes").copied().unwrap_or(3),
            node_rules: path("node-rules"),
            port: matches.get_one("port").copied().unwrap_or(6443),
            kubeconfig: path("kubeconfig").unwrap_or_else(|| home.join("kubeconfig")),
            overwrite_kubeconfig: matches.get_flag("overwrite-kubeconfig"),
            clock: match cli::text(matches, "clock") {
                "virtual" => ClockMode::Virtual,
                _ => ClockMode::Real,
            },
            verbosity: matches.get_count("verbosity"),
        }
    }
}
