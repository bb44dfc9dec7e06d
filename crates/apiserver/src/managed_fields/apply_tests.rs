//! Rows: what applies make of objects and their entries.

use api::catalog::builtin;
use expect_test::expect;
use serde_json::{Value, json};

use super::{
    desk::{Desk, data, object},
    *,
};

#[test]
fn worked_examples_1_to_11_two_appliers_share_and_drop_keys() {
    let mut desk = Desk::config_map();
    desk.apply("A", data(json!({"a": "1", "b": "1"})));
    desk.apply("B", data(json!({"b": "1", "c": "1"})));
    desk.check(expect![[r#"
        Apply A 01 {"f:data":{"f:a":{},"f:b":{}}}
        Apply B 02 {"f:data":{"f:b":{},"f:c":{}}}"#]]);
    assert_eq!(
        desk.refusal("B", data(json!({"b": "2"}))),
        r#"Apply failed with 1 conflict: conflict with "A": .data.b"#
    );
    assert_eq!(
        desk.refusal("B", data(json!({"a": "2", "b": "2"}))),
        "Apply failed with 2 conflicts: conflicts with \"A\":\n- .data.a\n- .data.b"
    );
    desk.force("B", data(json!({"b": "2", "c": "1"})));
    assert_eq!(*desk.data(), json!({"a": "1", "b": "2", "c": "1"}));
    desk.apply("A", data(json!({"a": "1"})));
    desk.check(expect![[r#"
        Apply A 01 {"f:data":{"f:a":{}}}
        Apply B 05 {"f:data":{"f:b":{},"f:c":{}}}"#]]);
    desk.apply("B", data(json!({"b": "2"})));
    assert_eq!(*desk.data(), json!({"a": "1", "b": "2"}));
    desk.apply("B", data(json!({})));
    assert_eq!(*desk.data(), json!({"a": "1"}));
    desk.check(expect![[r#"
        Apply A 01 {"f:data":{"f:a":{}}}
        Apply B 08 {"f:data":{}}"#]]);
    desk.apply("B", json!({}));
    desk.apply("A", data(json!({})));
    assert_eq!(*desk.data(), Value::Null);
    desk.apply("A", json!({}));
    desk.check(expect![""]);
}

#[test]
fn worked_examples_13_to_18_updates_take_what_they_change() {
    let mut desk = Desk::config_map();
    desk.apply("A", data(json!({"n": "1"})));
    desk.put("U", data(json!({"a": "1", "z": "9"})));
    desk.check(expect![[r#"Update U 02 {"f:data":{"f:a":{},"f:z":{}}}"#]]);
    assert_eq!(
        desk.refusal("A", data(json!({"z": "8"}))),
        r#"Apply failed with 1 conflict: conflict with "U" using v1: .data.z"#
    );
    desk.apply("A", data(json!({"z": "9"})));
    desk.check(expect![[r#"
        Apply A -- {"f:data":{"f:z":{}}}
        Update U 02 {"f:data":{"f:a":{},"f:z":{}}}"#]]);
    desk.put("U", data(json!({"a": "1", "z": "10"})));
    desk.check(expect![[r#"Update U 05 {"f:data":{"f:a":{},"f:z":{}}}"#]]);
    desk.put("V", data(json!({"a": "1", "z": "10", "x": "1", "y": "1"})));
    assert_eq!(
        desk.refusal("A", data(json!({"y": "2", "x": "2", "a": "3"}))),
        "Apply failed with 3 conflicts: conflicts with \"U\" using v1:\n- .data.a\nconflicts with \"V\" using v1:\n- .data.x\n- .data.y"
    );
}

#[test]
fn what_was_there_before_the_first_apply_has_an_owner_then() {
    let mut desk = Desk::config_map();
    desk.live = Some(object(desk.resource, data(json!({"a": "1"}))));
    assert_eq!(
        desk.refusal("A", data(json!({"a": "2"}))),
        r#"Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a"#
    );
    desk.apply("A", data(json!({"b": "1"})));
    desk.check(expect![[r#"
        Apply A 02 {"f:data":{"f:b":{}}}
        Update before-first-apply 02 {"f:data":{".":{},"f:a":{}}}"#]]);
}

fn service(ports: Value) -> Value {
    json!({"spec": {"ports": ports}})
}

#[test]
fn worked_example_20_a_port_goes_with_its_only_owner() {
    let mut desk = Desk::of("", "services");
    desk.apply("A", service(json!([{"name": "a", "port": 80}])));
    desk.apply("B", service(json!([{"name": "b", "port": 81}])));
    desk.apply("B", service(json!([{"name": "u", "port": 80, "protocol": "UDP"}])));
    let ports = desk.part("/spec/ports").as_array().into_iter().flatten();
    let ports: Vec<String> = ports.map(|p| format!("{}/{}", p["port"], p["protocol"])).collect();
    assert_eq!(ports, ["80/\"TCP\"", "80/\"UDP\""]);
    desk.check(expect![[r#"
        Apply A 01 {"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{}}}}}
        Apply B 03 {"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"UDP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{}}}}}"#]]);
}

fn pod(containers: Value) -> Value {
    json!({"spec": {"containers": containers}})
}

#[test]
fn applied_items_keep_their_order_and_live_ones_their_place() {
    let item = |name: char| json!({"name": name, "image": "i"});
    let items = |names: &str| -> Value { names.chars().map(item).collect() };
    for (live, applied, wanted) in [
        ("abcd", "db", "acdb"),
        ("abcd", "nb", "anbcd"),
        ("abcd", "dna", "bcdna"),
        ("ab", "cb", "acb"),
        ("", "ba", "ba"),
    ] {
        let mut desk = Desk::of("", "pods");
        desk.put("U", pod(items(live)));
        desk.apply("A", pod(items(applied)));
        let found = desk.part("/spec/containers").as_array().into_iter().flatten();
        let found: String = found.filter_map(|item| item["name"].as_str()).collect();
        assert_eq!(found, wanted, "{live} with {applied}");
    }
}

#[test]
fn an_item_goes_with_what_others_own_in_it() {
    let mut desk = Desk::of("", "pods");
    desk.apply("A", pod(json!([{"name": "a", "image": "i"}, {"name": "b", "image": "i"}])));
    desk.put("U", pod(json!([{"name": "a", "image": "i"}, {"name": "b", "image": "j"}])));
    desk.apply("A", pod(json!([{"name": "a", "image": "i"}])));
    assert_eq!(desk.part("/spec/containers/1"), &Value::Null);
    assert!(!desk.entries().contains("image\":{}}},\"k:{\\\"name\\\":\\\"b"));
}

#[test]
fn what_is_atomic_is_owned_and_refused_as_a_whole() {
    let mut desk = Desk::of("", "services");
    desk.apply("A", json!({"spec": {"selector": {"a": "1"}}}));
    assert_eq!(
        desk.refusal("B", json!({"spec": {"selector": {"b": "1"}}})),
        r#"Apply failed with 1 conflict: conflict with "A": .spec.selector"#
    );
}

#[test]
fn worked_example_26_what_the_last_owner_drops_falls_back_to_its_default() {
    let spec = |replicas: Value| {
        let labels = json!({"a": "b"});
        let mut spec = json!({"selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}}});
        if !replicas.is_null() {
            spec["replicas"] = replicas;
        }
        json!({ "spec": spec })
    };
    let mut desk = Desk::of("apps", "deployments");
    desk.apply("A", spec(json!(0)));
    assert_eq!(*desk.part("/spec/replicas"), json!(0));
    desk.apply("A", spec(Value::Null));
    assert_eq!(*desk.part("/spec/replicas"), json!(1));
    assert!(!desk.entries().contains("f:replicas"));
}

#[test]
fn what_does_not_fit_the_schema_is_named_with_its_path() {
    for (parts, wanted) in [
        (json!({"spec": {"nope": 1}}), ".spec.nope: field not declared in schema"),
        (
            pod(json!([{"name": 1}])),
            r#".spec.containers[name=1].name: expected string, got &value.valueUnstructured{Value:1}"#,
        ),
        (
            json!({"spec": {"priority": "x"}}),
            ".spec.priority: expected numeric (int or float), got string",
        ),
        (json!({"spec": {"hostPID": "x"}}), ".spec.hostPID: expected boolean, got &{x}"),
        (json!({"spec": "x"}), ".spec: expected map, got &{x}"),
        (json!({"spec": {"containers": "x"}}), ".spec.containers: expected list, got &{x}"),
        (
            pod(json!([{"name": "q"}, {"name": "q"}])),
            r#".spec.containers: duplicate entries for key [name="q"]"#,
        ),
        (
            pod(json!([null])),
            ".spec.containers: element 0: associative list with keys may not have a null element",
        ),
        (
            json!({"spec": {"x": 1}, "metadata": {"finalizers": [null]}}),
            "errors:\n  .metadata.finalizers: element 0: associative list without keys has an element that's an explicit null\n  .spec.x: field not declared in schema",
        ),
        (json!({"metadata": {"managedFields": []}}), "metadata.managedFields must be nil"),
    ] {
        let shown = parts.to_string();
        let refusal = Desk::of("", "pods").apply_with("A", parts, OnConflict::Refuse);
        assert_eq!(refusal.map_err(|error| error.to_string()), Err(wanted.to_owned()), "{shown}");
    }
}

#[test]
fn kubectl_is_forgiven_what_it_applied_on_its_own_side() {
    let last = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"o"},"data":{"a":"1","b":"0"}}"#;
    let mut desk = Desk::config_map();
    let mut parts = data(json!({"a": "1", "b": "1"}));
    let annotation = "kubectl.kubernetes.io/last-applied-configuration";
    parts["metadata"] = json!({"name": "o", "annotations": {annotation: last}});
    desk.put("kubectl-client-side-apply", parts);
    assert_eq!(
        desk.refusal("kubectl", data(json!({"a": "2", "b": "2"}))),
        r#"Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.b"#
    );
    assert!(desk.refusal("other", data(json!({"a": "2"}))).ends_with(".data.a"));
    desk.apply("kubectl", data(json!({"a": "2"})));
    assert_eq!(*desk.data(), json!({"a": "2", "b": "1"}));
    assert_eq!(
        desk.part("/metadata/annotations")[annotation],
        "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"o\"}}\n"
    );
}

#[test]
fn what_an_apply_gives_up_in_metadata_takes_no_names_along() {
    let mut desk = Desk::config_map();
    desk.apply("A", json!({"metadata": {"name": "o", "annotations": {"a": "1"}}}));
    desk.apply("A", data(json!({"a": "1"})));
    assert_eq!(desk.part("/metadata/name"), "o");
    assert!(desk.part("/metadata/annotations").is_null());
}

#[test]
fn check_pa_88_sets_of_another_version_are_read_in_it() {
    let mut desk = Desk::of("autoscaling", "horizontalpodautoscalers");
    let target = json!({"kind": "Deployment", "name": "d"});
    desk.resource =
        builtin().resource("autoscaling", "v1", "horizontalpodautoscalers").expect("served");
    desk.apply("A", json!({"spec": {"maxReplicas": 3, "scaleTargetRef": target}}));
    desk.check(expect![[r#"Apply A 01 {"f:spec":{"f:maxReplicas":{},"f:scaleTargetRef":{}}}"#]]);
    desk.resource =
        builtin().resource("autoscaling", "v2", "horizontalpodautoscalers").expect("served");
    if let Some(live) = &mut desk.live {
        live["apiVersion"] = "autoscaling/v2".into();
    }
    desk.apply("A", json!({"spec": {"maxReplicas": 3, "scaleTargetRef": target}}));
    desk.check(expect![[
        r#"Apply A 01 {"f:spec":{"f:maxReplicas":{},"f:scaleTargetRef":{"f:kind":{},"f:name":{}}}}"#
    ]]);
}
