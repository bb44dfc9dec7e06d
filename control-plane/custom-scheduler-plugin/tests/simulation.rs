//! The plugin's scheduler as a second one in a simulated cluster, where everything goes wrong that can:
//! the property holds at every revision, and in the end every pod has its place.

mod common;

use std::collections::BTreeMap;

use api::{
    resources::{DEPLOYMENTS, NODES},
    views::{Node, Pod},
};
use apiserver::faults::Plan as Faults;
use client::{ClientError, PatchKind, Request, WriteOptions};
use meta::object::ObjectKey;
use scheduler::Scheduler;
use serde_json::json;
use sim::lab::{Lab, Machine, State};

const RACK: &str = "topology.example.com/rack";
const OWNERS: usize = 4;
const REPLICAS: usize = 3;

/// Puts each node on a rack of its own, makes owners with replicas, and rolls one of them out again.
async fn act(user: Machine) -> Result<(), ClientError> {
    let options = WriteOptions::default();
    for number in 0..3 {
        let key = ObjectKey::new("", format!("node-{number}").as_str());
        let labels = json!({"metadata": {"labels": common::labels(&format!("r{number}"), number)}});
        let patch = Request::patch(&NODES, &key, PatchKind::Merge, &labels, &options);
        user.transport.send(patch).await?;
    }
    for owner in 0..OWNERS {
        let labels = json!({"app": format!("web-{owner}")});
        let container = json!({"name": "main", "image": "nginx"});
        let spec = json!({"schedulerName": common::PROFILE, "containers": [container]});
        let deployment = json!({
            "metadata": {"name": format!("web-{owner}")},
            "spec": {
                "replicas": REPLICAS, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        });
        let create = Request::create(&DEPLOYMENTS, "default", &deployment, &options);
        user.transport.send(create).await?;
    }
    user.world.clock.sleep(std::time::Duration::from_secs(20)).await;
    let key = ObjectKey::new("default", "web-0");
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:2"}]}}}});
    let update = Request::patch(&DEPLOYMENTS, &key, PatchKind::Strategic, &image, &options);
    user.transport.send(update).await.map(drop)
}

/// Replicas of each owner on each rack.
fn replicas(state: &State) -> BTreeMap<(String, String), usize> {
    let nodes: BTreeMap<String, String> = state
        .all::<Node>()
        .iter()
        .filter_map(|node| {
            let rack = node.metadata.labels.get(RACK)?;
            Some((node.metadata.name.to_string(), rack.to_string()))
        })
        .collect();
    let mut replicas = BTreeMap::new();
    for pod in state.all::<Pod>().iter().filter(|pod| !pod.is_finished()) {
        let rack = nodes.get(&*pod.spec.node_name);
        if let (Some(owner), Some(rack)) = (pod.metadata.controller(), rack) {
            *replicas.entry((owner.uid.to_string(), rack.clone())).or_default() += 1;
        }
    }
    replicas
}

fn lab() -> Lab {
    let faults = "
faults:
- {name: late, fault: delayEvents, delay: 3s, percent: 20}
- {name: forgotten, fault: expireWatch, percent: 2}
- {name: conflict, fault: refuse, code: 409, percent: 10}
- {name: busy, fault: refuse, code: 429, percent: 5}
- {name: lost, fault: loseReply, percent: 5}
";
    Lab::of(|machine| {
        let settings = common::settings("").expect("a configuration");
        machine.run_controllers(|manager| {
            manager.informers.provide(settings);
            manager.add_machine::<Scheduler>();
        });
    })
    .with_user(|user| Box::pin(act(user)))
    .with_faults(Faults::parse(faults).expect("the rules are good"))
    .with_crashes(2)
    .always("no rack has two replicas of one owner", |state| {
        replicas(state).values().all(|count| *count <= 1)
    })
    .at_rest("every replica has its place", |state| {
        replicas(state).values().sum::<usize>() == OWNERS * REPLICAS
    })
}

#[test]
fn the_property_holds_at_every_revision() {
    assert_eq!(lab().run_seeds(0..20), Ok(20));
}
