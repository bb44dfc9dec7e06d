//! What goes because what it belongs to goes.

use anyhow::Result;
use api::resources::{CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS};
use client::{DeleteOptions, Propagation, Request};
use meta::object::ObjectKey;
use serde_json::{Value, json};
use world::World;

use super::{
    load::{NODES, create, deployment, is_complete},
    span::Span,
};
use crate::{
    figure::Bound,
    follow::Objects,
    plane::{Plane, Wanted},
};

const CASCADE_PODS: u32 = 1000;
const NAMESPACE: &str = "full";
const NAMESPACE_CONFIG_MAPS: u32 = 2000;
const NAMESPACE_PODS: u32 = 500;

pub(super) async fn measure(world: &World) -> Result<()> {
    cascade(&Plane::start(world, NODES).await?).await?;
    namespace(&Plane::start(world, NODES).await?).await
}

async fn cascade(plane: &Plane<'_>) -> Result<()> {
    run(plane, "default", CASCADE_PODS).await?;
    let mut pods = plane.follow(&PODS, "default", Wanted::Metadata).await?;
    pods.until("all pods are seen", |pods| pods.len() == as_size(CASCADE_PODS)).await?;
    let span = Span::begin(plane).await?;
    let propagation = Some(Propagation::Background);
    let options = DeleteOptions { propagation, ..DeleteOptions::default() };
    let key = ObjectKey::new("default", "web");
    plane.send(Request::delete(&DEPLOYMENTS, &key, &options)).await?;
    let end = pods.until("all pods are gone", Objects::is_empty).await?;
    let bound = Bound::seconds(1.5, "49, or 3.0 with raised client limits");
    span.tell("cascade deletion of 1,000 pods", end, &bound).await
}

async fn namespace(plane: &Plane<'_>) -> Result<()> {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    plane.send(create(&NAMESPACES, "", &object)).await?;
    plane.send_all((0..NAMESPACE_CONFIG_MAPS).map(config_map)).await?;
    run(plane, NAMESPACE, NAMESPACE_PODS).await?;
    let mut namespaces = plane.follow(&NAMESPACES, "", Wanted::Metadata).await?;
    let there = |found: &Objects| found.contains_key(&format!("/{NAMESPACE}"));
    namespaces.until("the namespace is seen", there).await?;
    let span = Span::begin(plane).await?;
    let key = ObjectKey::new("", NAMESPACE);
    plane.send(Request::delete(&NAMESPACES, &key, &DeleteOptions::default())).await?;
    let end = namespaces.until("the namespace is gone", |found| !there(found)).await?;
    let bound = Bound::seconds(2.0, "11.5, or 11 with raised client limits");
    span.tell("deletion of a namespace with 2,000 ConfigMaps and 500 pods", end, &bound).await
}

/// A Deployment of so many replicas, available.
async fn run(plane: &Plane<'_>, namespace: &str, replicas: u32) -> Result<()> {
    let mut deployments = plane.follow(&DEPLOYMENTS, namespace, Wanted::Whole).await?;
    plane.send(create(&DEPLOYMENTS, namespace, &deployment("web", replicas))).await?;
    deployments.until("all are available", |found| found.values().any(is_complete)).await?;
    Ok(())
}

fn config_map(number: u32) -> Request {
    let object: Value = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("settings-{number}")},
        "data": {"mode": "production", "number": number.to_string()},
    });
    create(&CONFIG_MAPS, NAMESPACE, &object)
}

fn as_size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
