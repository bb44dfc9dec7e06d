//! Rows about quotas: 31 and 32.

use std::time::Duration;

use api::resources::{PODS, RESOURCE_QUOTAS};
use client::{Method, Request, WriteOptions};
use serde_json::json;
use sim::stage::{Fate, Requests, Role, Stage, expect};

use crate::{
    Verdict,
    objects::{NAMESPACE, key, names, pod, pods_made},
    row,
};

const CONTROLLERS: &[&str] = &["resourcequota-controller"];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn used(stage: &Stage) -> String {
    let quota = stage.get(&RESOURCE_QUOTAS, &key("limit")).unwrap_or_default();
    quota["status"]["used"]["pods"].as_str().unwrap_or_default().to_owned()
}

/// A kind that cannot be listed holds up no count but its own.
fn one_bad_kind_stops_nobody(stage: &Stage) -> Verdict {
    let path = "/configmaps";
    let lists = Requests { by: "controllers", method: Method::Get, path, times: 100_000 };
    stage.fault(lists, Fate::Refused(500));
    stage.cast("controllers", Role::Controllers(CONTROLLERS));
    let hard = json!({"pods": "10", "configmaps": "10"});
    let quota = json!({"metadata": {"name": "limit"}, "spec": {"hard": hard}});
    stage.create(&RESOURCE_QUOTAS, NAMESPACE, &quota)?;
    stage.pass(seconds(5));
    for number in 0..4 {
        stage.create(&PODS, NAMESPACE, &pod(&format!("p-{number}"), "web"))?;
    }
    stage.pass(seconds(stage.roll(5)));
    stage.kill(&PODS, &key("p-1"))?;
    stage.pass(seconds(30));
    let used = used(stage);
    expect(used == "3", || format!("{used:?} used of 3 pods"))
}

#[test]
fn hb_31_one_bad_kind() {
    row("hb_31", one_bad_kind_stops_nobody);
}

/// What was not created is not charged, whatever refused it and whoever did not hear of it.
fn refused_objects_cost_nothing(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(CONTROLLERS));
    let quota = json!({"metadata": {"name": "limit"}, "spec": {"hard": {"pods": "100"}}});
    stage.create(&RESOURCE_QUOTAS, NAMESPACE, &quota)?;
    stage.pass(seconds(3));
    stage.create(&PODS, NAMESPACE, &pod("p", "web"))?;
    for _ in 0..3 + stage.roll(5) {
        let again = Request::create(&PODS, NAMESPACE, &pod("p", "web"), &WriteOptions::default());
        let refused = stage.ask(again).is_err_and(|error| error.is_already_exists());
        expect(refused, || "a pod was created twice".to_owned())?;
    }
    never_ahead(stage)?;
    stage.pass(seconds(10));
    let (used, there) = (used(stage), names(stage, &PODS).len().to_string());
    expect(used == there, || format!("{used:?} used of {there} pods"))
}

/// A charge is mended in the end by whoever counts anew; but at no revision there may be one without
/// its pod.
fn never_ahead(stage: &Stage) -> Verdict {
    let made: Vec<u64> = pods_made(stage).iter().map(|state| state.revision).collect();
    for state in stage.past("/registry/resourcequotas/") {
        let used = state.now.as_ref().and_then(|quota| quota["status"]["used"]["pods"].as_str());
        let used: usize = used.and_then(|used| used.parse().ok()).unwrap_or(0);
        let there = made.iter().filter(|revision| **revision <= state.revision).count();
        expect(used <= there, || format!("{used} used of {there} pods at {}", state.revision))?;
    }
    Ok(())
}

#[test]
fn hb_32_charged_for_nothing() {
    row("hb_32", refused_objects_cost_nothing);
}
