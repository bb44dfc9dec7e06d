//! Rows about the garbage collector and namespaces: 22 to 25, and 39.

use std::time::Duration;

use api::resources::{CONFIG_MAPS, JOBS, NAMESPACES, PODS, REPLICA_SETS, SECRETS};
use client::{Method, Propagation};
use meta::object::ObjectKey;
use serde_json::{Value, json};
use sim::stage::{Fate, Requests, Role, Stage, expect};

use crate::{
    Verdict,
    objects::{NAMESPACE, config_map, job, key, names, owner, pod, workload},
    row,
};

const COLLECTOR: Role = Role::Controllers(&["garbage-collector-controller"]);

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn of(name: &str, owners: &[Value]) -> Value {
    let mut object = config_map(name);
    object["metadata"]["ownerReferences"] = json!(owners);
    object
}

/// Children that are seen before their parents stay.
fn parents_may_come_late(stage: &Stage) -> Verdict {
    for number in 0..8 {
        let parent = format!("parent-{number}");
        stage.create(&CONFIG_MAPS, NAMESPACE, &config_map(&parent))?;
        let parent = stage.get(&CONFIG_MAPS, &key(&parent)).unwrap_or_default();
        let child = of(&format!("child-{number}"), &[owner(&parent, "v1", "ConfigMap")]);
        stage.create(&SECRETS, NAMESPACE, &child)?;
    }
    stage.hold("controllers", "configmaps");
    stage.cast("controllers", COLLECTOR);
    stage.pass(seconds(3 + stage.roll(5)));
    if stage.roll(3) == 0 {
        stage.crash("controllers");
        stage.start("controllers");
        stage.pass(seconds(2));
    }
    stage.release("controllers", "configmaps");
    stage.settle()?;
    let children = names(stage, &SECRETS).iter().filter(|name| name.starts_with("child")).count();
    expect(children == 8, || format!("{children} children of 8 are left"))
}

#[test]
fn hb_22_parent_not_yet_cached() {
    row("hb_22", parents_may_come_late);
}

/// A reference from another namespace counts for nothing, in whatever order it is seen.
fn namespaces_are_borders(stage: &Stage) -> Verdict {
    let other = json!({"metadata": {"name": "other"}});
    stage.create(&NAMESPACES, "", &other)?;
    let early = stage.roll(2) == 1;
    if early {
        stage.cast("controllers", COLLECTOR);
        stage.pass(seconds(3));
    }
    stage.create(&CONFIG_MAPS, NAMESPACE, &config_map("owner"))?;
    let parent = stage.get(&CONFIG_MAPS, &key("owner")).unwrap_or_default();
    let child = of("child", &[owner(&parent, "v1", "ConfigMap")]);
    let namespaces = if stage.roll(2) == 0 { [NAMESPACE, "other"] } else { ["other", NAMESPACE] };
    for namespace in namespaces {
        stage.create(&SECRETS, namespace, &child)?;
        stage.pass(Duration::from_millis(stage.roll(500)));
    }
    if !early {
        stage.cast("controllers", COLLECTOR);
    }
    stage.settle()?;
    let good = stage.get(&SECRETS, &key("child")).is_some();
    let bad = stage.get(&SECRETS, &ObjectKey::new("other", "child")).is_some();
    expect(good && !bad, || format!("own child there: {good}, foreign child there: {bad}"))
}

#[test]
fn hb_23_foreign_owner() {
    row("hb_23", namespaces_are_borders);
}

