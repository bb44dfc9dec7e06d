//! `kube-controller-manager`: the controllers as a process of their own, with the reference's flags,
//! lease, port and metrics, against any API server.

mod autoscaler;
mod configz;
mod described;
mod identity;
mod node_flags;
mod options;
mod pages;
mod settings;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use apiserver::jwt::SigningKey;
use app::{
    flags::{self, Flags},
    serve::Port,
};
use client::{
    Transport,
    http::HttpTransport,
    kubeconfig::{self, Access},
};
use controllers::{
    rootcacertpublisher::RootCaCertPublisher, serviceaccounttoken::ServiceAccountTokenController,
    shared::root_ca::RootCa,
};
use runtime::{Actor, Controller as _, Manager, Metrics, Running};
use world::World;

use crate::{
    cli::{self, KUBERNETES_VERSION},
    delegation,
    failure::Failure,
    output,
};
use options::Options;

/// The program's name, as `argv[0]` and in everything it tells of itself.
pub(crate) const NAME: &str = "kube-controller-manager";

/// Runs with the arguments after the program's name.
pub(crate) fn run(arguments: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let table = flags::kube_controller_manager();
    let flags =
        Flags::parse(&table, arguments).map_err(|error| Failure::Value(error.to_string()))?;
    if flags.is_on("help") {
        output::say(&format!(
            "Runs the controllers of a cluster against its API server.\n\nUsage:\n  {NAME} [flags]\n{}",
            flags::help(&table)
        ));
        return Ok(());
    }
    if flags.text("version") != "false" {
        output::say(&format!("Kubernetes {KUBERNETES_VERSION}"));
        return Ok(());
    }
    let options = Options::read(&flags).map_err(Failure::Value)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let world = world::real::world(runtime.handle());
    app::logs::start_component(options.log_format, options.verbosity.clone(), world.clock.clone());
    let managed = runtime.block_on(manage(&world, &options, &flags));
    runtime.shutdown_timeout(options.shutdown_timeout);
    Ok(managed?)
}

async fn manage(world: &World, options: &Options, flags: &Flags) -> Result<()> {
    tell(options, flags);
    let metrics = Arc::new(Metrics::default());
    let access = access(world, options)?;
    let transport = HttpTransport::new(world.clone(), &access, user_agent())?;
    let host = transport.host().to_owned();
    let transport = Arc::new(transport.observed_by(metrics.clone()));
    let own: Arc<dyn Transport> = transport.clone();
    let actor = Actor { transport: own, field_manager: NAME };
    let mut manager = Manager::new(world.clone(), actor, Arc::clone(&metrics));
    manager.set_pace(options.pace, &host);
    for (controller, keys) in &options.keys {
        manager.limit_keys(controller, *keys);
    }
    options.settings.provide(&mut manager);
    if options.own_accounts {
        manager.give_accounts(identity::accounts(world, &access, &transport, &metrics)?);
    }
    let lacking = provide_keys(world, options, &mut manager)?;
    options.nodes.provide(&mut manager.informers);
    let controllers = controllers::add_wanted(&mut manager, |name| {
        options.wants(name) && !lacking.contains(&name)
    });
    tracing::info!(controllers = controllers.join(","), "starting");
    let listener = match &options.address {
        Some(address) => Some(world.network.listen(address).await?),
        None => None,
    };
    let lease = options.lease(world);
    let running = match lease.clone() {
        Some(lease) => manager.start_with_lease(lease),
        None => manager.start(),
    };
    let serving = match listener {
        Some(listener) => {
            let tls = delegation::server_config(world, options.port.serving.clone())?;
            let site = pages::site(
                world,
                options,
                flags,
                identity::port_access(world, options)?,
                pages::Watched { running: running.clone(), metrics, controllers, lease },
            );
            tracing::info!(address = listener.address(), "serving");
            Some(Port::start(world, listener, tls, site))
        }
        None => None,
    };
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    drop(serving);
    stop(options, &running).await;
    Ok(())
}

async fn stop(options: &Options, running: &Running) {
    if !options.release_on_exit {
        return running.stop();
    }
    if let Err(error) = running.stop_and_release().await {
        tracing::warn!(%error, "the lease is left to run out");
    }
}

/// What was asked for and is not as somebody might expect.
fn tell(options: &Options, flags: &Flags) {
    tracing::info!(version = KUBERNETES_VERSION, program = NAME, "Pilothouse");
    for flag in options::inert(flags) {
        tracing::warn!(flag = format!("--{flag}"), "this flag is accepted and changes nothing");
    }
    for name in options.selection.asked_for().filter(|name| !is_built_in(name)) {
        tracing::warn!(controller = name, "this controller is not built in yet");
    }
    let port = &options.port;
    if options.address.is_some() && port.authentication.is_none() && port.client_authority.is_none()
    {
        tracing::info!(
            "neither --authentication-kubeconfig nor --client-ca-file: only the paths of \
             --authorization-always-allow-paths are served"
        );
    }
}

fn is_built_in(name: &str) -> bool {
    macro_rules! names {
        ($($controller:ty => $account:literal),* $(,)?) => { [$(<$controller as runtime::Controller>::NAME),*] };
    }
    controllers::for_each_controller!(names).contains(&name)
}

fn access(world: &World, options: &Options) -> Result<Access> {
    let mut access = if let Some(path) = &options.kubeconfig {
        kubeconfig::load(&*world.disk, path)
            .with_context(|| format!("cannot use {}", path.display()))?
    } else {
        let address = app::environment::api_server_of_pod();
        let address = address.context("say with --kubeconfig where the API server is")?;
        let failed = "cannot use the service account of this pod";
        kubeconfig::in_cluster(&*world.disk, &address).context(failed)?
    };
    if let Some(master) = &options.master {
        access.server.clone_from(master);
    }
    Ok(access)
}

/// The root CA and the key of accounts, from their files. Answers with the controllers that have nothing
/// to work with.
fn provide_keys(
    world: &World,
    options: &Options,
    manager: &mut Manager,
) -> Result<Vec<&'static str>> {
    let mut lacking = Vec::new();
    match &options.root_ca_file {
        None => lacking.push(RootCaCertPublisher::NAME),
        Some(path) => {
            let bytes = world.disk.read(path).context("cannot read --root-ca-file")?;
            let text = String::from_utf8(bytes).context("--root-ca-file holds no PEM")?;
            manager.informers.provide(RootCa(text));
        }
    }
    match &options.account_key_file {
        None => lacking.push(ServiceAccountTokenController::NAME),
        Some(path) => {
            let flag = "--service-account-private-key-file";
            let pem = world.disk.read(path).with_context(|| format!("cannot read {flag}"))?;
            let key = SigningKey::from_pem(&pem).with_context(|| format!("cannot use {flag}"))?;
            manager.informers.provide(plane::token_issuer(key));
        }
    }
    Ok(lacking)
}

fn user_agent() -> String {
    format!("{NAME}/{KUBERNETES_VERSION} ({}) pilothouse", cli::platform())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_off_by_default_is_so_in_the_reference() {
        let known = app::selection::known_controllers();
        for controller in known.iter().filter(|known| is_built_in(known.name)) {
            let is_off = controllers::OFF_BY_DEFAULT.contains(&controller.name);
            assert_eq!(is_off, !controller.on_by_default, "{}", controller.name);
        }
    }
}
