//! `kube-apiserver`: the API server under the reference's name and with all its flags, for scripts and test
//! harnesses that start one beside an etcd. What [`api_server`] knows is passed on, the rest changes nothing.

use std::path::Path;

use app::{
    flags::{self, Flags},
    logs::{Format, Verbosity},
};
use clap::{ArgMatches, Command};
use world::World;

use crate::{
    api_server, cli::KUBERNETES_VERSION, failure::Failure, output, process, server::Settings,
};

/// The program's name, as `argv[0]`.
pub(crate) const NAME: &str = "kube-apiserver";
/// Flags that are called otherwise here.
const RENAMED: [(&str, &str); 2] = [("secure-port", "port"), ("cert-dir", "data-dir")];
/// Flags that are read here, and that the command has in another sense.
const OWN: [&str; 5] = ["help", "version", "v", "vmodule", "kubeconfig"];
/// As the reference's means every address; where there is no IPv6, this is what is left.
const EVERYWHERE: &str = "0.0.0.0";

/// Runs with the arguments after the program's name.
pub(crate) fn run(arguments: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let table = flags::kube_apiserver();
    let flags =
        Flags::parse(&table, arguments).map_err(|error| Failure::Value(error.to_string()))?;
    if flags.is_on("help") {
        let help = flags::help(&table);
        output::say(&format!("Serves the API of Kubernetes.\n\nUsage:\n  {NAME} [flags]\n{help}"));
        return Ok(());
    }
    if flags.text("version") != "false" {
        output::say(&format!("Kubernetes {KUBERNETES_VERSION}"));
        return Ok(());
    }
    if flags.list("etcd-servers").is_empty() {
        return Err(Failure::Value("--etcd-servers must be specified".to_owned()));
    }
    let command = Command::new(NAME).args(crate::server::arguments());
    let known: Vec<String> =
        command.get_arguments().map(|known| known.get_id().to_string()).collect();
    let is_known = |name: &str| known.iter().any(|known| known == name);
    let matches = command.try_get_matches_from(translated(&flags, is_known));
    let matches = matches.map_err(Failure::Usage)?;
    Ok(process::run(async |world| {
        let verbosity = Verbosity::new(flags.integer("v"), flags.entries("vmodule"));
        app::logs::start_component(Format::Text, verbosity, world.clock.clone());
        tracing::info!(version = KUBERNETES_VERSION, program = NAME, "Pilothouse");
        for flag in inert(&flags, is_known) {
            tracing::warn!(flag = format!("--{flag}"), "this flag is accepted and changes nothing");
        }
        api_server::serve(&world, &settings(&world, &matches, &flags)).await
    })?)
}

/// A certificate that lies where `--cert-dir` says is shown, as harnesses expect; the administrator's
/// kubeconfig is left beside what is made there.
fn settings(world: &World, matches: &ArgMatches, flags: &Flags) -> Settings {
    let mut settings = Settings::read(matches);
    let folder = Path::new(flags.text("cert-dir"));
    let (certificate, key) = (folder.join("apiserver.crt"), folder.join("apiserver.key"));
    if settings.serving.is_none() && world.disk.read(&certificate).is_ok() {
        settings.serving = Some((certificate, key));
    }
    settings.kubeconfig = folder.join("pki/admin.kubeconfig");
    settings
}

/// The arguments of our own command.
fn translated(flags: &Flags, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let mut arguments = vec![NAME.to_owned(), format!("--data-dir={}", flags.text("cert-dir"))];
    if !flags.is_given("bind-address") {
        arguments.push(format!("--bind-address={EVERYWHERE}"));
    }
    for name in flags.given().filter(|name| *name != "cert-dir") {
        let own = own_name(name);
        if is_known(own) && !OWN.contains(&name) {
            arguments.push(format!("--{own}={}", value(flags, name)));
        }
    }
    arguments
}

/// The flags of a command line that change nothing.
fn inert(flags: &Flags, is_known: impl Fn(&str) -> bool) -> Vec<&'static str> {
    flags.given().filter(|name| !is_known(own_name(name)) && !OWN.contains(name)).collect()
}

fn own_name(name: &str) -> &str {
    let renamed = RENAMED.iter().find(|(theirs, _)| *theirs == name);
    renamed.map_or(name, |(_, ours)| ours)
}

fn value(flags: &Flags, name: &str) -> String {
    match flags.list(name) {
        [] => {
            flags.shown().find(|(known, _)| *known == name).map_or(String::new(), |(_, text)| text)
        }
        items => items.join(","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Flags {
        let arguments = line.split_whitespace().map(ToOwned::to_owned);
        Flags::parse(&flags::kube_apiserver(), arguments).expect("known flags")
    }

    fn is_known(name: &str) -> bool {
        ["port", "data-dir", "bind-address", "authorization-mode", "etcd-servers"].contains(&name)
    }

    #[test]
    fn what_is_known_is_passed_on_under_its_name_here() {
        let flags = parsed(
            "--cert-dir=/c --secure-port=7 --authorization-mode=Node,RBAC --etcd-servers=a --etcd-servers=b",
        );
        assert_eq!(
            translated(&flags, is_known)[1..],
            [
                "--data-dir=/c",
                "--bind-address=0.0.0.0",
                "--authorization-mode=Node,RBAC",
                "--etcd-servers=a,b",
                "--port=7"
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_told_of() {
        let flags = parsed("--allow-privileged --watch-cache=false --v=2 --secure-port=7");
        assert_eq!(inert(&flags, is_known), ["allow-privileged", "watch-cache"]);
    }

    #[test]
    fn every_argument_passed_on_is_one_of_ours() {
        let command = Command::new(NAME).args(crate::server::arguments());
        for (_, ours) in RENAMED {
            assert!(command.get_arguments().any(|known| known.get_id() == ours), "{ours}");
        }
    }
}
