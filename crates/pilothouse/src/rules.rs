//! How many simulated nodes there are, and by which rules they behave.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, value_parser};
use nodes::Rules;
use world::World;

/// Node numbers beyond this have no address left.
const NODES_MAX: u32 = 1000;

pub(crate) fn arguments() -> [Arg; 2] {
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

pub(crate) fn nodes(matches: &ArgMatches) -> u32 {
    matches.get_one("nodes").copied().unwrap_or(3)
}

/// Where rules are written down, if they are.
pub(crate) fn file(matches: &ArgMatches) -> Option<PathBuf> {
    matches.get_one::<String>("node-rules").map(PathBuf::from)
}

/// The rules of a file, or those of the house.
pub(crate) fn read(world: &World, file: Option<&Path>) -> Result<Rules> {
    let Some(path) = file else {
        return Ok(Rules::default());
    };
    let text = world.disk.read(path).context("cannot read --node-rules")?;
    let failed = || format!("cannot use {}", path.display());
    Rules::parse(&String::from_utf8_lossy(&text)).with_context(failed)
}
