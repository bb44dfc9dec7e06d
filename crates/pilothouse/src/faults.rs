//! `pilothouse faults`: what a control plane that was started with `--faults` has injected where.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use clap::{Arg, ArgAction, ArgMatches, Command};
use client::{Method, http::HttpTransport};
use serde_json::Value;

use crate::{cli, failure::Failure, output, reach};

pub(crate) fn command() -> Command {
    Command::new("faults")
        .about("List what was injected where by a control plane started with `up --faults FILE`")
        .arg(
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Print each fault as it is injected, until Ctrl-C"),
        )
        .arg(cli::kubeconfig_argument())
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    Ok(reach::on_one_thread(async |world| {
        let (transport, _) = reach::transport(&world, matches)?;
        if matches.get_flag("follow") {
            return follow(&transport).await;
        }
        let listed = ask(&transport, "/pilothouse/faults".to_owned()).await?;
        output::say(page(&listed).trim_end());
        Ok(())
    })?)
}

async fn follow(transport: &HttpTransport) -> Result<()> {
    let mut seen = 0;
    loop {
        let path = format!("/pilothouse/faults?after={seen}&wait=true");
        let listed = ask(transport, path).await?;
        for record in items(&listed, "injected") {
            output::say(&line(record));
            seen = record["number"].as_u64().unwrap_or(seen);
        }
    }
}

async fn ask(transport: &HttpTransport, path: String) -> Result<Value> {
    let answer = reach::ask(transport, Method::Get, path);
    let answer = answer.await.context("the faults cannot be listed")?;
    serde_json::from_slice(&answer.body).context("the server sends no list of faults")
}

/// Rules with their numbers, then the last faults.
fn page(listed: &Value) -> String {
    let mut page = format!("seed {}\n\n", listed["seed"]);
    let _ = writeln!(page, "{:<28} {:<15} {:>8} {:>9}", "RULE", "FAULT", "FITTING", "INJECTED");
    for rule in items(listed, "rules") {
        let [name, fault] = ["rule", "fault"].map(|field| text(rule, field));
        let (fitting, injected) = (rule["fitting"].to_string(), rule["injected"].to_string());
        let _ = writeln!(page, "{name:<28} {fault:<15} {fitting:>8} {injected:>9}");
    }
    page.push('\n');
    for record in items(listed, "injected") {
        page.push_str(&line(record));
        page.push('\n');
    }
    page
}

/// One fault: when, by which rule, what, to whom, and on which object.
fn line(record: &Value) -> String {
    let [time, rule, fault, agent, verb, resource, namespace, name] =
        ["time", "rule", "fault", "userAgent", "verb", "resource", "namespace", "name"]
            .map(|field| text(record, field));
    let agent = agent.split([' ', '/']).next().unwrap_or_default();
    let place: Vec<&str> = [namespace, name].into_iter().filter(|part| !part.is_empty()).collect();
    let line = format!("{time} {rule} {fault} {agent} {verb} {resource} {}", place.join("/"));
    line.trim_end().to_owned()
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_has_the_rules_and_what_they_did() {
        let listed = json!({
            "seed": 7,
            "rules": [{"rule": "late", "fault": "delayEvents", "fitting": 12, "injected": 1}],
            "injected": [{
                "number": 1, "time": "2026-11-24T10:00:00Z", "rule": "late", "fault": "delayEvents",
                "user": "admin", "userAgent": "op/v1 (linux)", "verb": "added",
                "resource": "pods", "namespace": "shop", "name": "web",
            }],
        });
        expect![[r#"
            seed 7

            RULE                         FAULT            FITTING  INJECTED
            late                         delayEvents           12         1

            2026-11-24T10:00:00Z late delayEvents op added pods shop/web
        "#]]
        .assert_eq(&page(&listed));
    }
}
