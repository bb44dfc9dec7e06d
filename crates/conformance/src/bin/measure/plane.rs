//! A control plane, or an API server alone, in a process of its own, started for one measurement.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Result, bail};
use client::{
    ACCEPT_METADATA, Method, Request, Transport, WatchOptions, http::HttpTransport, kubeconfig,
};
use meta::{object::ObjectKey, resource::Resource};
use serde_json::Value;
use tokio::sync::mpsc;
use world::{Monotonic, World};

use crate::{folder::Folder, follow::Followed, process::Process};

/// Between two looks at something that changes.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Nothing measured here takes longer.
const WAIT_MAX: Duration = Duration::from_mins(2);

pub(crate) struct Plane<'w> {
    pub(crate) world: &'w World,
    pub(crate) process: Process,
    /// When the process was started.
    pub(crate) started: Monotonic,
    transport: Arc<dyn Transport>,
    // Removed after the process has ended: fields are dropped in their order.
    folder: Folder,
}

/// What is wanted of the objects of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Whole,
    Metadata,
}

impl<'w> Plane<'w> {
    /// Everything in one process on an empty data folder; waits until `/readyz` is ok.
    pub(crate) async fn start(world: &'w World, nodes: u32) -> Result<Self> {
        Self::on(world, Folder::create(world)?, &["up", "--nodes", &nodes.to_string()]).await
    }
    /// `pilothouse ARGUMENTS` on the data of a folder; waits until `/readyz` is ok.
    pub(crate) async fn on(world: &'w World, folder: Folder, arguments: &[&str]) -> Result<Self> {
        let data = folder.path().join("data").display().to_string();
        let path = kubeconfig_in(&folder);
        // One that a plane on the same data wrote names its port.
        let _ = std::fs::remove_file(&path);
        let kubeconfig = path.display().to_string();
        let flags = ["--port", "0", "--data-dir", &data, "--kubeconfig", &kubeconfig];
        let started = world.clock.monotonic();
        let process = Process::start(&[arguments, &flags].concat())?;
        while !path.exists() {
            if world.clock.monotonic().since(started) > WAIT_MAX {
                bail!("pilothouse did not write its kubeconfig");
            }
            world.clock.sleep(LOOK_EVERY).await;
        }
        let access = kubeconfig::load(&*world.disk, &path)?;
        let transport = Arc::new(HttpTransport::new(world.clone(), &access, "measure/1")?);
        let plane = Self { world, process, started, transport, folder };
        plane.until("/readyz is ok", async || Ok(plane.read("/readyz").await.is_ok())).await?;
        Ok(plane)
    }
    /// Ends it in good order; its data stay.
    pub(crate) async fn end(mut self) -> Result<Folder> {
        self.process.terminate()?;
        while !self.process.has_ended()? {
            self.world.clock.sleep(LOOK_EVERY).await;
        }
        Ok(self.folder)
    }

    /// Where the administrator's kubeconfig is.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        kubeconfig_in(&self.folder)
    }
    pub(crate) fn now(&self) -> Monotonic {
        self.world.clock.monotonic()
    }
    pub(crate) async fn sleep(&self, duration: Duration) {
        self.world.clock.sleep(duration).await;
    }
    pub(crate) async fn read(&self, path: &str) -> Result<Vec<u8>> {
        Ok(self.transport.send(Request::read(path)).await?.body.to_vec())
    }
    pub(crate) async fn get(&self, resource: &Resource, name: &str) -> Result<Value> {
        let request = Request::get(resource, &ObjectKey::new("default", name));
        Ok(serde_json::from_slice(&self.transport.send(request).await?.body)?)
    }
    pub(crate) async fn send(&self, request: Request) -> Result<()> {
        self.transport.send(request).await?;
        Ok(())
    }
    /// Sends all at once.
    pub(crate) async fn send_all(&self, requests: impl IntoIterator<Item = Request>) -> Result<()> {
        let (sender, mut answers) = mpsc::channel(1);
        for request in requests {
            let (transport, sender) = (Arc::clone(&self.transport), sender.clone());
            let ask = async move {
                // The receiver is gone only after a failure.
                let _ = sender.send(transport.send(request).await).await;
            };
            drop(self.world.tasks.spawn("request", Box::pin(ask)));
        }
        drop(sender);
        while let Some(answer) = answers.recv().await {
            answer?;
        }
        Ok(())
    }
    /// Follows a collection; an empty namespace means all.
    pub(crate) async fn follow(
        &self,
        resource: &Resource,
        namespace: &str,
        wanted: Wanted,
    ) -> Result<Followed<'w>> {
        let options = WatchOptions { send_initial_events: true, ..WatchOptions::default() };
        let mut request = Request::watch(resource, namespace, &options);
        if wanted == Wanted::Metadata {
            request = request.accept(ACCEPT_METADATA);
        }
        Ok(Followed::new(self.world, self.transport.watch(request).await?))
    }
    /// Replaces nothing: a merge patch of `spec`.
    pub(crate) async fn merge(&self, resource: &Resource, name: &str, patch: &Value) -> Result<()> {
        self.send(merge(resource, "default", name, patch)).await
    }
    /// Looks until it is so; answers when.
    pub(crate) async fn until(
        &self,
        what: &str,
        mut is_so: impl AsyncFnMut() -> Result<bool>,
    ) -> Result<Monotonic> {
        let from = self.now();
        while !is_so().await? {
            if self.now().since(from) > WAIT_MAX {
                bail!("{what} did not come true in {} s", WAIT_MAX.as_secs());
            }
            self.sleep(LOOK_EVERY).await;
        }
        Ok(self.now())
    }
    /// How many requests were answered whose labels in the metrics contain all of these.
    pub(crate) async fn answered(&self, labels: &[&str]) -> Result<f64> {
        let metrics = String::from_utf8(self.read("/metrics").await?)?;
        let counted = metrics.lines().filter(|line| line.starts_with("apiserver_request_total{"));
        let wanted = counted.filter(|line| labels.iter().all(|label| line.contains(label)));
        Ok(wanted.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }
}

/// A strategic merge patch of an object.
pub(crate) fn merge(resource: &Resource, namespace: &str, name: &str, patch: &Value) -> Request {
    let mut request = Request::get(resource, &ObjectKey::new(namespace, name));
    request.method = Method::Patch;
    request.content_type = "application/strategic-merge-patch+json";
    request.body = patch.to_string().into();
    request
}

fn kubeconfig_in(folder: &Folder) -> PathBuf {
    folder.path().join("kubeconfig")
}
