//! At rest: memory, and share of a core.

use std::time::Duration;

use anyhow::Result;
use world::World;

use crate::{plane::Plane, process::Process, say};

pub(crate) const SETTLE: Duration = Duration::from_mins(1);
const WATCHED: Duration = Duration::from_secs(30);

pub(crate) async fn measure(world: &World) -> Result<()> {
    for (nodes, bounds) in
        [(100, "at most 80 MB and 0.5 %; reference 707 MB and 7 %"), (3, "at most 40 MB")]
    {
        let plane = Plane::start(world, nodes).await?;
        plane.sleep(SETTLE).await;
        let share = percent_of_a_core(world, &plane.process).await?;
        let memory = plane.process.resident_kilobytes()? / 1024.0;
        say(&format!(
            "at rest with {nodes} nodes: {memory:.0} MB resident, {share:.2} % of a core ({bounds})"
        ));
    }
    Ok(())
}

/// The share of a core that a program takes over half a minute.
pub(crate) async fn percent_of_a_core(world: &World, process: &Process) -> Result<f64> {
    let (before, from) = (process.processor_seconds()?, world.clock.monotonic());
    world.clock.sleep(WATCHED).await;
    let took = world.clock.monotonic().since(from).as_secs_f64();
    Ok((process.processor_seconds()? - before) / took * 100.0)
}
