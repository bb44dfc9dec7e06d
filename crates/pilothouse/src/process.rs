//! A process that works until it is told to stop.

use std::time::Duration;

use anyhow::{Context as _, Result};
use world::World;

/// Tasks that hang after everything was stopped do not hold the process longer than this.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(1);

/// Runs in the real world, on all cores.
pub(crate) fn run(work: impl AsyncFnOnce(World) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let world = world::real::world(runtime.handle());
    let worked = runtime.block_on(work(world));
    runtime.shutdown_timeout(LEAVE_TIME_MAX);
    worked
}
