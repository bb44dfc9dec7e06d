//! Systematic plans: a workload is recorded, and then played again with one disturbance after each
//! single write. However it is disturbed, it ends as it ended undisturbed, with the same children and
//! hardly more writes.

use std::{collections::BTreeMap, time::Duration};

use api::resources::{
    CONFIG_MAPS, CONTROLLER_REVISIONS, DEPLOYMENTS, JOBS, NAMESPACES, PODS, REPLICA_SETS,
    STATEFUL_SETS,
};
use client::Propagation;
use meta::{object::ObjectKey, resource::Resource};
use nodes::{Rule, Rules};
use serde_json::{Value, json};
use sim::stage::{After, Broken, Held, Role, Stage, expect, play};

use crate::{
    Verdict,
    objects::{config_map, job, stateful_set, workload},
};

/// Every write is disturbed; a debug build is too slow for more than some.
const STEP: usize = if cfg!(debug_assertions) { 9 } else { 1 };
/// Writes that one disturbance may cost: a status told twice by each controller that it hits.
const WRITES_MORE_MAX: u64 = 8;
const COMPONENTS: [&str; 3] = ["controllers", "scheduler", "nodes"];
const SHOP: &str = "shop";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How a workload ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ending {
    /// What is there, without what differs from run to run.
    state: Vec<String>,
    /// How many objects of each kind ever came into being.
    children: BTreeMap<&'static str, usize>,
    writes: BTreeMap<&'static str, u64>,
}

type Workload = fn(&Stage) -> Verdict;

fn begin(stage: &Stage) -> Verdict {
    stage.register_nodes(3)?;
    stage.create(&NAMESPACES, "", &json!({"metadata": {"name": SHOP}}))?;
    stage.cast("controllers", Role::Controllers(&[]));
    stage.cast("scheduler", Role::Scheduler);
    let rule = Rule {
        start_time: Duration::from_millis(300),
        ready_time: Duration::from_millis(300),
        stop_time: Duration::from_millis(500),
        ..Rule::default()
    };
    stage.cast("nodes", Role::Kubelets(Rules { containers: vec![rule] }));
    stage.pass(seconds(3));
    Ok(())
}

