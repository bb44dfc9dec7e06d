//! Rows: what writes do to the entries of real kinds.

use std::collections::BTreeMap;

use api::catalog::builtin;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A write by a manager at a second of the day; the body carries the stored entries along, as one
/// that was read and changed does.
struct Write<'a> {
    group: &'a str,
    plural: &'a str,
    subresource: &'a str,
    manager: &'a str,
    second: i64,
}

impl<'a> Write<'a> {
    fn config_map(manager: &'a str, second: i64) -> Self {
        Self { group: "", plural: "configmaps", subresource: "", manager, second }
    }
    fn deployment(subresource: &'a str, manager: &'a str, second: i64) -> Self {
        Self { group: "apps", plural: "deployments", subresource, manager, second }
    }
    /// The stored object after the write of `body`.
    fn of(&self, old: Option<&Value>, body: &Value) -> Value {
        let mut new = body.clone();
        if let Some(entries) = old.and_then(|old| old.pointer("/metadata/managedFields")) {
            new["metadata"]["managedFields"] = entries.clone();
        }
        self.exactly(old, new)
    }
    /// As [`Write::of`], with the entries that the body has.
    fn exactly(&self, old: Option<&Value>, mut new: Value) -> Value {
        let resource = builtin().resource(self.group, "v1", self.plural).expect("served");
        let reset_fields = match self.subresource {
            "" => &resource.update.reset_fields,
            name => &resource.subresource(name).expect("served").update.reset_fields,
        };
        let request = Ownership {
            resource,
            catalog: builtin(),
            type_id: resource.type_id,
            subresource: self.subresource,
            manager: self.manager,
            api_version: &resource.resource.api_version(),
            now: Time::from_seconds(self.second),
            reset_fields,
        };
        update(&request, old, &mut new);
        new["metadata"]["uid"] = "u".into();
        new
    }
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

/// One line an entry: second, manager, subresource, fields.
fn entries(object: &Value) -> String {
    let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let lines = list.into_iter().flatten().map(|entry| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let time: &str = text("time");
        let second = time.get(17..19).unwrap_or("--");
        let subresource = match text("subresource") {
            "" => String::new(),
            name => format!("/{name}"),
        };
        format!("{second} {}{subresource} {}", text("manager"), entry["fieldsV1"])
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(object: &Value, expected: Expect) {
    expected.assert_eq(&entries(object));
}

#[test]
fn the_creator_owns_its_fields_and_the_maps_it_made() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1", "z": "9"})));
    check(&created, expect![[r#"01 U {"f:data":{".":{},"f:a":{},"f:z":{}}}"#]]);
}

#[test]
fn a_later_writer_owns_its_key_alone_and_takes_it_from_others() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1", "z": "9"})));
    let body = config_map(json!({"a": "1", "z": "10", "y": "1"}));
    let written = Write::config_map("V", 2).of(Some(&created), &body);
    check(
        &written,
        expect![[r#"
            01 U {"f:data":{".":{},"f:a":{}}}
            02 V {"f:data":{"f:y":{},"f:z":{}}}"#]],
    );
}

#[test]
fn removing_a_field_takes_it_from_everybody_and_moves_no_time() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1", "z": "9"})));
    let written = Write::config_map("V", 2).of(Some(&created), &config_map(json!({"a": "1"})));
    check(&written, expect![[r#"01 U {"f:data":{".":{},"f:a":{}}}"#]]);
    let gone = json!({"metadata": {"name": "c"}});
    check(&Write::config_map("V", 3).of(Some(&written), &gone), expect![[""]]);
}

#[test]
fn writing_an_equal_value_gains_nothing() {
    let body = config_map(json!({"a": "1"}));
    let created = Write::config_map("U", 1).of(None, &body);
    let written = Write::config_map("V", 2).of(Some(&created), &body);
    assert_eq!(entries(&written), entries(&created));
}

#[test]
fn the_same_manager_keeps_one_entry_whose_time_moves_with_its_fields() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1"})));
    let body = config_map(json!({"a": "1", "b": "1"}));
    let written = Write::config_map("U", 2).of(Some(&created), &body);
    check(&written, expect![[r#"02 U {"f:data":{".":{},"f:a":{},"f:b":{}}}"#]]);
}

#[test]
fn metadata_of_the_server_is_nobodys() {
    let body = json!({
        "metadata": {
            "name": "c", "namespace": "n", "generation": 1, "creationTimestamp": null,
            "labels": {"x": "y"}, "finalizers": ["b", "a"],
            "ownerReferences": [{"uid": "u1", "kind": "K", "name": "o"}],
        },
    });
    check(
        &Write::config_map("U", 1).of(None, &body),
        expect![[
            r#"01 U {"f:metadata":{"f:finalizers":{".":{},"v:\"a\"":{},"v:\"b\"":{}},"f:labels":{".":{},"f:x":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"u1\"}":{}}}}"#
        ]],
    );
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [{
                        "name": "web", "image": "i:1",
                        "ports": [{"containerPort": 80, "protocol": "TCP"}],
                    }],
                },
            },
        },
    })
}

#[test]
fn structs_that_are_always_there_are_nobodys_and_lists_are_owned_by_item() {
    check(
        &Write::deployment("", "kubectl", 1).of(None, &deployment()),
        expect![[
            r#"01 kubectl {"f:spec":{"f:replicas":{},"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{}},"f:type":{}},"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}},"f:resources":{}}}}}}}"#
        ]],
    );
}

#[test]
fn the_status_is_recorded_by_subresource_and_not_through_the_object() {
    let mut body = deployment();
    body["status"] = json!({"replicas": 1});
    let created = Write::deployment("", "kubectl", 1).of(None, &body);
    assert!(!entries(&created).contains("f:status"));
    body["status"] =
        json!({"replicas": 2, "conditions": [{"type": "Available", "status": "True"}]});
    body["metadata"]["labels"] = json!({"not": "taken"});
    body["metadata"]["annotations"] = json!({"is": "taken"});
    body["spec"]["replicas"] = 5.into();
    let written = Write::deployment("status", "manager", 2).of(Some(&created), &body);
    let last = entries(&written);
    expect![[r#"02 manager/status {"f:metadata":{"f:annotations":{".":{},"f:is":{}}},"f:status":{"f:conditions":{".":{},"k:{\"type\":\"Available\"}":{".":{},"f:lastTransitionTime":{},"f:lastUpdateTime":{},"f:status":{},"f:type":{}}},"f:replicas":{}}}"#]]
        .assert_eq(last.lines().next_back().unwrap_or_default());
}

#[test]
fn an_item_that_goes_leaves_all_entries_with_what_others_own_in_it() {
    let created = Write::deployment("", "A", 1).of(None, &deployment());
    let mut body = deployment();
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "i:2".into();
    let written = Write::deployment("", "B", 2).of(Some(&created), &body);
    assert!(entries(&written).ends_with(
        r#"02 B {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{}}}}}}}"#
    ));
    body["spec"]["template"]["spec"]["containers"] = json!([{"name": "other", "image": "i:2"}]);
    let replaced = Write::deployment("", "C", 3).of(Some(&written), &body);
    assert!(!entries(&replaced).contains(r#""web\"#));
    assert!(entries(&replaced).ends_with(
        r#"03 C {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"other\"}":{".":{},"f:image":{},"f:name":{},"f:resources":{}}}}}}}"#
    ));
}

#[test]
fn the_order_of_items_is_nobodys() {
    let mut body = deployment();
    body["spec"]["template"]["spec"]["containers"] = json!([{"name": "a"}, {"name": "b"}]);
    let created = Write::deployment("", "A", 1).of(None, &body);
    body["spec"]["template"]["spec"]["containers"] = json!([{"name": "b"}, {"name": "a"}]);
    let written = Write::deployment("", "B", 2).of(Some(&created), &body);
    assert_eq!(entries(&written), entries(&created));
}

#[test]
fn a_zero_that_json_spells_out_equals_one_that_it_leaves_out() {
    let created = Write::deployment("", "A", 1).of(None, &deployment());
    let mut body = deployment();
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({});
    body["status"] = json!({});
    let written = Write::deployment("", "B", 2).of(Some(&created), &body);
    assert_eq!(entries(&written), entries(&created));
}

#[test]
fn an_object_of_nobody_stays_untracked() {
    let old = json!({"metadata": {"name": "c", "uid": "u"}});
    let written = Write::config_map("U", 1).of(Some(&old), &config_map(json!({"a": "1"})));
    check(&written, expect![[""]]);
}

#[test]
fn an_empty_list_or_entry_clears_all() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1"})));
    for reset in [json!([]), json!([{}])] {
        let mut body = config_map(json!({"a": "2"}));
        body["metadata"]["managedFields"] = reset;
        check(&Write::config_map("V", 2).exactly(Some(&created), body), expect![[""]]);
    }
}

#[test]
fn entries_that_cannot_be_read_are_as_if_not_sent() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1"})));
    let valid = created["metadata"]["managedFields"][0].clone();
    let with = |key: &str, value: Value| {
        let mut entry = valid.clone();
        entry[key] = value;
        json!([entry])
    };
    for sent in [
        Value::Null,
        with("operation", "Delete".into()),
        with("apiVersion", "".into()),
        with("fieldsType", "FieldsV2".into()),
        with("fieldsV1", json!({"nonsense": {}})),
        with("fieldsV1", json!({"k:nonsense": {}})),
        with("fieldsV1", json!({})),
    ] {
        let mut body = config_map(json!({"a": "1"}));
        body["metadata"]["managedFields"] = sent;
        let written = Write::config_map("V", 2).exactly(Some(&created), body);
        assert_eq!(entries(&written), entries(&created));
    }
}

#[test]
fn entries_that_are_sent_become_the_base() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1"})));
    let mut body = config_map(json!({"a": "1", "b": "1"}));
    let mut sent = created["metadata"]["managedFields"][0].clone();
    sent["manager"] = "X".into();
    sent["fieldsV1"] = json!({"f:data": {
        "x:later": {}, "f:list": {"k:{\"b\": 1, \"a\": \"x\"}": {}, "v: \"s\"": {}},
    }});
    body["metadata"]["managedFields"] = json!([sent]);
    check(
        &Write::config_map("V", 2).exactly(Some(&created), body),
        expect![[r#"
            01 X {"f:data":{"f:list":{"k:{\"a\":\"x\",\"b\":1}":{},"v:\"s\"":{}}}}
            02 V {"f:data":{"f:b":{}}}"#]],
    );
}

#[test]
fn entries_sent_with_a_create_or_through_a_subresource_do_not_count() {
    let mut body = config_map(json!({"a": "1"}));
    body["metadata"]["managedFields"] = json!([{"manager": "X"}]);
    let created = Write::config_map("U", 1).exactly(None, body);
    check(&created, expect![[r#"01 U {"f:data":{".":{},"f:a":{}}}"#]]);

    let created = Write::deployment("", "A", 1).of(None, &deployment());
    let mut body = deployment();
    body["metadata"]["managedFields"] = json!([]);
    let written = Write::deployment("status", "B", 2).exactly(Some(&created), body);
    assert_eq!(entries(&written), entries(&created));
}

#[test]
fn of_twelve_writers_the_first_three_become_ancient() {
    let mut data = json!({});
    let mut object = None;
    for number in 1..=12 {
        data[format!("k{number:02}")] = "v".into();
        let manager = format!("w{number:02}");
        let write = Write::config_map(&manager, number);
        object = Some(write.of(object.as_ref(), &config_map(data.clone())));
    }
    let written = entries(&object.expect("written"));
    let managers: Vec<&str> = written.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(
        managers,
        ["ancient-changes", "w04", "w05", "w06", "w07", "w08", "w09", "w10", "w11", "w12"]
    );
    assert_eq!(
        written.lines().next(),
        Some(r#"03 ancient-changes {"f:data":{".":{},"f:k01":{},"f:k02":{},"f:k03":{}}}"#)
    );
}

#[test]
fn applies_come_before_updates_whatever_their_time() {
    let created = Write::config_map("U", 1).of(None, &config_map(json!({"a": "1"})));
    let mut old = created.clone();
    let apply = json!({
        "manager": "Z", "operation": "Apply", "apiVersion": "v1", "time": "2030-01-01T00:00:00Z",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:z": {}}},
    });
    old["metadata"]["managedFields"] = json!([created["metadata"]["managedFields"][0], apply]);
    let written =
        Write::config_map("V", 2).of(Some(&old), &config_map(json!({"a": "1", "b": "2"})));
    let managers: Vec<String> = entries(&written)
        .lines()
        .filter_map(|line| line.split(' ').nth(1).map(String::from))
        .collect();
    assert_eq!(managers, ["Z", "U", "V"]);
}

#[test]
fn copies_of_one_key_are_one_item_without_parts() {
    let with_env = |env: Value| {
        let mut body = deployment();
        body["spec"]["template"]["spec"]["containers"][0]["env"] = env;
        body
    };
    let twice = with_env(json!([{"name": "E", "value": "1"}, {"name": "E", "value": "2"}]));
    let created = Write::deployment("", "A", 1).of(None, &twice);
    assert!(entries(&created).contains(r#""f:env":{".":{},"k:{\"name\":\"E\"}":{}}"#));
}

/// Who owns a key of the data.
fn owners<'a>(object: &'a Value, key: &str) -> Vec<&'a Value> {
    let entries = object["metadata"]["managedFields"].as_array();
    let owning = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry["fieldsV1"]["f:data"].get(format!("f:{key}")).is_some());
    owning.map(|entry| &entry["manager"]).collect()
}

proptest! {
    #[test]
    fn each_field_is_owned_by_its_last_writer_alone(
        writes in prop::collection::vec(
            (0..4_i64, prop::collection::btree_map("[a-d]", 0..3_u8, 0..4)), 1..12,
        ),
    ) {
        let mut stored: Option<Value> = None;
        let mut written: BTreeMap<String, (u8, String)> = BTreeMap::new();
        let mut is_tracked = true;
        for (second, (writer, data)) in (1..).zip(&writes) {
            let manager = format!("m{writer}");
            let texts: Value = data.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
            let object =
                Write::config_map(&manager, second).of(stored.as_ref(), &config_map(texts));
            written.retain(|key, _| data.contains_key(key));
            for (key, value) in data {
                if written.get(key).is_none_or(|(last, _)| last != value) {
                    written.insert(key.clone(), (*value, manager.clone()));
                }
            }
            is_tracked &= object["metadata"].get("managedFields").is_some();
            for (key, (_, manager)) in written.iter().filter(|_| is_tracked) {
                prop_assert_eq!(owners(&object, key), [&Value::from(manager.as_str())]);
            }
            for key in ["a", "b", "c", "d"].iter().filter(|key| !written.contains_key(**key)) {
                prop_assert!(owners(&object, key).is_empty());
            }
            stored = Some(object);
        }
    }
}
