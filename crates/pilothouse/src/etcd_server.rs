//! `etcd`: the embedded store under etcd's name and protocol, one member alone, for test harnesses that start
//! it beside a `kube-apiserver`, and for `etcdctl`.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};
use app::{
    flags::{self, Flags},
    logs::{Format, Verbosity},
};
use store::{EtcdServer, Local};
use world::World;

use crate::{failure::Failure, output, process};

/// The program's name, as `argv[0]`.
pub(crate) const NAME: &str = "etcd";
/// Flags that change something; all others are accepted for the sake of command lines that are there already.
const ACTED_ON: [&str; 4] = ["data-dir", "help", "listen-client-urls", "version"];
const PORT: &str = "2379";

/// Runs with the arguments after the program's name.
pub(crate) fn run(arguments: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let table = flags::etcd();
    let flags =
        Flags::parse(&table, arguments).map_err(|error| Failure::Value(error.to_string()))?;
    if flags.is_on("help") {
        let help = flags::help(&table);
        output::say(&format!(
            "Serves a store over the protocol of etcd, as one member.\n\nUsage:\n  {NAME} [flags]\n{help}"
        ));
        return Ok(());
    }
    if flags.is_on("version") {
        output::say(&format!("etcd Version: {} (pilothouse)", EtcdServer::VERSION));
        return Ok(());
    }
    Ok(process::run(async |world| serve(&world, &flags).await)?)
}

async fn serve(world: &World, flags: &Flags) -> Result<()> {
    let verbosity = Verbosity::new(0, std::iter::empty());
    app::logs::start_component(Format::Text, verbosity, world.clock.clone());
    for flag in flags.given().filter(|flag| !ACTED_ON.contains(flag)) {
        tracing::warn!(flag = format!("--{flag}"), "this flag is accepted and changes nothing");
    }
    let mut listeners = Vec::new();
    for url in flags.list("listen-client-urls") {
        let address = address(url)?;
        let listener = world.network.listen(&address).await;
        listeners.push(listener.with_context(|| format!("cannot listen on {url}"))?);
    }
    let folder = flags.text("data-dir");
    let store = Local::embedded(world, Path::new(folder));
    let store = Arc::new(store.with_context(|| format!("cannot use the data in {folder}"))?);
    let servers: Vec<_> = listeners
        .into_iter()
        .map(|listener| EtcdServer::start(world, store.clone(), listener))
        .collect();
    for server in &servers {
        tracing::info!(address = server.address(), "serving");
    }
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    Ok(())
}

/// What a URL lets listen on.
fn address(url: &str) -> Result<String> {
    let Some(address) = url.trim_end_matches('/').strip_prefix("http://") else {
        bail!("--listen-client-urls: {url} is no http://host:port; encryption is not served");
    };
    let has_port = address.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
    Ok(if has_port { address.to_owned() } else { format!("{address}:{PORT}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_where_to_listen() {
        assert_eq!(address("http://127.0.0.1:7/").expect("fine"), "127.0.0.1:7");
        assert_eq!(address("http://localhost").expect("fine"), "localhost:2379");
        assert!(address("https://localhost:7").is_err());
    }
}
