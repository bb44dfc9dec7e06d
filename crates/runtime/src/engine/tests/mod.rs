//! The engine's promises, on a controller that keeps as many pods as each ReplicaSet asks for.

mod acting;
mod asking;
mod following;
mod leading;
mod machine;
mod measuring;
mod rewriting;

use std::{fmt, sync::Arc, time::Duration};

use api::{
    resources::{PODS, REPLICA_SETS},
    views::{Object, Pod, ReplicaSet},
};
use expect_test::Expect;
use meta::{
    object::{ObjectKey, ObjectMeta},
    resource::Resource,
    text::Text,
    time::Time,
};
use serde_json::json;

use crate::{
    Action, Actor, Answers, CODE, Cache, Change, Controller, Counter, Enqueue, Event, EventType,
    Gauge, Guard, Index, Informers, Manager, Metric, Metrics, Observation, Plan, Running, Stage,
    Step, Target, Watches, When, owners,
    testing::{Server, TestWorld},
};

const PODS_PATH: &str = "/api/v1/pods";
const SECOND: Duration = Duration::from_secs(1);

/// Creates missing pods in slow start, deletes surplus ones, writes `status.replicas`.
struct Replicas;

#[derive(Debug)]
struct Why(&'static str);
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

const CREATED: Counter<0> = Counter::new("created_total", "Pods created.", &[]);
const LOOKS: Counter<1> = Counter::new("looks_total", "Looks, by what became of them.", &["code"]);
const WANTED: Gauge<0> = Gauge::new("wanted", "Pods that all sets want.", &[]);

static BY_OWNER: Index<Pod> = Index {
    name: "owner",
    values: |pod| pod.metadata.controller().map(|owner| owner.uid.0.clone()).into_iter().collect(),
};

struct View {
    sets: Arc<Cache<ReplicaSet>>,
    pods: Arc<Cache<Pod>>,
}

impl Controller for Replicas {
    const NAME: &'static str = "replicas";
    const QUEUE: &'static str = "replicas";
    const EVENT_SOURCE: &'static str = "replicas-controller";
    const METRICS: &'static [Metric] = &[CREATED.metric(), LOOKS.metric(), WANTED.metric()];
    type Key = ObjectKey;
    type Observed = (Arc<ReplicaSet>, Vec<Arc<Pod>>);
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { sets: informers.cache(), pods: informers.index(&BY_OWNER) }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<ReplicaSet>(|_, change, enqueue| {
            let name = change.latest().map(|set| set.metadata.name.as_str());
            assert!(name != Some("odder"), "an odder object");
            enqueue_key(change.latest().map(|set| &set.metadata), enqueue);
        });
        watches.on::<Pod>(|_, change: &Change<Pod>, enqueue| {
            let owner = change.latest().and_then(|pod| pod.metadata.controller().cloned());
            if let Some(owner) = owner {
                enqueue.add(ObjectKey::new("shop", owner.name));
            }
        });
    }
    fn observe(view: &View, key: &ObjectKey, _: &Answers) -> Observation<Self::Observed> {
        let Some(set) = view.sets.get(key) else { return Observation::Gone };
        let pods = view.pods.by_index(&BY_OWNER, &set.metadata.uid.0);
        Observation::Ready((set, pods))
    }
    fn plan((): &mut (), (set, pods): &Self::Observed, _: Time) -> Plan<Why> {
        assert!(set.metadata.name != *"odd", "an odd object");
        let mut plan = Plan::rest();
        plan.measure(When::Success, LOOKS.add(1, [CODE]));
        plan.measure(When::Failure, LOOKS.add(1, [CODE]));
        plan.measure(When::Always, WANTED.share(set.spec.replicas.unwrap_or(0).into(), []));
        let wanted = usize::try_from(set.spec.replicas.unwrap_or(0)).unwrap_or(0);
        let missing = (pods.len()..wanted).map(|_| create(set)).collect();
        let surplus = pods.iter().skip(wanted).map(|pod| delete(pod)).collect();
        if pods.len() < wanted {
            plan.stages.push(Stage::SlowStart(missing));
        } else if pods.len() > wanted {
            plan.stages.push(Stage::Together(surplus));
        } else if set.status.replicas != i32::try_from(wanted).unwrap_or(0) {
            plan.step(Step::new(status(set, wanted), Why("the count has changed")));
        }
        plan
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == REPLICA_SETS).then(|| key.clone())
    }
}

fn enqueue_key(metadata: Option<&ObjectMeta>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(metadata) = metadata {
        enqueue.add(metadata.key());
    }
}
fn create(set: &ReplicaSet) -> Step<Why> {
    let owner = owners::controller_reference(&REPLICA_SETS, set.metadata());
    let object = json!({"metadata": {
        "generateName": format!("{}-", set.metadata.name), "ownerReferences": [owner],
    }});
    let namespace = Text::from("shop");
    let event = |kind, reason, message: &str| {
        let regarding = Target {
            resource: REPLICA_SETS,
            key: set.metadata.key(),
            uid: set.metadata.uid.clone(),
            version: set.metadata.resource_version,
        };
        Some(Event { regarding, kind, reason, message: message.to_owned() })
    };
    Step {
        action: Action::Create { resource: PODS, namespace, object },
        why: Why("one is missing"),
        on_success: event(EventType::Normal, "Created", "Created pod: {name}"),
        on_failure: event(EventType::Warning, "Failed", "Error creating: {error}"),
        reporter: None,
        measurements: vec![(When::Success, CREATED.add(1, []))],
    }
}
fn delete(pod: &Pod) -> Step<Why> {
    let action = Action::Delete {
        target: Target::of(pod),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    Step::new(action, Why("one is too many"))
}
fn status(set: &ReplicaSet, replicas: usize) -> Action {
    Action::Patch {
        target: Target::of(set),
        kind: client::PatchKind::Merge,
        patch: json!({"status": {"replicas": replicas}}),
        subresource: "status",
        guard: Guard::Version,
    }
}

struct Bench {
    world: TestWorld,
    server: Server,
    metrics: Arc<Metrics>,
}

impl Bench {
    fn new() -> Self {
        Self { world: TestWorld::default(), server: Server::default(), metrics: Arc::default() }
    }
    fn manager(&self) -> Manager {
        let transport = Arc::new(self.server.clone());
        let actor = Actor { transport, field_manager: "test" };
        let mut manager = Manager::new(self.world.world(), actor, Arc::clone(&self.metrics));
        manager.add::<Replicas>();
        manager
    }
    fn start(&self) -> Running {
        let running = self.manager().start();
        self.world.run_for(SECOND);
        running
    }
    fn set(&self, name: &str, replicas: u32) {
        let path = set_path(name);
        let set = json!({
            "metadata": {"name": name, "namespace": "shop"}, "spec": {"replicas": replicas},
        });
        self.server.put(&path, set);
    }
    fn pods(&self) -> usize {
        self.server.names(PODS_PATH).len()
    }
    fn expect_log(&self, expected: Expect) {
        expected.assert_eq(&self.server.take_log().join("\n"));
    }
}
fn set_path(name: &str) -> String {
    format!("/apis/apps/v1/namespaces/shop/replicasets/{name}")
}
