//! The command line: what can be asked, and who answers.

use std::{ffi::OsStr, path::Path};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::{
    api_server, audit, clock, component, controller_manager, etcd, etcd_server, explain,
    failure::Failure, faults, kube_apiserver, output, store, trace, up,
};

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The Kubernetes release that is served.
pub(crate) const KUBERNETES_VERSION: &str = "v1.37.2";

/// Where this program runs, in Go's names.
pub(crate) fn platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}/{architecture}", std::env::consts::OS)
}

pub(crate) fn run() -> Result<(), Failure> {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    match Path::new(&program).file_name().and_then(OsStr::to_str) {
        Some(controller_manager::NAME) => return controller_manager::run(arguments),
        Some(kube_apiserver::NAME) => return kube_apiserver::run(arguments),
        Some(etcd_server::NAME) => return etcd_server::run(arguments),
        Some(_) | None => {}
    }
    let matches = command().try_get_matches().map_err(Failure::Usage)?;
    match matches.subcommand() {
        Some(("up", matches)) => up::run(matches),
        Some(("apiserver", matches)) => api_server::run(matches),
        Some(("scheduler", matches)) => component::run_scheduler(matches),
        Some(("nodes", matches)) => component::run_nodes(matches),
        Some(("controller-manager", matches)) => controller_manager::run(rest(matches)),
        Some(("explain", matches)) => explain::run(matches),
        Some(("trace", matches)) => trace::run(matches),
        Some(("clock", matches)) => clock::run(matches),
        Some(("faults", matches)) => faults::run(matches),
        Some(("etcd", matches)) => etcd::run(matches),
        Some(("store", matches)) => store::run(matches),
        Some(("audit", matches)) => audit::run(matches),
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
        .subcommand(api_server::command())
        .subcommand(with_own_flags(
            "controller-manager",
            "Run the controllers alone, with the flags of kube-controller-manager",
        ))
        .subcommand(component::scheduler_command())
        .subcommand(component::nodes_command())
        .subcommand(explain::command())
        .subcommand(trace::command())
        .subcommand(clock::command())
        .subcommand(faults::command())
        .subcommand(etcd::command())
        .subcommand(store::command())
        .subcommand(audit::command())
        .subcommand(Command::new("version").about("Print the version of this program and of Kubernetes"))
}

/// A component that reads its arguments itself, because they are the reference's.
fn with_own_flags(name: &'static str, about: &'static str) -> Command {
    let arguments = Arg::new("arguments")
        .value_name("FLAGS")
        .action(ArgAction::Append)
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .value_parser(value_parser!(String));
    Command::new(name).about(about).disable_help_flag(true).arg(arguments)
}

fn rest(matches: &ArgMatches) -> Vec<String> {
    matches.get_many::<String>("arguments").into_iter().flatten().cloned().collect()
}

/// `--kubeconfig` of commands that ask a running control plane.
pub(crate) fn kubeconfig_argument() -> Arg {
    Arg::new("kubeconfig")
        .long("kubeconfig")
        .value_name("FILE")
        .help("How to reach the control plane [default: $KUBECONFIG, ~/.pilothouse/kubeconfig, ~/.kube/config]")
}

/// `-v`, as often as one likes.
pub(crate) fn verbosity_argument() -> Arg {
    Arg::new("verbosity")
        .short('v')
        .action(ArgAction::Count)
        .help("Log decisions with their reasons (-vv), or everything (-vvvv)")
}

/// A value that clap has made sure is there or has a default.
pub(crate) fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}
