//! Hints by the capacity of zones.

use api::views::Node;
use expect_test::{Expect, expect};
use runtime::{Action, Controller as _, Plan};
use serde_json::{Value, json};

use super::{
    super::{EndpointSliceController, Memory, Why, topology::Capacity},
    backed,
};

/// Nodes as `zone=processors`; `!` before it: not ready, `*`: of the control plane.
fn capacity(text: &str) -> Capacity {
    let node = |word: &str| -> Node {
        let (name, processors) = word.split_once('=').expect("zone=processors");
        let zone = name.trim_start_matches(['!', '*']);
        let mut labels = json!({"topology.kubernetes.io/zone": zone});
        if name.starts_with('*') {
            labels["node-role.kubernetes.io/control-plane"] = "".into();
        }
        let ready = if name.starts_with('!') { "False" } else { "True" };
        serde_json::from_value(json!({"metadata": {"labels": labels},
            "status": {"allocatable": {"cpu": processors},
                "conditions": [{"type": "Ready", "status": ready}]}}))
        .expect("a node")
    };
    let nodes: Vec<Node> = text.split_whitespace().map(node).collect();
    Capacity::of(&nodes)
}

/// So many ready pods in zone 0, and in zone 1.
fn pods(zones: [usize; 2]) -> String {
    let nodes = (0..2).flat_map(|zone| std::iter::repeat_n(zone, zones[zone]));
    let pods = nodes
        .enumerate()
        .map(|(number, zone)| format!("| p{number} 10.0.{zone}.{number} ready node=node-{zone} "));
    format!("80 mode=Auto {}", pods.collect::<String>())
}

fn planned(memory: &mut Memory, nodes: &str, scene: &str, slices: &[Value]) -> Plan<Why> {
    let mut backed = backed(scene, slices);
    backed.capacity = Some(capacity(nodes));
    EndpointSliceController::plan(memory, &backed, testkit::now())
}