/// Whoever was a dependent when its owner was orphaned away stays, seen or not.
fn orphans_stay(stage: &Stage) -> Verdict {
    stage.cast("controllers", COLLECTOR);
    stage.pass(seconds(3));
    stage.hold("controllers", "pods");
    stage.hold("controllers", "secrets");
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 3))?;
    let set = stage.get(&REPLICA_SETS, &key("web")).unwrap_or_default();
    stage.create(&CONFIG_MAPS, NAMESPACE, &config_map("owner"))?;
    let map = stage.get(&CONFIG_MAPS, &key("owner")).unwrap_or_default();
    for number in 0..10 {
        let mut child = pod(&format!("web-{number}"), "web");
        child["metadata"]["ownerReferences"] = json!([owner(&set, "apps/v1", "ReplicaSet")]);
        stage.create(&PODS, NAMESPACE, &child)?;
        let secret = of(&format!("own-{number}"), &[owner(&map, "v1", "ConfigMap")]);
        stage.create(&SECRETS, NAMESPACE, &secret)?;
    }
    stage.delete(&REPLICA_SETS, &key("web"), Propagation::Orphan)?;
    stage.delete(&CONFIG_MAPS, &key("owner"), Propagation::Orphan)?;
    stage.pass(seconds(2 + stage.roll(5)));
    stage.release("controllers", "secrets");
    stage.release("controllers", "pods");
    stage.settle()?;
    let pods = names(stage, &PODS).len();
    let secrets = names(stage, &SECRETS).iter().filter(|name| name.starts_with("own")).count();
    expect((pods, secrets) == (10, 10), || format!("{pods} pods and {secrets} secrets of 10"))
}

#[test]
fn hb_24_orphans_not_yet_seen() {
    row("hb_24", orphans_stay);
}

/// What can be read of a namespace goes while something else cannot, and the status says what.
fn one_bad_group_holds_nobody_up(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["namespace-controller"]));
    stage.create(&NAMESPACES, "", &json!({"metadata": {"name": "shop"}}))?;
    stage.create(&CONFIG_MAPS, "shop", &config_map("a"))?;
    stage.create(&JOBS, "shop", &job("b", 1, 1))?;
    let jobs =
        Requests { by: "controllers", method: Method::Get, path: "/shop/jobs", times: 10_000 };
    stage.fault(jobs, Fate::Refused(503));
    stage.delete(&NAMESPACES, &ObjectKey::new("", "shop"), Propagation::Background)?;
    stage.pass(seconds(15));
    let maps = stage.list(&CONFIG_MAPS, "shop").len();
    expect(maps == 0, || format!("{maps} config maps are left"))?;
    let namespace = stage.get(&NAMESPACES, &ObjectKey::new("", "shop")).unwrap_or_default();
    let conditions = namespace["status"]["conditions"].to_string();
    expect(conditions.contains("NamespaceDeletionContentFailure"), || {
        format!("says {conditions}")
    })?;
    stage.settle()?;
    let left = stage.get(&NAMESPACES, &ObjectKey::new("", "shop"));
    expect(left.is_none(), || format!("{left:?} is left"))
}

#[test]
fn hb_25_one_bad_group() {
    row("hb_25", one_bad_group_holds_nobody_up);
}

/// An owner that went and one that came under its name are two, even if they are told of as one change:
/// what the first one had goes, what the second one has stays.
fn two_of_one_name_are_two(stage: &Stage) -> Verdict {
    stage.cast("controllers", COLLECTOR);
    stage.create(&CONFIG_MAPS, NAMESPACE, &config_map("owner"))?;
    let first = stage.get(&CONFIG_MAPS, &key("owner")).unwrap_or_default();
    stage.create(&SECRETS, NAMESPACE, &of("old", &[owner(&first, "v1", "ConfigMap")]))?;
    stage.pass(seconds(3));
    stage.coalesce("controllers", "configmaps");
    stage.kill(&CONFIG_MAPS, &key("owner"))?;
    stage.pass(Duration::from_millis(stage.roll(500)));
    stage.create(&CONFIG_MAPS, NAMESPACE, &config_map("owner"))?;
    let second = stage.get(&CONFIG_MAPS, &key("owner")).unwrap_or_default();
    stage.create(&SECRETS, NAMESPACE, &of("new", &[owner(&second, "v1", "ConfigMap")]))?;
    stage.pass(seconds(1 + stage.roll(3)));
    stage.release("controllers", "configmaps");
    stage.settle()?;
    let [old, new] = ["old", "new"].map(|name| stage.get(&SECRETS, &key(name)).is_some());
    expect(!old && new, || format!("child of the first there: {old}, of the second: {new}"))
}

#[test]
fn hb_39_one_name_two_objects() {
    row("hb_39", two_of_one_name_are_two);
}
