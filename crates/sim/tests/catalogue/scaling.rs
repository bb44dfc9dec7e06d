//! Rows about budgets of disruption and autoscaling: 29 and 30.

use std::time::Duration;

use api::resources::{HORIZONTAL_POD_AUTOSCALERS, POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS};
use client::{Method, Request, WriteOptions};
use serde_json::{Value, json};
use sim::stage::{Fate, Requests, Role, Stage, expect};

use crate::{
    Verdict,
    objects::{NAMESPACE, key, names, pod, running, workload},
    row,
};

const CPU: &str = "100m";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Asks for the eviction of a pod; answers whether it was granted.
fn evict(stage: &Stage, pod: &str) -> bool {
    let eviction = json!({"metadata": {"name": pod, "namespace": NAMESPACE}});
    let request = Request::update(&PODS, &key(pod), &eviction, &WriteOptions::default());
    stage.ask(Request { method: Method::Post, ..request.subresource("eviction") }).is_ok()
}

/// A count that was made before evictions is not written over them: no more are granted than the
/// budget has.
fn a_late_count_forgets_no_eviction(stage: &Stage) -> Verdict {
    for number in 0..4 {
        let name = format!("web-{number}");
        stage.create(&PODS, NAMESPACE, &pod(&name, "web"))?;
        running(stage, &name, number < 3)?;
    }
    let spec = json!({"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}});
    let budget = json!({"metadata": {"name": "web"}, "spec": spec});
    stage.create(&POD_DISRUPTION_BUDGETS, NAMESPACE, &budget)?;
    stage.cast("controllers", Role::Controllers(&["disruption-controller"]));
    stage.pass(seconds(3));
    for method in [Method::Patch, Method::Put] {
        let path = "/poddisruptionbudgets/";
        let counts = Requests { by: "controllers", method, path, times: 1 };
        stage.fault(counts, Fate::Late(seconds(1)));
    }
    running(stage, "web-3", true)?;
    stage.pass(Duration::from_millis(200 + stage.roll(200)));
    for plural in ["pods", "poddisruptionbudgets"] {
        stage.hold("controllers", plural);
    }
    let early = ["web-0", "web-1"].map(|pod| evict(stage, pod));
    expect(early == [true; 2], || format!("{early:?} granted of a budget of two"))?;
    stage.pass(seconds(2));
    let late = ["web-2", "web-3"].map(|pod| evict(stage, pod));
    let left = names(stage, &PODS).len();
    expect(left > 0, || format!("all are evicted, {late:?} after a late count"))?;
    stage.settle()?;
    let status = stage.get(&POD_DISRUPTION_BUDGETS, &key("web")).unwrap_or_default();
    let (healthy, ready) = (&status["status"]["currentHealthy"], names(stage, &PODS).len());
    expect(*healthy == json!(ready), || format!("{healthy} of {ready} counted at rest"))
}

#[test]
fn hb_29_count_over_evictions() {
    row("hb_29", a_late_count_forgets_no_eviction);
}

fn autoscaler() -> Value {
    let target = json!({"type": "Utilization", "averageUtilization": 50});
    let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
    let scaled = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web"});
    json!({
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": scaled, "minReplicas": 2, "maxReplicas": 10, "metrics": [metric],
        },
    })
}

/// What the metrics server says of the first so many pods: each uses four tenths.
fn metrics(pods: u64) -> Value {
    let sample = |number| {
        let usage = json!({"cpu": "40m", "memory": "1Mi"});
        json!({
            "metadata": {"name": format!("web-{number}"), "namespace": NAMESPACE},
            "timestamp": "2026-01-01T00:09:00Z", "window": "30s",
            "containers": [{"name": "app", "usage": usage}],
        })
    };
    let samples: Vec<Value> = (0..pods).map(sample).collect();
    json!({"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "items": samples})
}

/// More pods than are wanted, each with too little to do, are no reason for more.
fn a_surge_is_no_load(stage: &Stage) -> Verdict {
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 4))?;
    let pods = 8 + stage.roll(3);
    for number in 0..pods {
        let name = format!("web-{number}");
        let mut surplus = pod(&name, "web");
        surplus["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": CPU}});
        stage.create(&PODS, NAMESPACE, &surplus)?;
        running(stage, &name, true)?;
        let started = json!({"startTime": "2026-01-01T00:00:00Z"});
        stage.patch_status(&PODS, &key(&name), &started)?;
    }
    stage.pass(Duration::from_mins(10));
    stage.answer("/apis/metrics.k8s.io/", &metrics(pods));
    stage.create(&HORIZONTAL_POD_AUTOSCALERS, NAMESPACE, &autoscaler())?;
    stage.cast("controllers", Role::Controllers(&["horizontal-pod-autoscaler-controller"]));
    stage.pass(Duration::from_mins(1));
    let status = stage.get(&HORIZONTAL_POD_AUTOSCALERS, &key("web")).unwrap_or_default();
    let current = &status["status"]["currentMetrics"][0]["resource"]["current"];
    expect(current["averageUtilization"] == json!(40), || format!("{status} sees no metrics"))?;
    let past = stage.past("/registry/replicasets/");
    let sizes = past.iter().filter_map(|state| state.now.as_ref()?["spec"]["replicas"].as_i64());
    let most = sizes.max().unwrap_or(0);
    expect(most == 4, || format!("scaled to {most} with too little to do"))
}

#[test]
fn hb_30_surge_without_load() {
    row("hb_30", a_surge_is_no_load);
}
