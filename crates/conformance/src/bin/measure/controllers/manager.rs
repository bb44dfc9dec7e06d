//! The manager as a process of its own, over HTTPS: what it holds, and what it does when nothing is to be
//! done.

use anyhow::Result;
use api::resources::{DEPLOYMENTS, PODS};
use client::{ListOptions, Request};
use serde_json::Value;
use world::World;

use super::load::{NODES, create, deployment, is_complete};
use crate::{
    figure::{Bound, tell},
    folder::Folder,
    idle::{SETTLE, percent_of_a_core},
    plane::{Plane, Wanted},
    process::Process,
};

pub(super) const PODS_COUNT: u32 = 10_000;
const DEPLOYMENTS_COUNT: u32 = 10;

pub(super) async fn measure(world: &World) -> Result<()> {
    let plane = Plane::on(world, Folder::create(world)?, &["apiserver"]).await?;
    let parts = Parts::start(&plane)?;
    plane.sleep(SETTLE).await;
    let idle = parts.manager.resident_kilobytes()?;
    let share = percent_of_a_core(world, &parts.manager).await?;
    let bound = Bound { most: 25.0, unit: "MB", reference: "137" };
    tell("the manager alone, at rest: resident", idle / 1024.0, &bound, "");
    let bound = Bound { most: 0.5, unit: "% of a core", reference: "" };
    tell("the manager alone, at rest: processor", share, &bound, "");

    fill(&plane).await?;
    plane.sleep(SETTLE).await;
    let full = parts.manager.resident_kilobytes()?;
    let bound = Bound { most: 4.0, unit: "KB", reference: "16.5" };
    let each = (full - idle) / f64::from(PODS_COUNT);
    let beside = format!("{:.1} MB resident", full / 1024.0);
    tell("the manager alone, with 10,000 pods: for each pod", each, &bound, &beside);
    let again = start_manager(&plane)?;
    plane.sleep(SETTLE).await;
    let each = (again.resident_kilobytes()? - idle) / f64::from(PODS_COUNT);
    tell("a standby that came when they were there: for each pod", each, &bound, "");
    Ok(())
}

/// What acts beside an API server, each a process of its own.
pub(super) struct Parts {
    pub(super) manager: Process,
    _scheduler: Process,
    _nodes: Process,
}

impl Parts {
    pub(super) fn start(plane: &Plane<'_>) -> Result<Self> {
        let kubeconfig = plane.kubeconfig().display().to_string();
        let reach = ["--kubeconfig", &kubeconfig];
        let nodes = NODES.to_string();
        Ok(Self {
            manager: start_manager(plane)?,
            _scheduler: Process::start(&[&["scheduler"], &reach[..]].concat())?,
            _nodes: Process::start(&[&["nodes", "--nodes", &nodes], &reach[..]].concat())?,
        })
    }
}

/// A manager as `kubeadm` starts it.
pub(super) fn start_manager(plane: &Plane<'_>) -> Result<Process> {
    let kubeconfig = format!("--kubeconfig={}", plane.kubeconfig().display());
    Process::start(&[
        "controller-manager",
        &kubeconfig,
        "--use-service-account-credentials",
        "--secure-port=0",
    ])
}

/// Runs ten thousand pods.
pub(super) async fn fill(plane: &Plane<'_>) -> Result<()> {
    let mut deployments = plane.follow(&DEPLOYMENTS, "default", Wanted::Whole).await?;
    let replicas = PODS_COUNT / DEPLOYMENTS_COUNT;
    for number in 0..DEPLOYMENTS_COUNT {
        let name = format!("web-{number}");
        let key = format!("default/{name}");
        plane.send(create(&DEPLOYMENTS, "default", &deployment(&name, replicas))).await?;
        let is_there = |found: &crate::follow::Objects| found.get(&key).is_some_and(is_complete);
        deployments.until("a thousand pods more run", is_there).await?;
    }
    Ok(())
}

/// Bytes of a pod's JSON.
pub(super) async fn pod_bytes(plane: &Plane<'_>) -> Result<usize> {
    let options = ListOptions { limit: 1, ..ListOptions::default() };
    let body = plane.read(&Request::list(&PODS, "default", &options).path).await?;
    let list: Value = serde_json::from_slice(&body)?;
    Ok(list["items"][0].to_string().len())
}
