//! `pilothouse audit`: what was asked of an API server, shipped and asked of.

mod poster;
#[cfg(feature = "audit-query")]
mod query;
mod ship;

use clap::{ArgMatches, Command};

use crate::failure::Failure;

pub(crate) fn command() -> Command {
    let command = Command::new("audit")
        .about("Ship the audit log of an API server, and ask of it in SQL")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(ship::command());
    #[cfg(feature = "audit-query")]
    let command = command.subcommand(query::command());
    command
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("ship", matches)) => ship::run(matches),
        #[cfg(feature = "audit-query")]
        Some(("query", matches)) => query::run(matches),
        Some(_) | None => {
            Err(Failure::Value("no such command; see `pilothouse audit --help`".to_owned()))
        }
    }
}
