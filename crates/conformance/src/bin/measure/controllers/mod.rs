//! The controllers at work: as many objects at once as hurt the reference, the manager as a process of its
//! own, and how soon another takes its place.

mod deletion;
mod deployments;
mod fail_over;
mod job;
mod load;
mod manager;
mod sharing;
mod span;
mod stateful_set;

use anyhow::{Result, bail};
use world::World;

const FIGURES: [&str; 7] =
    ["job", "stateful-set", "deployments", "deletion", "manager", "sharing", "fail-over"];

/// All figures, or the one that is named.
pub(crate) async fn measure(world: &World, wanted: Option<&str>) -> Result<()> {
    if let Some(name) = wanted.filter(|name| !FIGURES.contains(name)) {
        bail!("no figure {name:?}; there are {}", FIGURES.join(", "));
    }
    for name in FIGURES.into_iter().filter(|name| wanted.is_none_or(|wanted| wanted == *name)) {
        match name {
            "job" => job::measure(world).await?,
            "stateful-set" => stateful_set::measure(world).await?,
            "deployments" => deployments::measure(world).await?,
            "deletion" => deletion::measure(world).await?,
            "manager" => manager::measure(world).await?,
            "sharing" => sharing::measure(world).await?,
            _ => fail_over::measure(world).await?,
        }
    }
    Ok(())
}
