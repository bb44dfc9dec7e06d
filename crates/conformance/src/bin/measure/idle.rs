//! At rest: memory, and share of a core.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};
use world::World;

use crate::{plane::Plane, say};

const SETTLE: Duration = Duration::from_mins(1);
const WATCHED: Duration = Duration::from_secs(30);
/// The kernel's clock tick.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) async fn measure(world: &World) -> Result<()> {
    for (nodes, bounds) in
        [(100, "at most 80 MB and 0.5 %; reference 707 MB and 7 %"), (3, "at most 40 MB")]
    {
        let plane = Plane::start(world, nodes).await?;
        plane.sleep(SETTLE).await;
        let (before, from) = (ticks(plane.process())?, plane.now());
        plane.sleep(WATCHED).await;
        let took = plane.now().since(from).as_secs_f64();
        let share = (ticks(plane.process())? - before) / TICKS_PER_SECOND / took * 100.0;
        let memory = resident_megabytes(plane.process())?;
        say(&format!(
            "at rest with {nodes} nodes: {memory:.0} MB resident, {share:.2} % of a core ({bounds})"
        ));
    }
    Ok(())
}

/// User and system time of a process.
fn ticks(process: u32) -> Result<f64> {
    let stat =
        fs::read_to_string(format!("/proc/{process}/stat")).context("cannot read the process")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    Ok(field(11) + field(12))
}

fn resident_megabytes(process: u32) -> Result<f64> {
    let status =
        fs::read_to_string(format!("/proc/{process}/status")).context("cannot read the process")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0.0);
    Ok(kilobytes / 1024.0)
}
