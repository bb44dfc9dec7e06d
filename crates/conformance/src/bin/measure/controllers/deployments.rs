//! Two hundred Deployments of five replicas, made at once and rolled out at once.

use anyhow::Result;
use api::resources::DEPLOYMENTS;
use serde_json::json;
use world::World;

use super::{
    load::{NODES, create, deployment, is_complete},
    span::Span,
};
use crate::{
    figure::Bound,
    plane::{Plane, Wanted, merge},
};

const DEPLOYMENTS_COUNT: usize = 200;
const REPLICAS: u32 = 5;

pub(super) async fn measure(world: &World) -> Result<()> {
    let plane = Plane::start(world, NODES).await?;
    let mut followed = plane.follow(&DEPLOYMENTS, "default", Wanted::Whole).await?;
    let names: Vec<String> = (0..DEPLOYMENTS_COUNT).map(|number| format!("web-{number}")).collect();
    let span = Span::begin(&plane).await?;
    let all = names.iter().map(|name| create(&DEPLOYMENTS, "default", &deployment(name, REPLICAS)));
    plane.send_all(all).await?;
    let end = followed.until("all are available", |found| {
        found.len() == DEPLOYMENTS_COUNT && found.values().all(is_complete)
    });
    let end = end.await?;
    let bound = Bound::seconds(3.0, "78, or 8.3 with raised client limits");
    span.tell("200 Deployments of 5, made at once", end, &bound).await?;

    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "registry.example/web:2"}]}}}});
    let span = Span::begin(&plane).await?;
    plane.send_all(names.iter().map(|name| merge(&DEPLOYMENTS, "default", name, &image))).await?;
    let end = followed.until("all are rolled out", |found| {
        found.values().all(|one| is_complete(one) && one["metadata"]["generation"] == 2)
    });
    let end = end.await?;
    let bound = Bound::seconds(6.0, "252, or 21 with raised client limits");
    span.tell("all 200 rolled out at once", end, &bound).await
}
