//! Rows about Endpoints and their slices: 26 to 28.

use std::time::Duration;

use api::resources::{ENDPOINT_SLICES, ENDPOINTS, PODS, SERVICES};
use serde_json::{Value, json};
use sim::stage::{Role, Stage, expect};

use crate::{
    Verdict,
    objects::{NAMESPACE, key, pod, running, service},
    row,
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// That nothing has to be done is seen only by who sees the own last write.
fn readiness_that_flickers_is_published(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["endpoints-controller"]));
    stage.create(&SERVICES, NAMESPACE, &service("web"))?;
    stage.create(&PODS, NAMESPACE, &pod("web-0", "web"))?;
    running(stage, "web-0", true)?;
    stage.pass(seconds(3));
    stage.hold("controllers", "endpoints");
    running(stage, "web-0", false)?;
    stage.pass(Duration::from_millis(50 + stage.roll(50)));
    running(stage, "web-0", true)?;
    stage.pass(seconds(2));
    // What is held now is never told: the watch ends and goes on from the last state that it knows.
    stage.coalesce("controllers", "endpoints");
    stage.release("controllers", "endpoints");
    stage.pass(seconds(1));
    let published = stage.get(&ENDPOINTS, &key("web")).unwrap_or_default();
    let addresses = published["subsets"][0]["addresses"].as_array().map_or(0, Vec::len);
    expect(addresses == 1, || format!("{published} lacks the ready pod"))
}

#[test]
fn hb_26_own_write_not_seen() {
    row("hb_26", readiness_that_flickers_is_published);
}

fn endpoints_of(slices: &[Value]) -> Vec<String> {
    let endpoints = slices.iter().filter_map(|slice| slice["endpoints"].as_array()).flatten();
    endpoints.map(|endpoint| endpoint["addresses"][0].to_string()).collect()
}

/// Two looks before the first one's slices are seen make no second set of them.
fn slices_are_made_once(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["endpointslice-controller"]));
    stage.pass(seconds(3));
    stage.hold("controllers", "endpointslices");
    for number in 0..12 {
        let name = format!("web-{number}");
        stage.create(&PODS, NAMESPACE, &pod(&name, "web"))?;
        running(stage, &name, true)?;
    }
    stage.create(&SERVICES, NAMESPACE, &service("web"))?;
    stage.pass(Duration::from_millis(500 + stage.roll(1500)));
    running(stage, "web-3", false)?;
    stage.pass(seconds(2));
    stage.release("controllers", "endpointslices");
    stage.settle()?;
    let slices = stage.list(&ENDPOINT_SLICES, NAMESPACE);
    let of_web =
        |slice: &&Value| slice["metadata"]["labels"]["kubernetes.io/service-name"] == json!("web");
    let slices: Vec<Value> = slices.iter().filter(of_web).cloned().collect();
    let mut endpoints = endpoints_of(&slices);
    let all = endpoints.len();
    endpoints.sort();
    endpoints.dedup();
    expect((slices.len(), all) == (1, endpoints.len()), || {
        format!(
            "{} slices with {all} endpoints, {} of them different",
            slices.len(),
            endpoints.len()
        )
    })?;
    let past = stage.past("/registry/endpointslices/default/web");
    let made = past.iter().filter(|state| state.before.is_none()).count();
    expect(made == 1, || format!("{made} slices were made"))
}

#[test]
fn hb_27_slices_twice() {
    row("hb_27", slices_are_made_once);
}

/// Endpoints whose service is not seen yet are not cleaned up.
fn endpoints_wait_for_their_service(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(&["endpoints-controller"]));
    stage.pass(seconds(3));
    stage.hold("controllers", "services");
    stage.create(&SERVICES, NAMESPACE, &service("web"))?;
    let labels = json!({"endpoints.kubernetes.io/managed-by": "endpoint-controller"});
    let endpoints = json!({"metadata": {"name": "web", "labels": labels}});
    stage.create(&ENDPOINTS, NAMESPACE, &endpoints)?;
    stage.pass(seconds(3 + stage.roll(8)));
    stage.release("controllers", "services");
    stage.settle()?;
    let past = stage.past("/registry/services/endpoints/default/web");
    let deleted = past.iter().filter(|state| state.now.is_none()).count();
    expect(deleted == 0, || format!("live endpoints were deleted {deleted} times"))
}

#[test]
fn hb_28_service_not_yet_cached() {
    row("hb_28", endpoints_wait_for_their_service);
}
