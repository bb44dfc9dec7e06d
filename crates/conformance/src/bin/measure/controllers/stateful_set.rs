//! A StatefulSet whose pods all come at once.

use anyhow::Result;
use api::resources::STATEFUL_SETS;
use serde_json::json;
use world::World;

use super::{
    load::{NODES, create, selector, template},
    span::Span,
};
use crate::{
    figure::Bound,
    plane::{Plane, Wanted},
};

const REPLICAS: u32 = 500;

pub(super) async fn measure(world: &World) -> Result<()> {
    let plane = Plane::start(world, NODES).await?;
    let mut sets = plane.follow(&STATEFUL_SETS, "default", Wanted::Whole).await?;
    let set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
        "spec": {
            "replicas": REPLICAS, "podManagementPolicy": "Parallel", "serviceName": "db",
            "selector": selector("db"), "template": template("db"),
        },
    });
    let span = Span::begin(&plane).await?;
    plane.send(create(&STATEFUL_SETS, "default", &set)).await?;
    let end = sets
        .until("all replicas are available", |sets| {
            sets.values().any(|set| set["status"]["availableReplicas"] == REPLICAS)
        })
        .await?;
    span.tell("StatefulSet, Parallel, 500 replicas", end, &Bound::seconds(3.0, "")).await
}
