//! Systematic plans: a workload is recorded, and then played again with one disturbance at each single
//! place: a crash after a write, reads for the next write that are so many revisions old, a state that
//! is hidden because another follows. However it is disturbed, it ends as it ended undisturbed, with the
//! same children and hardly more writes.

use std::{collections::BTreeMap, time::Duration};

use api::resources::{
    CONFIG_MAPS, CONTROLLER_REVISIONS, DEPLOYMENTS, JOBS, NAMESPACES, PODS, REPLICA_SETS,
    STATEFUL_SETS,
};
use client::Propagation;
use meta::{object::ObjectKey, resource::Resource};
use nodes::{Rule, Rules};
use serde_json::{Value, json};
use sim::stage::{After, Broken, Held, Role, Stage, Told, expect, play};

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

/// The component that will be disturbed has a server of its own.
fn begin(stage: &Stage, disturbed: Option<&'static str>) -> Verdict {
    stage.start_server("api2");
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
    if let Some(component) = disturbed {
        stage.crash(component);
        stage.connect(component, "api2");
        stage.start(component);
    }
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

/// What goes wrong in a run, in one component.
#[derive(Debug, Clone, Copy)]
enum Disturbance {
    /// After a write.
    After(u64, After),
    /// It ends after a write, and comes back to a server that shows what was so many revisions ago.
    BackInTime(u64, u64),
    /// It does not hear of a state that does not last, by the place of the event among those that the
    /// workload brings it.
    Hidden(usize),
}

impl Disturbance {
    fn prepare(self, stage: &Stage, component: &str) {
        match self {
            Self::After(write, what) => stage.after_write(component, write, what),
            Self::BackInTime(write, revisions) => {
                stage.after_write(component, write, After::Lag(revisions, LAG));
                stage.after_write(component, write, After::Crash);
            }
            Self::Hidden(place) => stage.hide(component, stage.told(component).len() + place),
        }
    }
}

/// A workload that was played, and where it can be disturbed.
struct Played {
    ending: Ending,
    /// The places, in what the workload told each component, of what did not last.
    passing: BTreeMap<&'static str, Vec<usize>>,
}

/// Plays a workload with one disturbance of a component, or none.
fn played(
    work: Workload,
    disturbed: Option<(&'static str, Disturbance)>,
) -> Result<Played, Broken> {
    let mut ended = None;
    play(0, |stage| {
        begin(stage, disturbed.map(|(component, _)| component))?;
        if let Some((component, disturbance)) = disturbed {
            disturbance.prepare(stage, component);
        }
        let before = COMPONENTS.map(|component| stage.writes(component));
        let heard = COMPONENTS.map(|component| stage.told(component).len());
        work(stage)?;
        stage.settle()?;
        let writes = COMPONENTS.into_iter().zip(before);
        let writes = writes.map(|(name, before)| (name, stage.writes(name) - before)).collect();
        let passing = COMPONENTS.into_iter().zip(heard);
        let passing = passing.map(|(name, from)| (name, passing_states(&stage.told(name)[from..])));
        let ending = Ending { state: state(stage), children: children(stage), writes };
        ended = Some(Played { ending, passing: passing.collect() });
        Ok(())
    })?;
    ended.ok_or_else(|| Broken("nothing was played".to_owned()))
}

/// The places of the events whose states the same watch saw overwritten.
fn passing_states(told: &[Told]) -> Vec<usize> {
    let is_overwritten = |place: &usize| told[place + 1..].contains(&told[*place]);
    (0..told.len()).filter(is_overwritten).collect()
}

/// How many objects of each kind came into being.
fn children(stage: &Stage) -> BTreeMap<&'static str, usize> {
    let children = KINDS.iter().map(|(plural, _)| {
        let past = stage.past(&format!("/registry/{plural}/{SHOP}/"));
        (*plural, past.iter().filter(|state| state.before.is_none()).count())
    });
    children.collect()
}

fn state(stage: &Stage) -> Vec<String> {
    let objects = KINDS.iter().flat_map(|(_, resource)| stage.list(resource, SHOP));
    let mut shapes: Vec<String> = objects.map(|object| shape(&object)).collect();
    shapes.sort();
    shapes
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

/// How many revisions old the reads after a write are, in turn.
const AGES: [u64; 3] = [1, 3, 9];
/// How far back a server is to which a component comes back.
const BACK: u64 = 5;
/// How long servers stay behind.
const LAG: Duration = seconds(7);

/// Plays the workload again with each disturbance at each place of each component.
fn disturb(work: Workload) {
    let calm = played(work, None).expect("an undisturbed run ends");
    for (component, writes) in &calm.ending.writes {
        for disturbance in disturbances(*writes, &calm.passing[component]) {
            let broken = compare(&calm.ending, work, (component, disturbance)).err();
            assert_eq!(broken, None, "{component}: {disturbance:?}");
        }
    }
}

fn disturbances(writes: u64, passing: &[usize]) -> impl Iterator<Item = Disturbance> {
    let after = |write| {
        let lag = After::Lag(AGES[usize::try_from(write).unwrap_or(0) % AGES.len()], LAG);
        [
            Disturbance::After(write, After::Crash),
            Disturbance::After(write, After::Hold(Held::Merged, seconds(2))),
            Disturbance::After(write, lag),
            Disturbance::BackInTime(write, BACK),
        ]
    };
    let hidden = passing.iter().step_by(STEP).map(|place| Disturbance::Hidden(*place));
    (1..=writes).step_by(STEP).flat_map(after).chain(hidden)
}

fn compare(calm: &Ending, work: Workload, disturbed: (&'static str, Disturbance)) -> Verdict {
    let Ending { state, children, writes } = played(work, Some(disturbed))?.ending;
    expect(state == calm.state, || format!("{state:#?} instead of {:#?}", calm.state))?;
    expect(children == calm.children, || {
        format!("{children:?} came into being instead of {:?}", calm.children)
    })?;
    let most = |name: &str| calm.writes.get(name).copied().unwrap_or(0) + WRITES_MORE_MAX;
    let over = writes.iter().find(|(name, writes)| **writes > most(name));
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
