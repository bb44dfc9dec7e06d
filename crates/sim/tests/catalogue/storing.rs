//! Rows about the API server, the scheduler and the store: 10, 42 to 44.

use std::{path::Path, time::Duration};

use api::resources::{CONFIG_MAPS, PODS, REPLICA_SETS};
use bytes::Bytes;
use client::{DeleteOptions, Method, PatchKind, Request, WriteOptions};
use serde_json::{Value, json};
use sim::{
    stage::{Fate, Requests, Role, Stage, expect},
    world::Simulation,
};
use store::{Local, Operation, Range, Store as _, Transaction};

use crate::{
    Verdict,
    objects::{NAMESPACE, config_map, join, key, names, node, pod, workload},
    row, seeds,
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Who was told that the finalizer is on finds the object there, until it is off.
fn an_acknowledged_finalizer_holds(stage: &Stage) -> Verdict {
    stage.stretch("api1", Duration::from_millis(4));
    for number in 0..8 {
        let name = format!("c-{number}");
        stage.create(&CONFIG_MAPS, NAMESPACE, &config_map(&name))?;
        let finalizer = json!({"metadata": {"finalizers": ["example.com/hold"]}});
        let options = WriteOptions::default();
        let patch =
            Request::patch(&CONFIG_MAPS, &key(&name), PatchKind::Merge, &finalizer, &options);
        let delete = Request::delete(&CONFIG_MAPS, &key(&name), &DeleteOptions::default());
        let patched = stage.begin("one", stage.transport("one").send(patch));
        let deleted = stage.begin("two", stage.transport("two").send(delete));
        stage.pass(seconds(1));
        let (patched, deleted) = (patched.take(), deleted.take());
        let held = matches!(&patched, Some(Ok(answer)) if answer.code == 200);
        let there = stage.get(&CONFIG_MAPS, &key(&name)).is_some();
        expect(there || !held, || format!("{name} is gone: {patched:?}, {deleted:?}"))?;
    }
    Ok(())
}

#[test]
fn hb_42_finalizer_and_delete() {
    row("hb_42", an_acknowledged_finalizer_holds);
}

/// A pod whose binding failed is tried again, and bound once.
fn a_failed_binding_is_tried_again(stage: &Stage) -> Verdict {
    let allocatable = json!({"cpu": "4", "memory": "8Gi", "pods": "10"});
    let mut ready = node("one");
    ready["status"] = json!({"allocatable": allocatable, "capacity": allocatable});
    join(stage, &ready)?;
    let fate = [Fate::Refused(500), Fate::Refused(409), Fate::Unanswered, Fate::Lost];
    let fate = fate[usize::try_from(stage.roll(4)).unwrap_or(0)];
    let bindings = Requests { by: "scheduler", method: Method::Post, path: "/binding", times: 3 };
    stage.fault(bindings, fate);
    stage.cast("scheduler", Role::Scheduler);
    for number in 0..2 {
        stage.create(&PODS, NAMESPACE, &pod(&format!("p-{number}"), "web"))?;
    }
    stage.pass(seconds(30));
    let pods = stage.list(&PODS, NAMESPACE);
    let bound = pods.iter().filter(|pod| pod["spec"]["nodeName"] == json!("one")).count();
    expect(bound == 2, || format!("{bound} of 2 pods are bound"))
}

#[test]
fn hb_43_failed_binding() {
    row("hb_43", a_failed_binding_is_tried_again);
}

/// What the store has acknowledged is there after the power failed.
fn acknowledged_is_durable(seed: u64) -> Verdict {
    let simulation = Simulation::new(seed);
    let folder = Path::new("/data");
    let open = || Local::embedded(&simulation.world("store"), folder);
    let deadline = || simulation.now() + seconds(10);
    let Ok(store) = open() else { return expect(false, || "no store".to_owned()) };
    let mut acknowledged = Vec::new();
    for number in 0..5 + seed % 20 {
        let key = format!("key-{number}").into_bytes();
        let value = Bytes::from_static(b"value");
        let put = Operation::Put { key: key.clone(), value, time_to_live: None };
        let write = store.transact(Transaction { compare: Vec::new(), then: vec![put] });
        let answer = simulation.complete("store", deadline(), write);
        if answer.is_some_and(|answer| answer.is_ok()) {
            acknowledged.push(key);
        }
    }
    simulation.crash("store");
    drop(store);
    let Ok(store) = open() else { return expect(false, || "it does not open again".to_owned()) };
    for key in acknowledged {
        let read = simulation.complete("store", deadline(), store.range(Range::key(key.clone())));
        let found = matches!(read, Some(Ok(answer)) if answer.pairs.len() == 1);
        expect(found, || format!("{} is lost", String::from_utf8_lossy(&key)))?;
    }
    Ok(())
}

#[test]
fn hb_44_acknowledged_and_lost() {
    seeds("hb_44", crate::SEEDS, acknowledged_is_durable);
}

/// Objects with odd content, as an older version or a careless writer may have left them.
fn oddities() -> Vec<(&'static str, Value)> {
    let endless = i64::MAX;
    vec![
        ("replicasets", json!({"kind": "ReplicaSet", "apiVersion": "apps/v1", "spec": {}})),
        (
            "deployments",
            json!({"kind": "Deployment", "apiVersion": "apps/v1", "spec": {
                "replicas": i32::MAX, "minReadySeconds": i32::MAX, "progressDeadlineSeconds": i32::MAX,
                "revisionHistoryLimit": -1, "selector": {"matchLabels": {"app": "odd"}},
                "strategy": {"rollingUpdate": {"maxSurge": "900%", "maxUnavailable": -5}},
                "paused": true, "template": null,
            }}),
        ),
        (
            "statefulsets",
            json!({"kind": "StatefulSet", "apiVersion": "apps/v1", "spec": {
                "replicas": -1, "ordinals": {"start": i32::MAX}, "selector": {"matchLabels": {"a": "b"}},
            }}),
        ),
        (
            "daemonsets",
            json!({"kind": "DaemonSet", "apiVersion": "apps/v1", "spec": {
                "selector": {"matchLabels": {"a": "b"}}, "template": {}, "updateStrategy": {},
            }}),
        ),
        (
            "jobs",
            json!({"kind": "Job", "apiVersion": "batch/v1", "spec": {
                "completions": i32::MIN, "parallelism": -7, "backoffLimit": -1, "suspend": true,
                "activeDeadlineSeconds": endless, "ttlSecondsAfterFinished": i32::MAX,
                "selector": {"matchLabels": {"a": "b"}},
            }}),
        ),
        (
            "cronjobs",
            json!({"kind": "CronJob", "apiVersion": "batch/v1", "spec": {
                "schedule": "61 25 * * 9", "startingDeadlineSeconds": endless,
            }}),
        ),
        ("resourcequotas", json!({"kind": "ResourceQuota", "apiVersion": "v1", "spec": null})),
        (
            "services/specs",
            json!({"kind": "Service", "apiVersion": "v1", "spec": {
                "selector": {"app": "odd"}, "ports": null,
            }}),
        ),
        ("pods", json!({"kind": "Pod", "apiVersion": "v1", "status": {"conditions": null}})),
    ]
}

/// No stored object stops the others from being looked after.
fn odd_objects_stop_nobody(stage: &Stage) -> Verdict {
    for (number, (prefix, mut object)) in oddities().into_iter().enumerate() {
        let name = format!("odd-{number}");
        object["metadata"] = json!({
            "name": name, "namespace": NAMESPACE, "uid": format!("uid-{number}"),
            "creationTimestamp": "2026-01-01T00:00:00Z", "labels": null,
        });
        let key = format!("/registry/{prefix}/{NAMESPACE}/{name}").into_bytes();
        let put = Operation::Put { key, value: object.to_string().into(), time_to_live: None };
        let write = stage.store().transact(Transaction { compare: Vec::new(), then: vec![put] });
        let written = stage.complete("poisoner", seconds(5), write);
        expect(matches!(written, Some(Ok(_))), || "the store refuses".to_owned())?;
    }
    // And one that is no object of its kind at all.
    let key = format!("/registry/replicasets/{NAMESPACE}/odd").into_bytes();
    let odd = json!({"kind": "ReplicaSet", "apiVersion": "apps/v1", "spec": {"replicas": "many"},
        "metadata": {"name": "odd", "namespace": NAMESPACE, "uid": "uid-odd"}});
    let put = Operation::Put { key, value: odd.to_string().into(), time_to_live: None };
    let write = stage.store().transact(Transaction { compare: Vec::new(), then: vec![put] });
    stage.complete("poisoner", seconds(5), write);
    stage.cast("controllers", Role::Controllers(&[]));
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 2))?;
    stage.pass(seconds(20 + stage.roll(20)));
    let pods = names(stage, &PODS).iter().filter(|name| name.starts_with("web-")).count();
    expect(pods == 2, || format!("{pods} pods of 2 beside odd objects"))
}

#[test]
fn hb_10_odd_objects() {
    row("hb_10", odd_objects_stop_nobody);
}
