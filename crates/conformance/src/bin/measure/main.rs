//! Figures of the release binary, as a user would take them: start, idle, deployment, controllers, audit.
//!
//! `measure start|idle|deployment|controllers [FIGURE]|audit`. Brackets show what the reference stack (etcd, API
//! server, controller manager, scheduler, KWOK) took on two cores.

mod audit;
mod controllers;
mod deployment;
mod figure;
mod folder;
mod follow;
mod idle;
mod plane;
mod process;
mod start;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let world = world::real::world(runtime.handle());
    runtime.block_on(async {
        match what.as_str() {
            "start" => start::measure(&world).await,
            "idle" => idle::measure(&world).await,
            "deployment" => deployment::measure(&world).await,
            "controllers" => controllers::measure(&world, arguments.next().as_deref()).await,
            "audit" => audit::measure(&world).await,
            other => bail!(
                "cannot measure {other:?}; there are start, idle, deployment, controllers and audit"
            ),
        }
    })
}

#[expect(clippy::print_stdout, reason = "figures are for the person who asked")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
