//! Rows about ReplicaSets, Deployments, StatefulSets and DaemonSets: 11 to 17.

use std::time::Duration;

use api::resources::{
    CONTROLLER_REVISIONS, DAEMON_SETS, DEPLOYMENTS, NODES, PODS, REPLICA_SETS, STATEFUL_SETS,
};
use client::{Method, Propagation};
use serde_json::{Value, json};
use sim::stage::{Fate, Requests, Role, Stage, expect};

use crate::{
    Verdict,
    objects::{
        NAMESPACE, daemon_set, ended, join, key, name, names, node, pods_made, running,
        stateful_set, uid, workload,
    },
    row,
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Pods that fail at once are replaced ever more slowly.
fn failing_pods_are_replaced_slowly(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["replicaset-controller"]));
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 1))?;
    for _ in 0..150 {
        stage.pass(seconds(2));
        for pod in stage.list(&PODS, NAMESPACE) {
            if pod["status"]["phase"] != json!("Failed") {
                ended(stage, name(&pod), "Failed")?;
            }
        }
    }
    let made = pods_made(stage).len();
    expect((6..=20).contains(&made), || format!("{made} pods were made in five minutes"))
}

#[test]
fn hb_11_failing_pods() {
    row("hb_11", failing_pods_are_replaced_slowly);
}

/// A create without an answer is neither done nor failed until somebody has looked.
fn lost_creates_are_made_again(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["replicaset-controller"]));
    let times = 2 + u32::try_from(stage.roll(4)).unwrap_or(0);
    let creations = Requests { by: "controllers", method: Method::Post, path: "/pods", times };
    stage.fault(creations, Fate::Refused(504));
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 3))?;
    stage.pass(seconds(60));
    let pods = names(stage, &PODS).len();
    expect(pods == 3, || format!("{pods} pods of 3"))
}

#[test]
fn hb_12_lost_create() {
    row("hb_12", lost_creates_are_made_again);
}

fn set_image(stage: &Stage, image: &str) -> Verdict {
    let containers = json!([{"name": "app", "image": image}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    stage.patch(&DEPLOYMENTS, &key("web"), &patch)
}

fn image(set: &Value) -> &Value {
    &set["spec"]["template"]["spec"]["containers"][0]["image"]
}

/// A name that another template has taken is salted, and the rollout goes on.
fn a_taken_name_is_salted(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["deployment-controller"]));
    stage.create(&DEPLOYMENTS, NAMESPACE, &workload("web", 1))?;
    stage.pass(seconds(3));
    let first = names(stage, &REPLICA_SETS).remove(0);
    set_image(stage, "app:v2")?;
    stage.pass(seconds(3));
    let containers = json!([{"name": "app", "image": "app:by-hand"}]);
    let edit = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    stage.patch(&REPLICA_SETS, &key(&first), &edit)?;
    stage.pass(seconds(3));
    set_image(stage, "app:v1")?;
    stage.settle()?;
    let sets = stage.list(&REPLICA_SETS, NAMESPACE);
    let wanted = sets.iter().filter(|set| *image(set) == json!("app:v1")).count();
    expect(wanted == 1, || format!("{wanted} sets of the wanted template"))
}

#[test]
fn hb_13_name_taken() {
    row("hb_13", a_taken_name_is_salted);
}

/// A change of size and strategy in the middle of a rollout is carried through.
fn a_rollout_survives_a_change_of_strategy(stage: &Stage) -> Verdict {
    let both = &["deployment-controller", "replicaset-controller"];
    stage.cast("controllers", Role::Controllers(both));
    stage.create(&DEPLOYMENTS, NAMESPACE, &workload("web", 10))?;
    kubelet(stage, 5)?;
    set_image(stage, "app:v2")?;
    stage.pass(seconds(2));
    let change = json!({"spec": {
        "replicas": 11, "strategy": {"type": "Recreate", "rollingUpdate": null},
    }});
    stage.patch(&DEPLOYMENTS, &key("web"), &change)?;
    kubelet(stage, 40)?;
    stage.settle()?;
    let pods = stage.list(&PODS, NAMESPACE);
    let new = pods.iter().filter(|pod| pod["spec"]["containers"][0]["image"] == json!("app:v2"));
    let new = new.count();
    expect(new == 11 && pods.len() == 11, || format!("{new} new pods of {}", pods.len()))
}

/// Once a second, pods run and those that are to go are gone.
fn kubelet(stage: &Stage, rounds: u32) -> Verdict {
    for _ in 0..rounds {
        stage.pass(seconds(1));
        for pod in stage.list(&PODS, NAMESPACE) {
            if !pod["metadata"]["deletionTimestamp"].is_null() {
                stage.kill(&PODS, &key(name(&pod)))?;
            } else if pod["status"]["phase"] != json!("Running") {
                running(stage, name(&pod), true)?;
            }
        }
    }
    Ok(())
}

#[test]
fn hb_14_change_of_strategy() {
    row("hb_14", a_rollout_survives_a_change_of_strategy);
}

