//! What `up` can be told.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};

use crate::{
    cli, rules,
    server::{self, Settings},
};

/// Parsed flags.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) server: Settings,
    pub(crate) nodes: u32,
    pub(crate) node_rules: Option<PathBuf>,
    pub(crate) clock: ClockMode,
    pub(crate) verbosity: u8,
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
        .args(server::arguments())
        .args(rules::arguments())
        .arg(
            Arg::new("clock")
                .long("clock")
                .value_parser(PossibleValuesParser::new(["real", "virtual"]))
                .default_value("real")
                .help("With `virtual`, time stands still until `pilothouse clock advance 10m`"),
        )
        .arg(cli::verbosity_argument())
}

impl Options {
    pub(crate) fn read(matches: &ArgMatches) -> Self {
        Self {
            server: Settings::read(matches),
            nodes: rules::nodes(matches),
            node_rules: rules::file(matches),
            clock: match cli::text(matches, "clock") {
                "virtual" => ClockMode::Virtual,
                _ => ClockMode::Real,
            },
            verbosity: matches.get_count("verbosity"),
        }
    }
}
