//! A scheduler with `RackSpread` built in: `rack-scheduler --config FILE [--kubeconfig FILE] [-v…]`.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result, bail};
use client::{http::HttpTransport, kubeconfig};
use meta::object::ObjectKey;
use runtime::{Actor, LeaseSettings, Manager, Metrics};
use scheduler::{Configuration, Scheduler, Settings};
use world::World;

/// What the command line says.
#[derive(Default)]
struct Options {
    config: PathBuf,
    kubeconfig: Option<PathBuf>,
    verbosity: u8,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let options = options(std::env::args().skip(1));
    app::logs::start(options.as_ref().map_or(0, |options| options.verbosity));
    let options = options?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let world = world::real::world(runtime.handle());
    runtime.block_on(schedule(world, options))
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = || {
            let value = value.clone().or_else(|| arguments.next());
            value.with_context(|| format!("{name} wants a value")).map(PathBuf::from)
        };
        match name.as_str() {
            "--config" => options.config = value()?,
            "--kubeconfig" => options.kubeconfig = Some(value()?),
            "-v" => options.verbosity += 1,
            "-vv" => options.verbosity += 2,
            other => bail!("{other}: there are --config FILE, --kubeconfig FILE and -v"),
        }
    }
    if options.config.as_os_str().is_empty() {
        bail!("--config FILE is missing: a KubeSchedulerConfiguration");
    }
    Ok(options)
}

async fn schedule(world: World, options: Options) -> Result<()> {
    let settings = settings(&world, &options)?;
    let election = settings.leader_election().clone();
    let mut manager = manager(&world, &options)?;
    manager.informers.provide(settings);
    manager.add_machine::<Scheduler>();
    let running = if election.leader_elect {
        let key = ObjectKey::new(election.resource_namespace, election.resource_name);
        manager.start_with_lease(LeaseSettings {
            duration: election.lease_duration,
            renew_deadline: election.renew_deadline,
            retry_period: election.retry_period,
            ..LeaseSettings::new(key, world.dice.uuid())
        })
    } else {
        manager.start()
    };
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    if let Err(error) = running.stop_and_release().await {
        tracing::warn!(%error, "the lease is left to run out");
    }
    Ok(())
}

fn settings(world: &World, options: &Options) -> Result<Settings> {
    let said = || format!("cannot use the configuration {}", options.config.display());
    let text = String::from_utf8(world.disk.read(&options.config).with_context(said)?);
    let configuration = Configuration::parse(&text.with_context(said)?).with_context(said)?;
    Settings::new(configuration, rack_scheduler::registry()).with_context(said)
}

fn manager(world: &World, options: &Options) -> Result<Manager> {
    let path = options.kubeconfig.clone().or_else(app::environment::kubeconfig);
    let path = path.context("name a kubeconfig by --kubeconfig or $KUBECONFIG")?;
    let access = kubeconfig::load(&*world.disk, &path)
        .with_context(|| format!("cannot use the kubeconfig {}", path.display()))?;
    let metrics = Arc::new(Metrics::default());
    let transport = HttpTransport::new(world.clone(), &access, "rack-scheduler/0.1.0")?;
    let transport = Arc::new(transport.observed_by(metrics.clone()));
    let actor = Actor { transport, field_manager: "rack-scheduler" };
    Ok(Manager::new(world.clone(), actor, metrics))
}
