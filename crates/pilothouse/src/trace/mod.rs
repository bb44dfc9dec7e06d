//! `pilothouse trace KIND/NAME`: what happened around an object, live or from a recording: the change, the
//! wait, the decision with its reason, the writes, and what these set off elsewhere.

mod page;
mod select;
mod spans;
#[cfg(test)]
mod tests;
mod text;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use client::{Method, http::HttpTransport};
use runtime::trace::{Place, Record, Told};
use serde::{Deserialize, Serialize};
use world::{Monotonic, World};

use crate::{
    cli, clock,
    failure::Failure,
    named_object::{self, NamedObject},
    output, reach,
};
use select::Selection;

/// What was followed, and all that was told meanwhile: a file that can be looked at again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Recording {
    object: Place,
    records: Vec<Record>,
}

const PATH: &str = "/pilothouse/trace";

pub(crate) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("trace")
        .about(
            "Print what happens around an object: changes, waits, decisions with reasons, writes",
        )
        .arg(
            named_object::argument()
                .required_unless_present("from")
                .help("Such as deployment/web; it need not exist yet"),
        )
        .arg(named_object::namespace_argument())
        .arg(option("for", "DURATION", "Follow for so long, such as 30s [default: until Ctrl-C]"))
        .arg(option("record", "FILE", "Keep what is told, all of it, for --from"))
        .arg(option("from", "FILE", "Show a recording instead of what happens now"))
        .arg(
            option("output", "FORMAT", "A timeline, a page with a picture, or OpenTelemetry spans")
                .short('o')
                .value_parser(PossibleValuesParser::new(["text", "html", "otlp"]))
                .default_value("text"),
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .help("Also looks after which nothing was to be done"),
        )
        .arg(cli::kubeconfig_argument())
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let all = matches.get_flag("all");
    let format = cli::text(matches, "output");
    if let Some(path) = matches.get_one::<String>("from") {
        let recording = reach::on_one_thread(async |world| read(&world, path))?;
        output::say(shown(&recording, format, all).trim_end());
        return Ok(());
    }
    let object = NamedObject::of(matches)?;
    let given = matches.get_one::<String>("for").map(|text| (text, clock::parse(text)));
    if let Some((text, None)) = given {
        return Err(Failure::Value(format!("--for {text:?} is no duration, such as 30s")));
    }
    let patience = given.and_then(|(_, parsed)| parsed);
    Ok(reach::on_one_thread(async |world| {
        let (transport, namespace) = reach::transport(&world, matches)?;
        let key = object.key(namespace).to_string();
        let object = Place { resource: object.facts.resource.to_string(), key };
        let live = format == "text";
        let follower = Follower { world, transport, object, all, live };
        let recording = follower.follow(patience).await?;
        if let Some(path) = matches.get_one::<String>("record") {
            let bytes = serde_json::to_vec(&recording).context("cannot write the recording")?;
            let path = PathBuf::from(path);
            follower.world.disk.replace(&path, &bytes).context("cannot keep the recording")?;
        }
        if !live {
            output::say(shown(&recording, format, all).trim_end());
        }
        Ok(())
    })?)
}

fn read(world: &World, path: &str) -> Result<Recording> {
    let bytes = world.disk.read(&PathBuf::from(path)).context("cannot read the recording")?;
    serde_json::from_slice(bytes.as_ref()).with_context(|| format!("{path} is no recording"))
}

fn shown(recording: &Recording, format: &str, all: bool) -> String {
    let selected = Selection::of(recording, all);
    match format {
        "html" => page::page(&recording.object, &selected),
        "otlp" => spans::spans(&selected).to_string(),
        _ => text::timeline(&selected),
    }
}

struct Follower {
    world: World,
    transport: HttpTransport,
    object: Place,
    all: bool,
    /// Each record is printed as it comes.
    live: bool,
}

impl Follower {
    /// Follows for so long, or until somebody wants it to end.
    async fn follow(&self, patience: Option<Duration>) -> Result<Recording> {
        let clock = &self.world.clock;
        let until = patience.map(|patience| clock.monotonic() + patience);
        let mut recording = Recording { object: self.object.clone(), records: Vec::new() };
        let mut printed = Vec::new();
        let mut stop = std::pin::pin!(app::signals::stop());
        // What was told to another who followed is over.
        let mut seen = self.ask(u64::MAX, false).await?.last;
        output::complain(&format!("following {} {}", self.object.resource, self.object.key));
        while until.is_none_or(|until| clock.monotonic() < until) {
            let end = until.unwrap_or(Monotonic(Duration::MAX));
            let told = tokio::select! {
                biased;
                _ = &mut stop => break,
                told = self.ask(seen, true) => told?,
                () = clock.sleep_until(end) => break,
            };
            seen = told.last.max(seen);
            recording.records.extend(told.records);
            if self.live {
                self.print(&recording, &mut printed);
            }
        }
        Ok(recording)
    }

    /// Prints what belongs to the object and was not printed yet: a look may be told of before the one
    /// that set it off.
    fn print(&self, recording: &Recording, printed: &mut Vec<u64>) {
        let selected = Selection::of(recording, self.all);
        let news = selected.iter().filter(|record| !printed.contains(&record.number));
        let news: Vec<&Record> = news.copied().collect();
        for record in &news {
            output::say(text::look(&selected, record).trim_end());
        }
        printed.extend(news.iter().map(|record| record.number));
    }

    async fn ask(&self, after: u64, wait: bool) -> Result<Told> {
        let path = format!("{PATH}?after={after}&wait={wait}");
        let answer = reach::ask(&self.transport, Method::Get, path).await.context(
            "the control plane tells nothing of its work; it is one that `pilothouse up` started",
        )?;
        serde_json::from_slice(&answer.body).context("the server sends no trace")
    }
}
