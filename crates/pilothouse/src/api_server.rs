//! `pilothouse apiserver`: the API server over its store, and nothing that acts.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{ArgMatches, Command};
use runtime::Metrics;
use world::World;

use crate::{
    cli,
    failure::Failure,
    output, process,
    server::{self, Settings},
};

pub(crate) fn command() -> Command {
    Command::new("apiserver")
        .about("Run the API server alone, over its own store")
        .after_help(
            "Nothing acts until a component is started beside it, each of which finds it by the kubeconfig:\n  \
             pilothouse controller-manager --kubeconfig=FILE\n  \
             pilothouse scheduler --kubeconfig FILE\n  \
             pilothouse nodes --kubeconfig FILE",
        )
        .args(server::arguments())
        .arg(cli::verbosity_argument())
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    app::logs::start(matches.get_count("verbosity"));
    let settings = Settings::read(matches);
    Ok(process::run(async |world| serve(&world, &settings).await)?)
}

/// Serves until it is told to stop.
pub(crate) async fn serve(world: &World, settings: &Settings) -> Result<()> {
    let server = server::start(world, settings, Vec::new(), &Arc::new(Metrics::default())).await?;
    let (url, kubeconfig) = (&server.url, settings.kubeconfig.display());
    let store = settings.store();
    output::say(&format!(
        "API server   {url}\ndata         {store}\nkubeconfig   {kubeconfig}\n\nReady."
    ));
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    server::stop(server.http, server.auditor).await;
    Ok(())
}
