//! `pilothouse up`: the whole control plane in one process.

mod kubeconfig;
mod options;
mod time;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use apiserver::{
    EngineOptions,
    http::Server,
    tls::{Pki, ServingNames},
};
use clap::ArgMatches;
use nodes::Rules;
use plane::{Components, Identities, ServerSettings};
use runtime::{Metrics, Running};
use store::{Local, Store};
use world::{World, real::SteppedClock};

use crate::{cli, failure::Failure, output};
use options::{ClockMode, Options, Storage};

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
    if !options.overwrite_kubeconfig {
        kubeconfig::check(&*world.disk, &options.kubeconfig)?;
    }
    let rules = rules(world, options)?;
    let listener = world.network.listen(&format!("127.0.0.1:{}", options.port)).await;
    let listener = listener.context("cannot start the API server; --port chooses another port")?;
    let address = listener.address();
    let store = open_store(world, options)?;
    let pki = open_pki(world, options)?;
    let settings = ServerSettings {
        engine: EngineOptions { secure_port: port_of(&address), ..EngineOptions::default() },
        address: address.clone(),
        extensions: vec![time::extension(stepped)],
    };
    let service = plane::serve(world.clone(), store, settings).await?;
    let http = Server::start(service.clone(), listener, pki.server_config(&world.clock)?);
    let server = format!("https://{address}");
    kubeconfig::write(&*world.disk, &options.kubeconfig, &server, &pki)?;

    let identities = Identities::in_process(world, &service);
    let root_ca = Some(pki.authority.certificate);
    let metrics = Arc::new(Metrics::default());
    let manager = Components { root_ca, rules }.assemble(world, &identities, metrics);
    let running = manager.start();
    plane::register_nodes(world, &*identities.nodes, options.nodes).await?;
    greet(options, &server, world.clock.monotonic().since(began));
    wait_and_stop(running, http).await
}

async fn wait_and_stop(running: Running, http: Server) -> Result<()> {
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    running.stop();
    http.shut_down().await;
    output::say("Stopped. Nothing that was acknowledged is lost.");
    Ok(())
}

fn open_store(world: &World, options: &Options) -> Result<Arc<dyn Store>> {
    match options.storage {
        Storage::Memory => Ok(Arc::new(Local::memory(world))),
        Storage::Disk => {
            let folder = options.data_dir.join("store");
            let store = Local::embedded(world, &folder);
            let failed = || format!("cannot use the data in {}", options.data_dir.display());
            Ok(Arc::new(store.with_context(failed)?))
        }
    }
}

fn open_pki(world: &World, options: &Options) -> Result<Pki> {
    let (names, now) = (ServingNames::new([]), world.clock.wall());
    match options.storage {
        Storage::Memory => Ok(Pki::in_memory(now, &names)?),
        Storage::Disk => Ok(Pki::open(&*world.disk, &options.data_dir.join("pki"), now, &names)?),
    }
}

fn rules(world: &World, options: &Options) -> Result<Rules> {
    let Some(path) = &options.node_rules else {
        return Ok(Rules::default());
    };
    let text = world.disk.read(path).context("cannot read --node-rules")?;
    let failed = || format!("cannot use {}", path.display());
    Rules::parse(&String::from_utf8_lossy(&text)).with_context(failed)
}

fn port_of(address: &str) -> u16 {
    address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
}

fn greet(options: &Options, server: &str, took: Duration) {
    let (version, kubernetes) = (cli::VERSION, cli::KUBERNETES_VERSION);
    let store = match options.storage {
        Storage::Memory => "memory, forgotten at the end".to_owned(),
        Storage::Disk => options.data_dir.display().to_string(),
    };
    let ready = match options.clock {
        ClockMode::Real => format!("Ready in {:.2} s.", took.as_secs_f64()),
        ClockMode::Virtual => {
            "Ready. Time stands still until `pilothouse clock advance 10m`.".to_owned()
        }
    };
    let (nodes, kubeconfig) = (options.nodes, options.kubeconfig.display());
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
