//! What controllers, scheduler and nodes hold of a pod when they live with the API server: more than it
//! holds itself.

use anyhow::Result;
use world::World;

use super::{
    load::NODES,
    manager::{PODS_COUNT, fill, pod_bytes},
};
use crate::{
    figure::{Bound, tell},
    folder::Folder,
    idle::SETTLE,
    plane::Plane,
};

const SERVER: [&str; 1] = ["apiserver"];

pub(super) async fn measure(world: &World) -> Result<()> {
    let nodes = NODES.to_string();
    let all: [&str; 3] = ["up", "--nodes", &nodes];
    let (folder, all_empty) = resident(world, Folder::create(world)?, &all).await?;
    let (folder, server_empty) = resident(world, folder, &SERVER).await?;
    let plane = Plane::on(world, folder, &all).await?;
    fill(&plane).await?;
    let bytes = pod_bytes(&plane).await?;
    let (folder, all_full) = resident(world, plane.end().await?, &all).await?;
    let (_folder, server_full) = resident(world, folder, &SERVER).await?;
    let server = (server_full - server_empty) / f64::from(PODS_COUNT);
    let more = (all_full - all_empty) / f64::from(PODS_COUNT) - server;
    let bound = Bound { most: 2.0, unit: "KB", reference: "" };
    let beside = format!("the API server has {server:.1} KB of a pod of {bytes} bytes");
    tell(
        "in one process, with 10,000 pods: for each pod more than the store's copy",
        more,
        &bound,
        &beside,
    );
    Ok(())
}

/// Kilobytes resident at rest, started on these data.
async fn resident(world: &World, folder: Folder, arguments: &[&str]) -> Result<(Folder, f64)> {
    let plane = Plane::on(world, folder, arguments).await?;
    plane.sleep(SETTLE).await;
    let resident = plane.process.resident_kilobytes()?;
    Ok((plane.end().await?, resident))
}
