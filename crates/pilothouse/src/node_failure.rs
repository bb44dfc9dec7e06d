//! `pilothouse nodes fail` and `recover`: a simulated node goes silent, or says that it is not ready.

use std::time::Duration;

use anyhow::{Context as _, Result};
use api::resources::NODES;
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};
use client::{Method, PatchKind, Request, Transport, WriteOptions};
use meta::{object::ObjectKey, time::Time};
use nodes::node::{FAILURE_ANNOTATION, FAILURE_ENDS_ANNOTATION, NodeFailure};
use serde_json::{Value, json};
use world::World;

use crate::{cli, clock, failure::Failure, output, reach};

pub(crate) fn commands() -> [Command; 2] {
    let name = || Arg::new("name").required(true).value_name("NAME").help("The node");
    let kubeconfig = cli::kubeconfig_argument;
    let fail = Command::new("fail")
        .about(
            "Let a simulated node fail: its kubelet does nothing any more, or says it is not ready",
        )
        .arg(name())
        .arg(
            Arg::new("for")
                .long("for")
                .value_name("DURATION")
                .help("It recovers by itself after this long, such as 90s or 10m"),
        )
        .arg(
            Arg::new("how")
                .long("how")
                .value_parser(PossibleValuesParser::new(NodeFailure::ALL.map(|(_, name)| name)))
                .default_value("unreachable")
                .help("What goes wrong"),
        )
        .arg(kubeconfig());
    let recover = Command::new("recover")
        .about("Let a node that was told to fail recover")
        .arg(name())
        .arg(kubeconfig());
    [fail, recover]
}

pub(crate) fn fail(matches: &ArgMatches) -> Result<(), Failure> {
    let length = match matches.get_one::<String>("for") {
        Some(text) => Some(clock::parse(text).ok_or_else(|| {
            Failure::Value(format!("{text:?} is no duration; write 90s, 10m or 1h30m"))
        })?),
        None => None,
    };
    let (name, how) = (cli::text(matches, "name"), cli::text(matches, "how"));
    reach::on_one_thread(async |world| {
        let (transport, _) = reach::transport(&world, matches)?;
        let ends = match length {
            Some(length) => Some(now(&world, &transport).await + length),
            None => None,
        };
        let ends = ends.map(|ends| ends.to_string());
        let said = json!({FAILURE_ANNOTATION: how, FAILURE_ENDS_ANNOTATION: ends});
        annotate(&transport, name, said).await
    })?;
    let until = length.map(shown).unwrap_or_default();
    output::say(&format!("node/{name} fails ({how}){until}"));
    Ok(())
}

pub(crate) fn recover(matches: &ArgMatches) -> Result<(), Failure> {
    let name = cli::text(matches, "name");
    reach::on_one_thread(async |world| {
        let (transport, _) = reach::transport(&world, matches)?;
        let said = json!({FAILURE_ANNOTATION: null, FAILURE_ENDS_ANNOTATION: null});
        annotate(&transport, name, said).await
    })?;
    output::say(&format!("node/{name} recovers"));
    Ok(())
}

fn shown(length: Duration) -> String {
    format!(" for {} s", length.as_secs())
}

async fn annotate(transport: &dyn Transport, name: &str, annotations: Value) -> Result<()> {
    let options = WriteOptions { field_manager: "pilothouse".to_owned() };
    let patch = json!({"metadata": {"annotations": annotations}});
    let key = ObjectKey::new("", name);
    let request = Request::patch(&NODES, &key, PatchKind::Merge, &patch, &options);
    let answer = transport.send(request).await;
    answer.map(drop).with_context(|| format!("cannot tell node {name}"))
}

/// The time of the control plane, which may be a virtual one.
async fn now(world: &World, transport: &dyn Transport) -> Time {
    let asked = reach::ask(transport, Method::Get, "/pilothouse/clock".to_owned());
    let shown = asked.await.ok();
    let shown = shown.and_then(|answer| String::from_utf8_lossy(&answer.body).trim().parse().ok());
    shown.unwrap_or_else(|| world.clock.wall())
}
