//! A controller over a type of `k8s-openapi`: it warns, by an event, of Deployments whose images have no
//! fixed version. `latest-images KUBECONFIG`.

use std::{fmt, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use api::{
    resources::DEPLOYMENTS,
    views::{Kind, Object},
};
use client::{http::HttpTransport, kubeconfig};
use k8s_openapi::api::apps::v1::DeploymentSpec;
use meta::{
    object::{ObjectKey, ObjectMeta},
    resource::Resource,
    time::Time,
};
use runtime::{
    Action, Actor, Answers, Cache, Controller, Event, EventType, Informers, Manager, Metrics,
    Target, Observation, Plan, Step, Watches,
};
use serde::Deserialize;

/// A view may be made of any types that decode: the metadata is the library's, the rest is not.
#[derive(Debug, Deserialize)]
struct Deployment {
    metadata: ObjectMeta,
    spec: DeploymentSpec,
}
impl Object for Deployment {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}
impl Kind for Deployment {
    const RESOURCE: Resource = DEPLOYMENTS;
}

struct LatestImages;
/// What was told of a Deployment last: lost at a restart, which tells again.
type Told = Vec<String>;
#[derive(Debug)]
struct Floating;
impl fmt::Display for Floating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an image without a version may be another tomorrow")
    }
}

impl Controller for LatestImages {
    const NAME: &'static str = "latest-images";
    const QUEUE: &'static str = "latest_images";
    const EVENT_SOURCE: &'static str = "latest-images";
    type Key = ObjectKey;
    type Observed = Arc<Deployment>;
    type Memory = Told;
    type Why = Floating;
    type View = Arc<Cache<Deployment>>;

    fn view(informers: &mut Informers) -> Self::View {
        informers.cache()
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Deployment>(|_, change, enqueue| {
            if let Some(deployment) = &change.new {
                enqueue.add(deployment.metadata.key());
            }
        });
    }
    fn observe(view: &Self::View, key: &ObjectKey, _: &Answers) -> Observation<Arc<Deployment>> {
        view.get(key).map_or(Observation::Gone, Observation::Ready)
    }
    fn plan(told: &mut Told, deployment: &Arc<Deployment>, _: Time) -> Plan<Floating> {
        let mut plan = Plan::rest();
        let floating = floating(&deployment.spec);
        if floating.is_empty() || *told == floating {
            return plan;
        }
        let mut step = Step::new(Action::Announce, Floating);
        step.on_success = Some(Event {
            regarding: Target::of::<Deployment>(deployment),
            kind: EventType::Warning,
            reason: "FloatingImage",
            message: format!("images without a version: {}", floating.join(", ")),
        });
        *told = floating;
        plan.step(step);
        plan
    }
}

/// Images that name no version, or `latest`.
fn floating(spec: &DeploymentSpec) -> Vec<String> {
    let containers = spec.template.spec.iter().flat_map(|pod| &pod.containers);
    let images = containers.filter_map(|container| container.image.clone());
    let is_floating = |image: &String| {
        let name = image.rsplit('/').next().unwrap_or_default();
        !name.contains(':') || name.ends_with(":latest")
    };
    images.filter(is_floating).collect()
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("say where the kubeconfig is")?;
    let tokio = tokio::runtime::Runtime::new()?;
    let world = world::real::world(tokio.handle());
    let access = kubeconfig::load(&*world.disk, &PathBuf::from(path))?;
    let transport = Arc::new(HttpTransport::new(world.clone(), &access, "latest-images/1")?);
    let actor = Actor { transport, field_manager: "latest-images" };
    let mut manager = Manager::new(world, actor, Arc::new(Metrics::default()));
    manager.add::<LatestImages>();
    let _running = manager.start();
    tokio.block_on(std::future::pending())
}
