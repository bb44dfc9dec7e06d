//! Rows: what applies make of objects and their entries, and the laws they keep.

use std::collections::BTreeMap;

use api::{defaults, schema};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// One stored object, and a clock that moves a second per write.
struct Desk {
    resource: &'static ResourceFacts,
    live: Option<Value>,
    second: i64,
}

impl Desk {
    fn config_map() -> Self {
        Self::of("", "configmaps")
    }
    fn of(group: &str, plural: &str) -> Self {
        let resource = builtin().resource(group, "v1", plural);
        Self { resource: resource.expect("served"), live: None, second: 0 }
    }

    fn write(
        &mut self,
        manager: &str,
        act: impl FnOnce(&Ownership<'_>, Option<&Value>) -> Result<Value, ApplyError>,
    ) -> Result<(), ApplyError> {
        self.second += 1;
        let request = Ownership {
            resource: self.resource,
            type_id: self.resource.type_id,
            subresource: "",
            manager,
            api_version: &self.resource.resource.api_version(),
            now: Time::from_seconds(self.second),
            reset_fields: &self.resource.update.reset_fields,
        };
        let written = act(&request, self.live.as_ref())?;
        let mut new =
            schema::decode(builtin(), self.resource.type_id, written).expect("decodes").value;
        defaults::apply(self.resource, &mut new);
        if let Some(live) = &self.live {
            keep_times(live, &mut new);
        }
        new["metadata"]["uid"] = "u".into();
        self.live = Some(new);
        Ok(())
    }
    fn apply_with(
        &mut self,
        manager: &str,
        parts: Value,
        on_conflict: OnConflict,
    ) -> Result<(), ApplyError> {
        let applied = object(self.resource, parts);
        self.write(manager, |request, live| apply(request, live, &applied, on_conflict))
    }
    fn apply(&mut self, manager: &str, parts: Value) {
        self.apply_with(manager, parts, OnConflict::Refuse).expect("no conflict");
    }
    fn force(&mut self, manager: &str, parts: Value) {
        self.apply_with(manager, parts, OnConflict::TakeOver).expect("forced");
    }
    fn refusal(&mut self, manager: &str, parts: Value) -> String {
        self.apply_with(manager, parts, OnConflict::Refuse).expect_err("refused").to_string()
    }
    fn put(&mut self, manager: &str, parts: Value) {
        let mut new = object(self.resource, parts);
        if let Some(entries) =
            self.live.as_ref().and_then(|live| live.pointer("/metadata/managedFields"))
        {
            new["metadata"]["managedFields"] = entries.clone();
        }
        self.write(manager, |request, live| {
            update(request, live, &mut new);
            Ok(new)
        })
        .expect("updates do not conflict");
    }
    fn part(&self, path: &str) -> &Value {
        let live = self.live.as_ref().expect("written");
        live.pointer(path).unwrap_or(&Value::Null)
    }
    fn data(&self) -> &Value {
        self.part("/data")
    }
    /// `A:1 {…}` an entry of an apply, `u:2 {…}` one of an update, with their second.
    fn entries(&self) -> String {
        let list = self.part("/metadata/managedFields").as_array();
        let lines = list.into_iter().flatten().map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default();
            let second = text("time").get(17..19).unwrap_or("--");
            format!("{} {} {second} {}", text("operation"), text("manager"), entry["fieldsV1"])
        });
        lines.collect::<Vec<_>>().join("\n")
    }
    fn check(&self, expected: Expect) {
        expected.assert_eq(&self.entries());
    }
}

fn object(resource: &ResourceFacts, parts: Value) -> Value {
    let mut object = json!({"metadata": {"name": "o"}});
    object["apiVersion"] = resource.resource.api_version().into();
    object["kind"] = (*resource.resource.kind).into();
    for (name, part) in parts.as_object().into_iter().flatten() {
        object[name] = part.clone();
    }
    object
}

fn data(data: Value) -> Value {
    json!({ "data": data })
}

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

