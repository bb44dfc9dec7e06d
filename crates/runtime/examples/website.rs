//! A controller of one page: a Website, an own kind, gets a Deployment of its image and size. Several
//! may be started; one works. `cargo run -p runtime --example website KUBECONFIG [SECONDS]`.
//!
//! A Website is kept in a `ConfigMap` with the label `library.example/kind: website` here, so that the
//! example needs no definition of a custom resource: with one, only `RESOURCE` is another.

use std::{fmt, io::Write as _, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use api::{
    resources::{CONFIG_MAPS, DEPLOYMENTS},
    views::{Deployment, Kind, Object},
};
use client::{http::HttpTransport, kubeconfig};
use meta::{
    object::{ObjectKey, ObjectMeta},
    resource::Resource,
    time::Time,
};
use runtime::{
    Action, Actor, Answers, Cache, Controller, Event, EventType, Gauge, Guard, Index, Informers,
    LeaseSettings, Manager, Metric, Metrics, Observation, Pace, PatchKind, Plan, Step, Target,
    Watches, When, owners,
};
use serde::Deserialize;
use serde_json::json;

/// The own kind: any struct that decodes. Only what is read need be in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Website {
    metadata: ObjectMeta,
    data: Content,
}
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    image: String,
    replicas: String,
}
impl Object for Website {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}
impl Kind for Website {
    const RESOURCE: Resource = CONFIG_MAPS;
}
impl Website {
    fn is_one(&self) -> bool {
        self.metadata.labels.get("library.example/kind").is_some_and(|kind| **kind == *"website")
    }
    fn replicas(&self) -> i32 {
        self.data.replicas.parse().unwrap_or(1)
    }
}

/// Finds the Deployments of a Website without a walk over all.
static BY_OWNER: Index<Deployment> = Index {
    name: "owner",
    values: |it| it.metadata.controller().map(|owner| owner.uid.0.clone()).into_iter().collect(),
};
const WANTED: Gauge<1> = Gauge::new("website_replicas", "Replicas wanted.", &["namespace"]);

struct Websites;
struct View {
    websites: Arc<Cache<Website>>,
    deployments: Arc<Cache<Deployment>>,
}
/// Everything a decision depends on.
type Seen = (Arc<Website>, Vec<Arc<Deployment>>);
#[derive(Debug)]
enum Why {
    Missing,
    OtherSize { wanted: i32, found: i32 },
}
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the website has no deployment"),
            Self::OtherSize { wanted, found } => {
                write!(f, "{wanted} replicas are wanted, not {found}")
            }
        }
    }
}

impl Controller for Websites {
    const NAME: &'static str = "website-controller";
    const QUEUE: &'static str = "website";
    const EVENT_SOURCE: &'static str = "website-controller";
    const METRICS: &'static [Metric] = &[WANTED.metric()];
    type Key = ObjectKey;
    type Observed = Seen;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { websites: informers.cache(), deployments: informers.index(&BY_OWNER) }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Website>(|_, change, enqueue| {
            change.latest().into_iter().for_each(|site| enqueue.add(site.metadata.key()));
        });
        watches.on::<Deployment>(|_, change, enqueue| {
            let Some(deployment) = change.latest() else { return };
            if let Some(owner) = deployment.metadata.controller() {
                enqueue
                    .add(ObjectKey::new(deployment.metadata.namespace.clone(), owner.name.clone()));
            }
        });
    }
    fn observe(view: &View, key: &ObjectKey, _: &Answers) -> Observation<Seen> {
        let Some(site) = view.websites.get(key).filter(|site| site.is_one()) else {
            return Observation::Gone;
        };
        let deployments = view.deployments.by_index(&BY_OWNER, &site.metadata.uid.0);
        Observation::Ready((site, deployments))
    }
    fn plan((): &mut (), (site, deployments): &Seen, _: Time) -> Plan<Why> {
        let (mut plan, wanted) = (Plan::rest(), site.replicas());
        plan.measure(When::Always, WANTED.share(wanted.into(), [&site.metadata.namespace]));
        let Some(deployment) = deployments.first() else {
            plan.step(create(site));
            return plan;
        };
        let found = deployment.spec.replicas.unwrap_or(1);
        if found != wanted {
            let patch = json!({"spec": {"replicas": wanted}});
            let target = Target::of::<Deployment>(deployment);
            let (kind, subresource, guard) = (PatchKind::Merge, "", Guard::Version);
            let action = Action::Patch { target, kind, patch, subresource, guard };
            plan.step(Step::new(action, Why::OtherSize { wanted, found }));
        }
        plan
    }
}

fn create(site: &Website) -> Step<Why> {
    let ObjectMeta { name, namespace, .. } = site.metadata.clone();
    let labels = json!({"website": name});
    let object = json!({
        "metadata": {
            "name": name,
            "ownerReferences": [owners::controller_reference(&Website::RESOURCE, &site.metadata)],
        },
        "spec": {
            "replicas": site.replicas(), "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "site", "image": site.data.image}]},
            },
        },
    });
    let mut step =
        Step::new(Action::Create { resource: DEPLOYMENTS, namespace, object }, Why::Missing);
    step.on_success = Some(Event {
        regarding: Target::of(site),
        kind: EventType::Normal,
        reason: "Published",
        message: "Created deployment {name}".to_owned(),
    });
    step
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().context("say where the kubeconfig is")?);
    let seconds = arguments.next().map_or(Ok(u64::MAX), |seconds| seconds.parse())?;
    let tokio = tokio::runtime::Runtime::new()?;
    let world = world::real::world(tokio.handle());
    let access = kubeconfig::load(&*world.disk, &path)?;
    let metrics = Arc::new(Metrics::default());
    let transport = HttpTransport::new(world.clone(), &access, "website/1")?;
    let host = transport.host().to_owned();
    let transport = Arc::new(transport.observed_by(metrics.clone()));
    let actor = Actor { transport, field_manager: "website" };
    let mut manager = Manager::new(world.clone(), actor, Arc::clone(&metrics));
    manager.set_pace(Pace::Adaptive, &host);
    manager.add::<Websites>();
    let lease = LeaseSettings::new(ObjectKey::new("default", "website"), world.dice.uuid());
    let running = manager.start_with_lease(lease);
    tokio.block_on(world.clock.sleep(Duration::from_secs(seconds)));
    // With its work, a controller that stops takes back what it tells of it.
    for family in metrics.gather() {
        writeln!(std::io::stdout(), "{}", family.name())?;
    }
    tokio.block_on(running.stop_and_release())?;
    Ok(())
}