/// Slices as endpoints by `zone>hinted zone`, then what was told.
fn shown(plan: &Plan<Why>) -> String {
    let mut lines = Vec::new();
    for step in plan.steps() {
        let list = match &step.action {
            Action::Create { object, .. } => object,
            Action::Patch { patch, .. } => patch,
            Action::CreateSubresource { .. }
            | Action::Replace { .. }
            | Action::Delete { .. }
            | Action::DeleteCollection { .. }
            | Action::Announce => {
                let event = step.on_success.as_ref().expect("an event");
                lines.push(format!("{}: {}", event.reason, event.message));
                continue;
            }
        };
        let endpoints = list["endpoints"].as_array().into_iter().flatten();
        let hints = endpoints.map(|endpoint| {
            let hint = endpoint.pointer("/hints/forZones/0/name").and_then(Value::as_str);
            format!("{}>{}", endpoint["zone"].as_str().unwrap_or("-"), hint.unwrap_or("-"))
        });
        lines.push(hints.collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

fn check(nodes: &str, scene: &str, expected: Expect) {
    expected.assert_eq(&shown(&planned(&mut Memory::default(), nodes, scene, &[])));
}

#[test]
fn each_zone_gets_its_own_endpoints_where_it_has_enough() {
    check(
        "zone-0=4 zone-1=4",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4
        zone-0>zone-0 zone-0>zone-0 zone-1>zone-1 zone-1>zone-1"#]],
    );
}

#[test]
fn a_zone_that_has_more_gives_to_one_that_has_less() {
    check(
        "zone-0=4 zone-1=4",
        &pods([4, 0]),
        expect![[r#"
        TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4
        zone-0>zone-1 zone-0>zone-1 zone-0>zone-0 zone-0>zone-0"#]],
    );
    check(
        "zone-0=2 zone-1=6",
        &pods([3, 1]),
        expect![[r#"
        TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4
        zone-0>zone-1 zone-0>zone-1 zone-0>zone-0 zone-1>zone-1"#]],
    );
}

#[test]
fn without_a_sound_capacity_there_are_no_hints() {
    check(
        "zone-0=4",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4
        zone-0>- zone-0>- zone-1>- zone-1>-"#]],
    );
    check(
        "zone-0=4 zone-1=0",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4
        zone-0>- zone-0>- zone-1>- zone-1>-"#]],
    );
    check(
        "zone-0=4 =4",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4
        zone-0>- zone-0>- zone-1>- zone-1>-"#]],
    );
    check(
        "zone-0=4 !zone-1=4",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4
        zone-0>- zone-0>- zone-1>- zone-1>-"#]],
    );
    check(
        "zone-0=4 *zone-1=4",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4
        zone-0>- zone-0>- zone-1>- zone-1>-"#]],
    );
    check(
        "zone-0=4 zone-1=4 !zone-2=4",
        &pods([1, 1]),
        expect![[r#"
        TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4
        zone-0>zone-0 zone-1>zone-1"#]],
    );
}

#[test]
fn too_few_endpoints_have_no_hints() {
    check(
        "zone-0=4 zone-1=4",
        &pods([1, 0]),
        expect![[r#"
        TopologyAwareHintsDisabled: Insufficient number of endpoints (1 endpoints, 2 zones), addressType: IPv4
        zone-0>-"#]],
    );
    check(
        "a=1 b=1 c=1 d=1",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4
        zone-0>zone-0 zone-0>zone-0 zone-1>zone-1 zone-1>zone-1"#]],
    );
    check(
        "zone-0=1 zone-1=1 zone-2=1",
        &pods([2, 2]),
        expect![[r#"
        TopologyAwareHintsDisabled: Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, 3 zones), addressType: IPv4
        zone-0>- zone-0>- zone-1>- zone-1>-"#]],
    );
}

#[test]
fn an_endpoint_in_no_zone_ends_it_and_one_that_is_not_ready_has_none() {
    let nowhere = pods([3, 2]) + "| x 10.0.9.9 ready node=node-2";
    check(
        "zone-0=4 zone-1=4",
        &nowhere,
        expect![[r#"
        TopologyAwareHintsDisabled: One or more endpoints do not have a zone specified, addressType: IPv4
        zone-0>- zone-0>- zone-0>- zone-1>- zone-1>- ->-"#]],
    );
    let unready = pods([2, 2]) + "| x 10.0.9.9 node=node-2";
    check(
        "zone-0=4 zone-1=4",
        &unready,
        expect![[r#"
        TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4
        zone-0>zone-0 zone-0>zone-0 zone-1>zone-1 zone-1>zone-1 ->-"#]],
    );
}

#[test]
fn hints_that_fit_stay_and_beginning_and_end_are_told_once() {
    let (nodes, scene) = ("zone-0=4 zone-1=4", pods([4, 0]));
    let mut memory = Memory::default();
    let first = planned(&mut memory, nodes, &scene, &[]);
    let slice = first.steps().find_map(|step| {
        let Action::Create { object, .. } = &step.action else { return None };
        Some(object.clone())
    });
    let mut slice = slice.expect("a slice");
    slice["metadata"]["name"] = "web-0".into();
    slice["metadata"]["uid"] = "web-0".into();
    let again = planned(&mut memory, nodes, &scene, &[slice.clone()]);
    assert_eq!(shown(&again), "");
    let lost = planned(&mut memory, "zone-0=4", &scene, &[slice.clone()]);
    expect![[r#"
        TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4
        zone-0>- zone-0>- zone-0>- zone-0>-"#]].assert_eq(&shown(&lost));
    planned(&mut memory, nodes, &scene, &[slice.clone()]);
    let off = backed(&scene.replace("mode=Auto", ""), &[slice]);
    let off = EndpointSliceController::plan(&mut memory, &off, testkit::now());
    expect![[r#"
        TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4
        zone-0>- zone-0>- zone-0>- zone-0>-"#]]
    .assert_eq(&shown(&off));
}