/// Keys and values of one manager.
type Wish = BTreeMap<String, u8>;

fn wish() -> impl Strategy<Value = Wish> {
    prop::collection::btree_map("[a-d]", 0..2_u8, 0..4)
}

fn wished(wish: &Wish) -> Value {
    data(wish.iter().map(|(key, value)| (key.clone(), Value::from(value.to_string()))).collect())
}

/// The managers who own a key.
fn owners(desk: &Desk, key: &str) -> Vec<String> {
    let entries = desk.part("/metadata/managedFields").as_array();
    let owning = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry["fieldsV1"]["f:data"].get(format!("f:{key}")).is_some());
    owning.filter_map(|entry| entry["manager"].as_str().map(str::to_owned)).collect()
}

proptest! {
    #[test]
    fn applying_again_changes_nothing(first in wish(), second in wish()) {
        let mut desk = Desk::config_map();
        desk.put("U", wished(&first));
        desk.force("A", wished(&second));
        let once = desk.live.clone();
        desk.apply("A", wished(&second));
        prop_assert_eq!(desk.live, once);
    }

    #[test]
    fn managers_of_different_keys_may_come_in_any_order(a in wish(), b in wish()) {
        let b: Wish = b.into_iter().map(|(key, value)| (format!("{key}{key}"), value)).collect();
        let after = |first: (&str, &Wish), second: (&str, &Wish)| {
            let mut desk = Desk::config_map();
            desk.put("U", data(json!({"u": "1"})));
            desk.apply(first.0, wished(first.1));
            desk.apply(second.0, wished(second.1));
            let mut lines: Vec<String> = desk.entries().lines().map(|line| {
                line.split(' ').enumerate().filter(|(i, _)| *i != 2).map(|(_, word)| word).collect()
            }).collect();
            lines.sort();
            (desk.data().clone(), lines)
        };
        prop_assert_eq!(after(("A", &a), ("B", &b)), after(("B", &b), ("A", &a)));
    }

    #[test]
    fn dropping_removes_exactly_what_nobody_else_owns(a in wish(), b in wish(), kept in wish()) {
        let mut desk = Desk::config_map();
        desk.force("A", wished(&a));
        desk.force("B", wished(&b));
        let owned_by_b: Vec<String> =
            "abcd".chars().map(String::from).filter(|key| owners(&desk, key).contains(&"B".to_owned())).collect();
        let kept: Wish = a.into_iter().filter(|(key, _)| kept.contains_key(key)).collect();
        desk.force("A", wished(&kept));
        for key in "abcd".chars().map(String::from) {
            let is_there = desk.data().get(&key).is_some();
            prop_assert_eq!(is_there, owned_by_b.contains(&key) || kept.contains_key(&key), "{}", key);
        }
    }

    #[test]
    fn entries_own_only_what_is_there_and_can_be_read_back(
        writes in prop::collection::vec((0..3_u8, 0..3_u8, wish()), 1..12),
    ) {
        let mut desk = Desk::config_map();
        for (kind, manager, wish) in &writes {
            let manager = format!("m{manager}");
            match kind {
                0 => desk.put(&manager, wished(wish)),
                1 => desk.force(&manager, wished(wish)),
                _ => { let _ = desk.apply_with(&manager, wished(wish), OnConflict::Refuse); }
            }
            let Some(live) = &desk.live else { continue };
            let stored = live.pointer("/metadata/managedFields").cloned().unwrap_or_default();
            let read: Value = entries::of(live).into_iter().map(entries::Entry::into_value).collect();
            prop_assert_eq!(read.as_array().map_or(0, Vec::len), stored.as_array().map_or(0, Vec::len));
            for entry in stored.as_array().into_iter().flatten() {
                let keys = entry["fieldsV1"]["f:data"].as_object().into_iter().flatten();
                for name in keys.filter_map(|(key, _)| key.strip_prefix("f:")) {
                    prop_assert!(desk.data().get(name).is_some(), "{} is not there", name);
                }
            }
        }
    }
}