fn set_image(stage: &Stage, resource: &Resource, name: &str) -> Verdict {
    let containers = json!([{"name": "app", "image": "app:v2"}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    stage.patch(resource, &ObjectKey::new(SHOP, name), &patch)
}

fn deployment_rollout(stage: &Stage) -> Verdict {
    stage.create(&DEPLOYMENTS, SHOP, &workload("web", 3))?;
    stage.pass(seconds(8));
    set_image(stage, &DEPLOYMENTS, "web")?;
    stage.pass(seconds(20));
    Ok(())
}

fn stateful_set_rollout(stage: &Stage) -> Verdict {
    let mut set = stateful_set("db", 3);
    set["spec"]["podManagementPolicy"] = "OrderedReady".into();
    stage.create(&STATEFUL_SETS, SHOP, &set)?;
    stage.pass(seconds(12));
    set_image(stage, &STATEFUL_SETS, "db")?;
    stage.pass(seconds(25));
    Ok(())
}

fn job_to_its_end(stage: &Stage) -> Verdict {
    let mut sum = job("sum", 4, 2);
    sum["spec"]["template"]["spec"]["containers"][0]["command"] = json!(["sleep", "1"]);
    stage.create(&JOBS, SHOP, &sum)?;
    stage.pass(seconds(30));
    Ok(())
}

fn namespace_deletion(stage: &Stage) -> Verdict {
    stage.create(&DEPLOYMENTS, SHOP, &workload("web", 2))?;
    for number in 0..3 {
        stage.create(&CONFIG_MAPS, SHOP, &config_map(&format!("map-{number}")))?;
    }
    stage.pass(seconds(8));
    stage.delete(&NAMESPACES, &ObjectKey::new("", SHOP), Propagation::Background)?;
    stage.pass(seconds(30));
    Ok(())
}

static KINDS: [(&str, Resource); 7] = [
    ("deployments", DEPLOYMENTS),
    ("replicasets", REPLICA_SETS),
    ("statefulsets", STATEFUL_SETS),
    ("controllerrevisions", CONTROLLER_REVISIONS),
    ("jobs", JOBS),
    ("pods", PODS),
    ("configmaps", CONFIG_MAPS),
];

/// Plays a workload with one disturbance, or none.
fn ending(work: Workload, disturbance: Option<(&str, u64, After)>) -> Result<Ending, Broken> {
    let mut ended = None;
    play(0, |stage| {
        begin(stage)?;
        if let Some((component, write, what)) = disturbance {
            stage.after_write(component, write, what);
        }
        let before = COMPONENTS.map(|component| stage.writes(component));
        work(stage)?;
        stage.settle()?;
        let writes = COMPONENTS.into_iter().zip(before);
        let writes = writes.map(|(name, before)| (name, stage.writes(name) - before)).collect();
        let children = KINDS.iter().map(|(plural, _)| {
            let past = stage.past(&format!("/registry/{plural}/{SHOP}/"));
            (*plural, past.iter().filter(|state| state.before.is_none()).count())
        });
        let mut state: Vec<String> = KINDS
            .iter()
            .flat_map(|(_, resource)| stage.list(resource, SHOP).into_iter().map(|it| shape(&it)))
            .collect();
        state.sort();
        ended = Some(Ending { state, children: children.collect(), writes });
        Ok(())
    })?;
    ended.ok_or_else(|| Broken("nothing was played".to_owned()))
}

/// An object without names that chance made, times and identities.
fn shape(object: &Value) -> String {
    let metadata = &object["metadata"];
    let generated = metadata["generateName"].as_str();
    let name = generated.or(metadata["name"].as_str()).unwrap_or_default();
    let owner = &metadata["ownerReferences"][0];
    let (spec, status) = (&object["spec"], &object["status"]);
    let image = [&spec["template"]["spec"], spec].map(|spec| &spec["containers"][0]["image"]);
    let counts = ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "succeeded"];
    let counts = counts.map(|count| status[count].to_string()).join("/");
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let mut conditions: Vec<String> =
        conditions.map(|it| format!("{}={} {}", it["type"], it["status"], it["reason"])).collect();
    conditions.sort();
    format!(
        "{name} of {} {}: {} of {} {image:?} {} {counts} {conditions:?}",
        owner["kind"], owner["name"], spec["replicas"], spec["completions"], status["phase"],
    )
}

/// What happens after a write, one at a time.
const DISTURBANCES: [After; 4] = [
    After::Crash,
    After::Hold(Held::InOrder, Duration::from_millis(100)),
    After::Hold(Held::InOrder, seconds(7)),
    After::Hold(Held::Merged, seconds(2)),
];

/// Plays the workload again with each disturbance after each write of each component.
fn disturb(work: Workload) {
    let calm = ending(work, None).expect("an undisturbed run ends");
    for (component, writes) in &calm.writes {
        let some = (1..=*writes).step_by(STEP);
        for (write, what) in some.flat_map(|write| DISTURBANCES.map(|what| (write, what))) {
            let broken = compare(&calm, work, (component, write, what)).err();
            assert_eq!(broken, None, "{what:?} of {component} after write {write}");
        }
    }
}

fn compare(calm: &Ending, work: Workload, disturbance: (&str, u64, After)) -> Verdict {
    let disturbed = ending(work, Some(disturbance))?;
    expect(disturbed.state == calm.state, || {
        format!("{:#?} instead of {:#?}", disturbed.state, calm.state)
    })?;
    expect(disturbed.children == calm.children, || {
        format!("{:?} came into being instead of {:?}", disturbed.children, calm.children)
    })?;
    let most = |name: &str| calm.writes.get(name).copied().unwrap_or(0) + WRITES_MORE_MAX;
    let over = disturbed.writes.iter().find(|(name, writes)| **writes > most(name));
    expect(over.is_none(), || format!("{over:?} writes instead of {:?}", calm.writes))
}

#[test]
fn a_deployment_rolls_out_whatever_happens_after_any_write() {
    disturb(deployment_rollout);
}

#[test]
fn a_stateful_set_rolls_out_whatever_happens_after_any_write() {
    disturb(stateful_set_rollout);
}

#[test]
fn a_job_ends_whatever_happens_after_any_write() {
    disturb(job_to_its_end);
}

#[test]
fn a_namespace_goes_whatever_happens_after_any_write() {
    disturb(namespace_deletion);
}
