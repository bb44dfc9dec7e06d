//! Faults by a file, on a server that runs.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use apiserver::{
    Extension, Request, Response,
    faults::{Faults, Plan},
};
use http::StatusCode;
use runtime::Metrics;
use world::World;

use super::settings::FaultsFile;
use crate::output;

/// Seeds that chance chooses are easy to type.
const SEEDS: u64 = 1_000_000;

/// Reads the rules that are meant, if any are.
pub(super) fn read(
    world: &World,
    file: Option<&FaultsFile>,
    metrics: &Arc<Metrics>,
) -> Result<Option<Faults>> {
    let Some(FaultsFile { path, seed }) = file else { return Ok(None) };
    let text = world.disk.read(path).context("cannot read --faults")?;
    let plan = Plan::parse(&String::from_utf8_lossy(&text))
        .with_context(|| format!("cannot use {}", path.display()))?;
    let seed = seed.unwrap_or_else(|| world.dice.below(SEEDS));
    let faults = Faults::new(plan, seed, world);
    faults.register_metrics(metrics.registry()).context("cannot count faults")?;
    output::say(&format!("Faults by {}; --seed {seed} repeats them.\n", path.display()));
    Ok(Some(faults))
}

/// What was injected, as a path of the API server; without faults, the news that there are none.
pub(super) fn extension(faults: Option<&Faults>) -> Extension {
    if let Some(faults) = faults {
        return faults.page();
    }
    Extension {
        path: "/pilothouse/faults",
        answer: Arc::new(|_: Request| {
            let text = "nothing is injected here; start with `pilothouse up --faults FILE`\n";
            Box::pin(async move { Response::text(StatusCode::CONFLICT, text) })
        }),
    }
}
