//! A thousand replicas over a hundred nodes: rolled out, changed, and gone.

use anyhow::Result;
use api::resources::{DEPLOYMENTS, PODS};
use client::{ListOptions, Request, WriteOptions};
use serde_json::{Value, json};
use world::World;

use crate::{plane::Plane, say};

const REPLICAS: u32 = 1000;
const NODES: u32 = 100;

pub(crate) async fn measure(world: &World) -> Result<()> {
    let plane = Plane::start(world, NODES).await?;
    let options = WriteOptions::default();
    plane.send(Request::create(&DEPLOYMENTS, "default", &web(REPLICAS), &options)).await?;
    let from = plane.now();
    let all = plane.until("all replicas are available", async || is_complete(&plane).await).await?;
    say(&format!(
        "{REPLICAS} replicas, created → all Available: {:.2} s (at most 3; reference 50, or 7.5 with raised client limits)",
        all.since(from).as_secs_f64()
    ));

    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "registry.example/web:2"}]}}}});
    plane.merge(&DEPLOYMENTS, "web", &image).await?;
    let from = plane.now();
    let all = plane.until("all replicas are replaced", async || is_complete(&plane).await).await?;
    say(&format!(
        "roll-out to a new image: {:.2} s (at most 5; reference 102, or 10.6)",
        all.since(from).as_secs_f64()
    ));

    plane.merge(&DEPLOYMENTS, "web", &json!({"spec": {"replicas": 0}})).await?;
    let from = plane.now();
    let gone = plane.until("all pods are gone", async || Ok(pods(&plane).await? == 0)).await?;
    say(&format!(
        "scale to 0, pods gone: {:.2} s (at most 1; reference 50, or 2.1)",
        gone.since(from).as_secs_f64()
    ));
    Ok(())
}

/// A Deployment as its user would write it.
pub(crate) fn web(replicas: u32) -> Value {
    let container = json!({"name": "web", "image": "registry.example/web:1"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
            },
        },
    })
}

async fn is_complete(plane: &Plane<'_>) -> Result<bool> {
    let deployment = plane.get(&DEPLOYMENTS, "web").await?;
    let (status, metadata) = (&deployment["status"], &deployment["metadata"]);
    let counts = ["replicas", "updatedReplicas", "availableReplicas"];
    Ok(status["observedGeneration"] == metadata["generation"]
        && counts.into_iter().all(|count| status[count] == REPLICAS))
}

async fn pods(plane: &Plane<'_>) -> Result<usize> {
    let options = ListOptions { limit: 1, ..ListOptions::default() };
    let list = Request::list(&PODS, "default", &options);
    let list: Value = serde_json::from_slice(&plane.read(&list.path).await?)?;
    Ok(list["items"].as_array().map_or(0, Vec::len))
}
