//! An example for authors of controllers: a fleet has as many pods as its ConfigMap says. One version of
//! the controller has a bug that the simulator finds in a few seeds; the other passes.

use std::{fmt, sync::Arc, time::Duration};

use api::{
    resources::{CONFIG_MAPS, PODS},
    views::{ConfigMap, Pod},
};
use apiserver::faults::Plan as Faults;
use client::{ClientError, Request, WriteOptions};
use meta::{object::ObjectKey, time::Time};
use runtime::{
    Action, Answers, Cache, Controller, Informers, Manager, Observation, Plan, Step, Watches,
    owners,
};
use serde_json::json;
use sim::lab::{Failure, Lab, Machine, State};

const LABEL: &str = "fleet";

/// What the controller sees of a fleet.
#[derive(Debug)]
struct Observed {
    fleet: Arc<ConfigMap>,
    size: usize,
    pods: usize,
}

/// Caches.
struct View {
    fleets: Arc<Cache<ConfigMap>>,
    pods: Arc<Cache<Pod>>,
}

#[derive(Debug)]
struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fleet has too few pods")
    }
}

/// `FORGETFUL` counts what it has created in its memory, which a crash empties; else the pods that
/// there are.
struct Fleet<const FORGETFUL: bool>;

impl<const FORGETFUL: bool> Controller for Fleet<FORGETFUL> {
    const NAME: &'static str = "fleet-controller";
    const QUEUE: &'static str = "fleet";
    const EVENT_SOURCE: &'static str = "fleet-controller";
    type Key = ObjectKey;
    type Observed = Observed;
    /// Pods created so far.
    type Memory = usize;
    type Why = Missing;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { fleets: informers.cache(), pods: informers.cache() }
    }

    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<ConfigMap>(|_, change, enqueue| {
            if let Some(fleet) = &change.new {
                enqueue.add(fleet.metadata.key());
            }
        });
        watches.on::<Pod>(|_, change, enqueue| {
            if let Some(pod) = change.latest()
                && let Some(fleet) = pod.metadata.labels.get(LABEL)
            {
                enqueue.add(ObjectKey::new(pod.metadata.namespace.clone(), fleet.clone()));
            }
        });
    }

    fn observe(view: &View, key: &ObjectKey, _: &Answers) -> Observation<Observed> {
        let fleet = view.fleets.get(key);
        let size = fleet.as_ref().and_then(|fleet| fleet.data.get("size")?.parse().ok());
        let (Some(fleet), Some(size)) = (fleet, size) else { return Observation::Gone };
        let pods = view.pods.in_namespace(&key.namespace);
        let own = pods.iter().filter(|pod| pod.metadata.labels.get(LABEL) == Some(&key.name));
        Observation::Ready(Observed { fleet, size, pods: own.count() })
    }

    fn plan(created: &mut usize, observed: &Observed, _: Time) -> Plan<Missing> {
        let known = if FORGETFUL { *created } else { observed.pods };
        let mut plan = Plan::rest();
        for _ in known..observed.size {
            plan.step(Step::new(create(observed), Missing));
            *created += 1;
        }
        plan
    }
}

fn create(observed: &Observed) -> Action {
    let fleet = &observed.fleet.metadata;
    let object = json!({
        "metadata": {
            "generateName": format!("{}-", fleet.name),
            "namespace": fleet.namespace,
            "labels": {LABEL: fleet.name},
            "ownerReferences": [owners::controller_reference(&CONFIG_MAPS, fleet)],
        },
        "spec": {"containers": [{"name": "main", "image": "nginx"}]},
    });
    Action::Create { resource: PODS, namespace: fleet.namespace.clone(), object }
}

/// Makes a fleet, and later a larger one of it.
async fn act(user: Machine) -> Result<(), ClientError> {
    let options = WriteOptions::default();
    let fleet = |size: &str| json!({"metadata": {"name": "web"}, "data": {"size": size}});
    let key = ObjectKey::new("default", "web");
    let small = Request::create(&CONFIG_MAPS, "default", &fleet("3"), &options);
    user.transport.send(small).await?;
    user.world.clock.sleep(Duration::from_secs(20)).await;
    let large = Request::update(&CONFIG_MAPS, &key, &fleet("5"), &options);
    user.transport.send(large).await?;
    Ok(())
}

fn pods(state: &State) -> usize {
    state.all::<Pod>().iter().filter(|pod| pod.metadata.labels.contains_key(LABEL)).count()
}

fn lab(add: fn(&mut Manager)) -> Lab {
    let faults = "
faults:
- {name: late, fault: delayEvents, delay: 3s, percent: 20}
- {name: forgotten, fault: expireWatch, percent: 2}
- {name: conflict, fault: refuse, code: 409, percent: 10}
- {name: busy, fault: refuse, code: 429, percent: 5}
- {name: lost, fault: loseReply, percent: 5}
";
    Lab::of(move |machine| machine.run_controllers(add))
        .with_user(|user| Box::pin(act(user)))
        .with_faults(Faults::parse(faults).expect("the rules are good"))
        .with_crashes(2)
        .always("a fleet has no more pods than it should", |state| pods(state) <= 5)
        .at_rest("a fleet has as many pods as it should", |state| pods(state) == 5)
}

#[test]
fn a_controller_that_trusts_its_memory_is_found_out() {
    let lab = lab(Manager::add::<Fleet<true>>);
    let found: Failure = lab.run_seeds(0..20).expect_err("its memory is wrong after a crash");
    assert!(found.reason.contains("a fleet has"), "{found}");
    assert_eq!(lab.run(found.seed).expect_err("the same run again"), found);
}

#[test]
fn a_controller_that_counts_passes() {
    let lab = lab(Manager::add::<Fleet<false>>);
    assert_eq!(lab.run_seeds(0..20), Ok(20));
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let lab = lab(Manager::add::<Fleet<false>>);
    let report = lab.run(3).expect("it passes");
    assert!(report.faults > 0, "{report:?}");
    assert_eq!(lab.run(3), Ok(report));
}

#[test]
fn a_machine_that_never_waits_ends_the_run_and_is_named() {
    let lab = Lab::of(|machine| {
        let spin = async {
            loop {
                world::yield_now().await;
            }
        };
        machine.world.tasks.spawn("spinning top", Box::pin(spin));
    });
    let found = lab.run(0).expect_err("time stands still");
    assert!(found.reason.contains("own/spinning top never waits"), "{found}");
}
