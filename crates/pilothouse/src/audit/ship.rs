//! `pilothouse audit ship`: the log into an archive, and to a collector.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use audit::{Format, Mode, Options, Report, Shipper};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use world::World;

use super::poster::Collector;
use crate::{cli, clock, failure::Failure, output, process};

pub(super) fn command() -> Command {
    let named = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("ship")
        .about("Follow an audit log into an archive of compressed files by day, and to a collector")
        .after_help(
            "The log's own files are the buffer: whatever is not shipped waits there, also while this command\n\
             does not run. Each event arrives at least once. What rotation takes away before it was shipped is\n\
             counted and told.",
        )
        .arg(named("log", "FILE", "The log, as --audit-log-path of the API server").required(true))
        .arg(named("archive", "FOLDER", "Where the archive is, or will be").required(true))
        .arg(
            named("source", "NAME", "Tells several servers in one archive apart")
                .default_value("apiserver")
                .value_parser(source),
        )
        .arg(
            named("flush-every", "DURATION", "Events are in the archive after that at the latest")
                .default_value("10s")
                .value_parser(|text: &str| clock::parse(text).ok_or("no duration such as 10s")),
        )
        .arg(named("sink-url", "URL", "A collector that events are posted to as well"))
        .arg(
            named("sink-format", "FORMAT", "lines: JSON lines. otlp: OTLP/HTTP logs, as JSON")
                .value_parser(PossibleValuesParser::new(["lines", "otlp"]))
                .default_value("lines"),
        )
        .arg(named("sink-ca", "FILE", "Who vouches for the collector [default: as the system does]"))
        .arg(named("sink-token-file", "FILE", "A bearer token that the collector asks for"))
        .arg(
            Arg::new("once")
                .long("once")
                .action(ArgAction::SetTrue)
                .help("Ship what is written by now, and end"),
        )
        .arg(cli::verbosity_argument())
}

/// It becomes part of names of files.
fn source(text: &str) -> Result<String, &'static str> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if text.is_empty() || !text.chars().all(fits) {
        return Err("a name has letters, digits and dashes");
    }
    Ok(text.to_owned())
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    app::logs::start(matches.get_count("verbosity"));
    Ok(process::run(async |world| ship(&world, matches).await)?)
}

async fn ship(world: &World, matches: &ArgMatches) -> Result<()> {
    let path = |name: &str| PathBuf::from(cli::text(matches, name));
    let options = Options {
        log: path("log"),
        archive: path("archive"),
        source: cli::text(matches, "source").to_owned(),
        flush_every: matches.get_one::<Duration>("flush-every").copied().unwrap_or_default(),
        mode: if matches.get_flag("once") { Mode::Once } else { Mode::Follow },
    };
    let sink = sink(world, matches)?;
    let format = match cli::text(matches, "sink-format") {
        "otlp" => Format::Otlp,
        _ => Format::Lines,
    };
    let shipper = Shipper::new(world.clone(), options).context("cannot ship")?;
    let to_sink = async {
        match &sink {
            Some(sink) => shipper.to_sink(sink, format).await.map(Some),
            None => Ok(None),
        }
    };
    let both = async { tokio::try_join!(shipper.to_archive(), to_sink) };
    tokio::select! {
        biased;
        signal = app::signals::stop() => {
            // What is not archived yet is read again by the next.
            tracing::info!(signal = signal.context("cannot wait for signals")?, "stopping");
        }
        done = both => {
            let (archived, sent) = done.context("cannot ship")?;
            tell("archived", &archived);
            if let Some(sent) = sent {
                tell("sent", &sent);
            }
        }
    }
    Ok(())
}

fn sink(world: &World, matches: &ArgMatches) -> Result<Option<Collector>> {
    let Some(url) = matches.get_one::<String>("sink-url") else { return Ok(None) };
    let file = |name: &str| {
        let path = matches.get_one::<String>(name)?;
        Some(world.disk.read(path.as_ref()).with_context(|| format!("cannot read --{name}")))
    };
    let token = file("sink-token-file").transpose()?;
    let token = token.map(|token| String::from_utf8_lossy(&token).trim().to_owned());
    Collector::new(world, url, file("sink-ca").transpose()?, token).map(Some)
}

fn tell(what: &str, report: &Report) {
    let events = report.events;
    if report.lost.is_nothing() {
        output::say(&format!("{what} {events} events, lost nothing"));
        return;
    }
    let audit::Lost { files, bytes, torn_lines, refused } = report.lost;
    output::say(&format!(
        "{what} {events} events; lost since the first run: {files} files removed too early (at least {bytes} bytes), \
         {torn_lines} torn lines, {refused} events refused by the collector"
    ));
}
