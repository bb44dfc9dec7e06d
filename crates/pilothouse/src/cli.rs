//! The command line: what can be asked, and who answers.

use clap::{Arg, ArgMatches, Command};

use crate::{clock, explain, failure::Failure, output, up};

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The Kubernetes release that is served.
pub(crate) const KUBERNETES_VERSION: &str = "v1.37.2";

pub(crate) fn run() -> Result<(), Failure> {
    let matches = command().try_get_matches().map_err(Failure::Usage)?;
    match matches.subcommand() {
        Some(("up", matches)) => up::run(matches),
        Some(("explain", matches)) => explain::run(matches),
        Some(("clock", matches)) => clock::run(matches),
        Some(("version", _)) => {
            output::say(&format!("pilothouse v{VERSION}\nKubernetes {KUBERNETES_VERSION}"));
            Ok(())
        }
        Some(_) | None => {
            Err(Failure::Value("no such command; see `pilothouse --help`".to_owned()))
        }
    }
}

fn command() -> Command {
    Command::new("pilothouse")
        .about("A Kubernetes control plane in one process")
        .after_help(
            "Start here:\n  pilothouse up                       a control plane with three simulated nodes\n  \
             export KUBECONFIG=~/.pilothouse/kubeconfig\n  \
             kubectl create deployment web --image=nginx --replicas=3\n  \
             pilothouse explain deployment/web    what each controller sees, would do, and why",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_version_flag(true)
        .subcommand(up::command())
        .subcommand(explain::command())
        .subcommand(clock::command())
        .subcommand(Command::new("version").about("Print the version of this program and of Kubernetes"))
}

/// `--kubeconfig` of commands that ask a running control plane.
pub(crate) fn kubeconfig_argument() -> Arg {
    Arg::new("kubeconfig")
        .long("kubeconfig")
        .value_name("FILE")
        .help("How to reach the control plane [default: $KUBECONFIG, ~/.pilothouse/kubeconfig, ~/.kube/config]")
}

/// A value that clap has made sure is there or has a default.
pub(crate) fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}
