//! The way to a control plane that runs already.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use clap::ArgMatches;
use client::{
    ClientError, Method, Request, Response, Transport,
    http::HttpTransport,
    kubeconfig::{self, Access},
};
use world::World;

/// A transport by the kubeconfig that is meant, and the namespace it names.
pub(crate) fn transport(world: &World, matches: &ArgMatches) -> Result<(HttpTransport, String)> {
    let access = access(world, matches)?;
    let namespace = access.namespace.clone();
    let transport = HttpTransport::new(world.clone(), &access, "pilothouse/0.1.0")?;
    Ok((transport, if namespace.is_empty() { "default".to_owned() } else { namespace }))
}

/// Asks for a page of the control plane that is no object.
pub(crate) async fn ask(
    transport: &dyn Transport,
    method: Method,
    path: String,
) -> Result<Response, ClientError> {
    let (content_type, accept) = ("", "application/json");
    let request = Request { method, path, content_type, accept, body: Bytes::new(), epoch: None };
    transport.send(request).await
}

/// What the kubeconfig that is meant says.
pub(crate) fn access(world: &World, matches: &ArgMatches) -> Result<Access> {
    let path = path(matches);
    kubeconfig::load(&*world.disk, &path)
        .context("cannot use the kubeconfig; start `pilothouse up`, or name one by --kubeconfig")
}

fn path(matches: &ArgMatches) -> PathBuf {
    if let Some(given) = matches.get_one::<String>("kubeconfig") {
        return PathBuf::from(given);
    }
    if let Some(set) = app::environment::kubeconfig() {
        return set;
    }
    let ours = app::environment::home().join(".pilothouse/kubeconfig");
    if ours.exists() { ours } else { app::environment::home().join(".kube/config") }
}

/// Runs a command that asks a server, on one thread.
pub(crate) fn on_one_thread<T>(work: impl AsyncFnOnce(World) -> Result<T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let world = world::real::world(runtime.handle());
    runtime.block_on(work(world))
}
