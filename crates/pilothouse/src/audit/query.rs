//! `pilothouse audit query`: SQL over the archive.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use audit::query::{Format, Question, ask};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::{cli, failure::Failure, output, reach};

pub(super) fn command() -> Command {
    let named = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("query")
        .about("Ask of an archive in SQL: a SELECT from the view `events`")
        .after_help(
            "Columns of `events`: time, stage, level, verb, user, groups, impersonated, source_ip, agent, api_group,\n\
             resource, subresource, namespace, name, code, latency_ms, decision, reason, uri, audit_id,\n\
             request_object, response_object, annotations; the last three and groups are JSON.\n\n\
             pilothouse audit query --archive=DIR \"SELECT user, count(*) FROM events GROUP BY user\"",
        )
        .arg(named("archive", "FOLDER", "What `audit ship` filled").required(true))
        .arg(
            named("format", "FORMAT", "table, json or csv")
                .default_value("table")
                .value_parser(|text: &str| text.parse::<Format>()),
        )
        .arg(named("file", "FILE", "Where the question is written").conflicts_with("sql"))
        .arg(
            named("set", "NAME=VALUE", "The value of a parameter :NAME of the question")
                .action(ArgAction::Append)
                .value_parser(|text: &str| {
                    let pair = text.split_once('=').ok_or("write NAME=VALUE")?;
                    Ok::<_, &'static str>((pair.0.to_owned(), pair.1.to_owned()))
                }),
        )
        .arg(named("since", "DAY", "The first day, such as 2026-11-24 [default: the oldest]"))
        .arg(named("until", "DAY", "The last day [default: the newest]"))
        .arg(Arg::new("sql").value_name("SQL").required_unless_present("file").help("The question"))
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let format = matches.get_one::<Format>("format").copied().unwrap_or(Format::Table);
    let answer = reach::on_one_thread(async |world| {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let sql = match text("file") {
            Some(file) => {
                let read = world.disk.read(file.as_ref()).context("cannot read --file")?;
                String::from_utf8_lossy(&read).into_owned()
            }
            None => cli::text(matches, "sql").to_owned(),
        };
        let question = Question {
            archive: PathBuf::from(cli::text(matches, "archive")),
            since: text("since"),
            until: text("until"),
            sql,
            parameters: matches.get_many("set").into_iter().flatten().cloned().collect(),
        };
        Ok(ask(&*world.disk, &question)?)
    })?;
    output::say(&answer.print(format));
    Ok(())
}
