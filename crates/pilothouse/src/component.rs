//! `pilothouse scheduler` and `pilothouse nodes`: what acts beside the controllers, as processes of
//! their own.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command};
use client::{Transport, http::HttpTransport};
use meta::object::ObjectKey;
use nodes::{node::NodeAgent, pod::Kubelet};
use runtime::{Actor, LeaseSettings, Manager, Metrics, Running};
use scheduler::{Configuration, Scheduler, Settings, framework::Registry};
use world::World;

use crate::{
    cli::{self, KUBERNETES_VERSION},
    failure::Failure,
    node_failure, process, reach, rules,
};

const SCHEDULER: &str = "kube-scheduler";
const NODES: &str = "kubelet";

pub(crate) fn scheduler_command() -> Command {
    Command::new("scheduler")
        .about("Run the scheduler alone")
        .after_help("Several may be started: one works, the others stand by.")
        .args([cli::kubeconfig_argument(), cli::verbosity_argument()])
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .help("Profiles, plugins and their arguments: a KubeSchedulerConfiguration"),
        )
}

pub(crate) fn nodes_command() -> Command {
    Command::new("nodes")
        .about("Run simulated nodes alone; or let one of them fail, or recover")
        .subcommands(node_failure::commands())
        .args_conflicts_with_subcommands(true)
        .args([cli::kubeconfig_argument(), cli::verbosity_argument()])
        .args(rules::arguments())
}

pub(crate) fn run_scheduler(matches: &ArgMatches) -> Result<(), Failure> {
    app::logs::start(matches.get_count("verbosity"));
    let work = async |world: World| {
        let settings = scheduler_settings(&world, matches)?;
        let (_, mut manager) = manager(&world, matches, SCHEDULER)?;
        let election = settings.leader_election().clone();
        manager.informers.provide(settings);
        manager.add_machine::<Scheduler>();
        if !election.leader_elect {
            return until_stopped(manager.start()).await;
        }
        let key = ObjectKey::new(election.resource_namespace, election.resource_name);
        let lease = LeaseSettings {
            duration: election.lease_duration,
            renew_deadline: election.renew_deadline,
            retry_period: election.retry_period,
            ..LeaseSettings::new(key, world.dice.uuid())
        };
        until_stopped(manager.start_with_lease(lease)).await
    };
    Ok(process::run(work)?)
}

/// What the scheduler is made of: the default, or what a file says.
fn scheduler_settings(world: &World, matches: &ArgMatches) -> Result<Settings> {
    let Some(path) = matches.get_one::<String>("config") else {
        return Ok(Settings::default());
    };
    let said = || format!("cannot use the configuration {path}");
    let text = world.disk.read(Path::new(path)).with_context(said)?;
    let text = String::from_utf8(text).with_context(said)?;
    let configuration = Configuration::parse(&text).with_context(said)?;
    Settings::new(configuration, Registry::built_in()).with_context(said)
}

pub(crate) fn run_nodes(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("fail", matches)) => return node_failure::fail(matches),
        Some(("recover", matches)) => return node_failure::recover(matches),
        Some(_) | None => {}
    }
    app::logs::start(matches.get_count("verbosity"));
    let work = async |world: World| {
        let rules = rules::read(&world, rules::file(matches).as_deref())?;
        let (transport, mut manager) = manager(&world, matches, NODES)?;
        manager.informers.provide(rules);
        manager.add::<Kubelet>();
        manager.add::<NodeAgent>();
        let running = manager.start();
        plane::register_nodes(&world, &*transport, rules::nodes(matches)).await?;
        until_stopped(running).await
    };
    Ok(process::run(work)?)
}

fn manager(
    world: &World,
    matches: &ArgMatches,
    name: &'static str,
) -> Result<(Arc<dyn Transport>, Manager)> {
    let access = reach::access(world, matches)?;
    let metrics = Arc::new(Metrics::default());
    let agent = format!("{name}/{KUBERNETES_VERSION}");
    let transport = HttpTransport::new(world.clone(), &access, agent)?;
    let transport: Arc<dyn Transport> = Arc::new(transport.observed_by(metrics.clone()));
    let actor = Actor { transport: Arc::clone(&transport), field_manager: name };
    Ok((transport, Manager::new(world.clone(), actor, metrics)))
}

async fn until_stopped(running: Running) -> Result<()> {
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    if let Err(error) = running.stop_and_release().await {
        tracing::warn!(%error, "the lease is left to run out");
    }
    Ok(())
}
