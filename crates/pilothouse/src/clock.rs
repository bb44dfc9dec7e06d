//! `pilothouse clock`: read and step the time of a control plane that was started with
//! `--clock=virtual`.

use std::time::Duration;

use anyhow::Context as _;
use clap::{Arg, ArgMatches, Command};
use client::Method;

use crate::{cli, failure::Failure, output, reach};

pub(crate) fn command() -> Command {
    let duration = Arg::new("duration")
        .required(true)
        .value_name("DURATION")
        .help("How far, such as 90s, 10m or 1h30m");
    Command::new("clock")
        .about("Read or step the time of a control plane started with `up --clock=virtual`")
        .subcommand_required(true)
        .subcommand(
            Command::new("advance")
                .about("Let time pass at once: everything that falls due happens in order")
                .arg(duration)
                .arg(cli::kubeconfig_argument()),
        )
        .subcommand(Command::new("show").about("Print the time").arg(cli::kubeconfig_argument()))
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("advance", matches)) => {
            let text = cli::text(matches, "duration");
            let duration = parse(text).ok_or_else(|| {
                Failure::Value(format!("{text:?} is no duration; write 90s, 10m or 1h30m"))
            })?;
            let path = format!("/pilothouse/clock?advance={}ms", duration.as_millis());
            ask(matches, Method::Post, path)
        }
        Some(("show", matches)) => ask(matches, Method::Get, "/pilothouse/clock".to_owned()),
        Some(_) | None => {
            Err(Failure::Value("no such command; see `pilothouse clock --help`".to_owned()))
        }
    }
}

fn ask(matches: &ArgMatches, method: Method, path: String) -> Result<(), Failure> {
    let time = reach::on_one_thread(async |world| {
        let (transport, _) = reach::transport(&world, matches)?;
        let answer = reach::ask(&transport, method, path);
        let answer = answer.await.context("the clock cannot be stepped")?;
        Ok(String::from_utf8_lossy(&answer.body).trim().to_owned())
    })?;
    output::say(&time);
    Ok(())
}

/// A duration as Go writes it, in whole numbers: `1h30m`, `500ms`.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let unit_at = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u64 = rest[..unit_at].parse().ok()?;
        rest = &rest[unit_at..];
        let end = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
        let milliseconds = match &rest[..end] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total += Duration::from_millis(number.checked_mul(milliseconds)?);
        rest = &rest[end..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        assert_eq!(parse("10m"), Some(Duration::from_mins(10)));
        assert_eq!(parse("1h30m"), Some(Duration::from_mins(90)));
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!([parse(""), parse("10"), parse("m"), parse("1d")], [None; 4]);
    }
}
