//! `pilothouse up`: the whole control plane in one process.

mod options;
mod time;
mod trace;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use apiserver::{audit::Auditor, http::Server};
use clap::ArgMatches;
use plane::{Components, Identity, Part};
use runtime::{Metrics, Running, trace::Trace};
use world::{World, real::SteppedClock};

use crate::{cli, failure::Failure, output, rules, server};
use options::{ClockMode, Options};

pub(crate) use options::command;

/// Tasks that hang after everything was stopped do not hold the process longer than this.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(1);

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let options = Options::read(matches);
    app::logs::start(options.verbosity);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let (world, stepped) = match options.clock {
        ClockMode::Real => (world::real::world(runtime.handle()), None),
        ClockMode::Virtual => {
            let (world, clock) = world::real::stepped(runtime.handle());
            (world, Some(clock))
        }
    };
    let worked = runtime.block_on(up(&world, stepped, &options));
    runtime.shutdown_timeout(LEAVE_TIME_MAX);
    Ok(worked?)
}

async fn up(world: &World, stepped: Option<Arc<SteppedClock>>, options: &Options) -> Result<()> {
    let began = world.clock.monotonic();
    let rules = rules::read(world, options.node_rules.as_deref())?;
    let metrics = Arc::new(Metrics::default());
    let trace = Trace::default();
    let extensions = vec![time::extension(stepped), trace::extension(&trace, world)];
    let server = server::start(world, &options.server, extensions, &metrics).await?;
    let identities = plane::identities_in_process(world, &server.service);
    let root_ca = Some(server.root_ca);
    let usage = rules.clone();
    let token_issuer = Some(plane::token_issuer(server.account_key));
    let mut manager =
        Components { root_ca, token_issuer, rules, trace }.assemble(world, &identities, metrics);
    server.service.add_group(plane::metrics_api(world, &mut manager, usage));
    let running = manager.start();
    plane::register_nodes(world, &*identities(Identity::Part(Part::Nodes)), options.nodes).await?;
    greet(options, &server.url, world.clock.monotonic().since(began));
    wait_and_stop(running, server.http, server.auditor).await
}

async fn wait_and_stop(
    running: Running,
    http: Server,
    auditor: Option<Arc<Auditor>>,
) -> Result<()> {
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    running.stop();
    server::stop(http, auditor).await;
    output::say("Stopped. Nothing that was acknowledged is lost.");
    Ok(())
}

fn greet(options: &Options, server: &str, took: Duration) {
    let (version, kubernetes) = (cli::VERSION, cli::KUBERNETES_VERSION);
    let store = options.server.store();
    let ready = match options.clock {
        ClockMode::Real => format!("Ready in {:.2} s.", took.as_secs_f64()),
        ClockMode::Virtual => {
            "Ready. Time stands still until `pilothouse clock advance 10m`.".to_owned()
        }
    };
    let (nodes, kubeconfig) = (options.nodes, options.server.kubeconfig.display());
    output::say(&format!(
        "Pilothouse v{version}, Kubernetes {kubernetes}

  API server   {server}
  data         {store}
  nodes        {nodes} simulated
  kubeconfig   {kubeconfig}

{ready} Try:

  export KUBECONFIG={kubeconfig}
  kubectl create deployment web --image=nginx --replicas=3
  kubectl rollout status deployment/web

Ctrl-C stops it; the next `pilothouse up` goes on where this one ended."
    ));
}
