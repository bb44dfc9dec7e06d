//! Hints by traffic distribution.

use expect_test::{Expect, expect};
use serde_json::Value;

use super::{backed, plan, show_lists, stored};

/// The hints of each endpoint of the first slice.
fn check(scene: &str, expected: Expect) {
    let slice = &stored(scene)[0];
    let endpoints = slice["endpoints"].as_array().cloned().unwrap_or_default();
    let hints: Vec<String> = endpoints.iter().map(|e| e["hints"].to_string()).collect();
    expected.assert_eq(&hints.join("\n"));
}

#[test]
fn ready_endpoints_are_for_their_zone_if_it_is_preferred() {
    check(
        "80 traffic=PreferClose | a 10.0.0.1 ready | b 10.0.0.2 ready node=node-2 | c 10.0.0.3",
        expect![[r#"
            {"forZones":[{"name":"zone-0"}]}
            null
            null"#]],
    );
    check("80 | a 10.0.0.1 ready", expect!["null"]);
}
#[test]
fn and_for_their_node_where_that_is_preferred() {
    check(
        "80 traffic=PreferSameNode | a 10.0.0.1 ready",
        expect![[r#"{"forNodes":[{"name":"node-0"}],"forZones":[{"name":"zone-0"}]}"#]],
    );
}
#[test]
fn a_topology_mode_switches_the_distribution_off() {
    check("80 traffic=PreferClose mode=Auto | a 10.0.0.1 ready", expect!["null"]);
}
#[test]
fn slices_that_are_right_but_for_hints_are_written() {
    let (plain, close) = ("80 | a 10.0.0.1 ready", "80 traffic=PreferClose | a 10.0.0.1 ready");
    let change = |before, after| show_lists(&plan(&backed(after, &stored(before))));
    assert_eq!(change(plain, close), "web-0 10.0.0.1@zone-0");
    assert_eq!(change(close, plain), "web-0 10.0.0.1@zone-0");
    assert_eq!(change(close, close), "");
}
#[test]
fn what_is_not_ready_any_more_keeps_its_hints() {
    let scene = "80 traffic=PreferClose | a 10.0.0.1";
    let slices = stored("80 traffic=PreferClose | a 10.0.0.1 ready");
    let plan = plan(&backed(scene, &slices));
    let patch = plan.steps().find_map(|step| match &step.action {
        runtime::Action::Patch { patch, .. } => Some(patch.clone()),
        runtime::Action::Create { .. }
        | runtime::Action::CreateSubresource { .. }
        | runtime::Action::Replace { .. }
        | runtime::Action::Delete { .. }
        | runtime::Action::DeleteCollection { .. }
        | runtime::Action::Announce => None,
    });
    let hints = patch.unwrap_or_default().pointer("/endpoints/0/hints").cloned();
    assert_ne!(hints.unwrap_or(Value::Null), Value::Null);
}
