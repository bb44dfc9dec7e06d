//! A control plane in a process of its own, started for one measurement.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use client::{Method, Request, Transport as _, http::HttpTransport, kubeconfig};
use meta::{object::ObjectKey, resource::Resource};
use serde_json::Value;
use world::{Monotonic, World};

/// Between two looks at something that changes.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Nothing measured here takes longer.
const WAIT_MAX: Duration = Duration::from_mins(2);

pub(crate) struct Plane<'w> {
    world: &'w World,
    child: Child,
    folder: PathBuf,
    /// When the process was started.
    pub(crate) started: Monotonic,
    transport: HttpTransport,
}

impl<'w> Plane<'w> {
    /// Starts on an empty data folder and waits until `/readyz` is ok.
    pub(crate) async fn start(world: &'w World, nodes: u32) -> Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("pilothouse-measure-{}", world.dice.suffix(8)));
        std::fs::create_dir_all(&folder).context("cannot make a folder for the data")?;
        let kubeconfig = folder.join("kubeconfig");
        let started = world.clock.monotonic();
        let child = Command::new(binary()?)
            .args(["up", "--port", "0", "--nodes", &nodes.to_string()])
            .arg("--data-dir")
            .arg(folder.join("data"))
            .arg("--kubeconfig")
            .arg(&kubeconfig)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start pilothouse; build it with cargo build --release")?;
        while !kubeconfig.exists() {
            if world.clock.monotonic().since(started) > WAIT_MAX {
                bail!("pilothouse did not write its kubeconfig");
            }
            world.clock.sleep(LOOK_EVERY).await;
        }
        let access = kubeconfig::load(&*world.disk, &kubeconfig)?;
        let transport = HttpTransport::new(world.clone(), &access, "measure/1")?;
        let plane = Self { world, child, folder, started, transport };
        plane.until("/readyz is ok", async || Ok(plane.read("/readyz").await.is_ok())).await?;
        Ok(plane)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
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
    /// Replaces nothing: a merge patch of `spec`.
    pub(crate) async fn merge(&self, resource: &Resource, name: &str, patch: &Value) -> Result<()> {
        let mut request = Request::get(resource, &ObjectKey::new("default", name));
        request.method = Method::Patch;
        request.content_type = "application/strategic-merge-patch+json";
        request.body = patch.to_string().into();
        self.send(request).await
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
}

impl Drop for Plane<'_> {
    fn drop(&mut self) {
        // Only this process, and only data made for this measurement.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The release binary beside this one.
fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(own.with_file_name("pilothouse"))
}