/// Two revisions of equal number and content: one of them is meant, always the same.
fn equal_revisions_are_told_apart(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["statefulset-controller"]));
    stage.create(&STATEFUL_SETS, NAMESPACE, &stateful_set("db", 2))?;
    kubelet(stage, 5)?;
    let before: Vec<String> = pods_made(stage).iter().map(|state| state.key.clone()).collect();
    let mut twin = stage.list(&CONTROLLER_REVISIONS, NAMESPACE).remove(0);
    let suffix = if stage.roll(2) == 0 { "db-0twin" } else { "db-ztwin" };
    let labels = twin["metadata"]["labels"].take();
    let owners = twin["metadata"]["ownerReferences"].take();
    twin["metadata"] = json!({"name": suffix, "labels": labels, "ownerReferences": owners});
    stage.create(&CONTROLLER_REVISIONS, NAMESPACE, &twin)?;
    kubelet(stage, 5)?;
    stage.settle()?;
    let after = pods_made(stage).len();
    // The twin may be rolled out once; that is the end of it.
    expect(after <= 2 * before.len(), || format!("{after} pods of {}", before.len()))?;
    let counts = stage.past("/registry/statefulsets/").into_iter().filter_map(|state| state.now);
    let mut counts = counts.map(|set| set["status"]["replicas"].as_i64().unwrap_or(0));
    expect(counts.all(|count| (0..=2).contains(&count)), || "a count left its bounds".to_owned())
}

#[test]
fn hb_15_equal_revisions() {
    row("hb_15", equal_revisions_are_told_apart);
}

/// A pod that was gone before it was deleted is waited for by nobody.
fn a_pod_that_was_gone_is_not_awaited(stage: &Stage) -> Verdict {
    join(stage, &node("one"))?;
    join(stage, &node("two"))?;
    stage.cast("controllers", Role::Controllers(&["daemonset-controller"]));
    stage.create(&DAEMON_SETS, NAMESPACE, &daemon_set("agent"))?;
    stage.pass(seconds(3));
    let pods = stage.list(&PODS, NAMESPACE);
    expect(pods.len() == 2, || format!("{} pods on 2 nodes", pods.len()))?;
    stage.hold("controllers", "pods");
    for pod in &pods {
        if pod.to_string().contains("\"two\"") {
            stage.kill(&PODS, &key(name(pod)))?;
        }
    }
    let two = meta::object::ObjectKey::new("", "two");
    stage.delete(&NODES, &two, Propagation::Background)?;
    stage.pass(seconds(2));
    stage.release("controllers", "pods");
    stage.pass(seconds(2));
    join(stage, &node("two"))?;
    let is_back = || stage.list(&PODS, NAMESPACE).len() == 2;
    stage.pass(seconds(20));
    expect(is_back(), || "the node has no pod after 20 s".to_owned())
}

#[test]
fn hb_16_gone_before_its_deletion() {
    row("hb_16", a_pod_that_was_gone_is_not_awaited);
}

/// Whatever happens to a child alone is put right.
fn damaged_children_are_repaired(stage: &Stage) -> Verdict {
    let all = &["deployment-controller", "replicaset-controller", "statefulset-controller"];
    stage.cast("controllers", Role::Controllers(all));
    stage.create(&DEPLOYMENTS, NAMESPACE, &workload("web", 1))?;
    stage.create(&STATEFUL_SETS, NAMESPACE, &stateful_set("db", 1))?;
    kubelet(stage, 5)?;
    for resource in [&REPLICA_SETS, &PODS, &CONTROLLER_REVISIONS] {
        for child in names(stage, resource) {
            let release = json!({"metadata": {"labels": {"app": "stray"}}});
            // A pod of a StatefulSet that was let go keeps its name from others.
            match stage.roll(2) {
                1 if child != "db-0" => stage.patch(resource, &key(&child), &release)?,
                _ => stage.kill(resource, &key(&child))?,
            }
            kubelet(stage, 5)?;
        }
    }
    stage.settle()?;
    let owned = |resource, owner: &str| -> usize {
        let all: Vec<Value> = stage.list(resource, NAMESPACE);
        all.iter().filter(|child| child["metadata"]["ownerReferences"][0]["kind"] == *owner).count()
    };
    let found = [
        owned(&REPLICA_SETS, "Deployment"),
        owned(&PODS, "StatefulSet"),
        owned(&CONTROLLER_REVISIONS, "StatefulSet"),
    ];
    expect(found == [1, 1, 1], || format!("{found:?} children"))?;
    let sets = stage.list(&REPLICA_SETS, NAMESPACE);
    let set = sets.iter().find(|set| set["metadata"]["labels"]["app"] == json!("web"));
    let Some(set) = set else { return expect(false, || "no set".to_owned()) };
    let pods = stage.list(&PODS, NAMESPACE);
    let of_set = |pod: &&Value| pod["metadata"]["ownerReferences"][0]["uid"] == *uid(set);
    expect(pods.iter().filter(of_set).count() == 1, || "the set lacks its pod".to_owned())
}

#[test]
fn hb_17_children_are_watched() {
    row("hb_17", damaged_children_are_repaired);
}
