//! A definition as facts, and what they do to objects.

use serde_json::json;

use super::*;
use crate::{defaults, kinds, kinds::Context};
use meta::time::Time;

fn definition(schema: Value) -> Value {
    json!({
        "metadata": {"name": "foos.fc.io"},
        "spec": {
            "group": "fc.io", "scope": "Namespaced",
            "names": {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"},
            "versions": [
                {"name": "v1beta1", "served": true, "storage": false,
                    "schema": {"openAPIV3Schema": schema}},
                {"name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": schema},
                    "selectableFields": [{"jsonPath": ".spec.color"}],
                    "subresources": {"status": {}, "scale": {
                        "specReplicasPath": ".spec.replicas",
                        "statusReplicasPath": ".status.replicas",
                    }}},
            ],
        },
    })
}

fn schema() -> Value {
    json!({"type": "object", "properties": {
        "spec": {"type": "object", "required": ["color"], "properties": {
            "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "replicas": {"type": "integer", "minimum": 1, "maximum": 5},
            "size": {"x-kubernetes-int-or-string": true},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "ports": {"type": "array", "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["port", "proto"],
                "items": {"type": "object", "required": ["port"], "properties": {
                    "port": {"type": "integer"}, "proto": {"type": "string", "default": "TCP"},
                }}},
            "tags": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 3,
                "items": {"type": "string", "maxLength": 4, "pattern": "^[a-z]*$"}},
            "at": {"type": "string", "format": "date-time", "nullable": true},
            "either": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        }},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }})
}

fn stored() -> Arc<ResourceFacts> {
    facts(&definition(schema())).remove(0)
}

fn version() -> Arc<CustomVersion> {
    Arc::clone(&stored().custom.as_ref().expect("custom").version)
}

fn object(spec: Value) -> Value {
    json!({"apiVersion": "fc.io/v1", "kind": "Foo", "metadata": {"name": "a"}, "spec": spec})
}

fn problems(spec: Value) -> Vec<String> {
    let errors = version().validate(&object(spec), None);
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn the_stored_version_comes_first_and_the_preferred_one_is_first_in_order() {
    let all = facts(&definition(schema()));
    let shown: Vec<_> =
        all.iter().map(|facts| (facts.resource.version.to_string(), facts.version_order)).collect();
    assert_eq!(shown, [("v1".to_owned(), 0), ("v1beta1".to_owned(), 1)]);
    assert_eq!(all[0].storage_prefix, "/registry/fc.io/foos/");
    assert_eq!(all[0].subresources.len(), 2);
    assert_eq!(all[1].subresources.len(), 0);
    assert_eq!(all[0].field_selectors, ["metadata.name", "metadata.namespace", "spec.color"]);
    let custom = all[1].custom.as_ref().expect("custom");
    assert!(custom.stored.as_ref().is_some_and(|stored| stored.storage_version == "fc.io/v1"));
    let values = custom.selected_values(&object(json!({"color": "red"})));
    assert_eq!(values["spec.color"], "red");
}

#[test]
fn what_the_schema_does_not_know_goes_and_defaults_come() {
    let sent = object(json!({
        "colour": 1, "any": {"x": {"y": 1}}, "labels": {"a": "b"},
        "ports": [{"port": 1, "name": "x"}], "at": null, "replicas": null,
    }));
    let mut decoded = version().decode(sent).expect("an object");
    assert_eq!(decoded.unknown, ["spec.colour", "spec.ports[0].name"]);
    version().apply_defaults(&mut decoded.value);
    let expected = json!({
        "any": {"x": {"y": 1}}, "labels": {"a": "b"}, "at": null, "color": "red",
        "ports": [{"port": 1, "proto": "TCP"}],
    });
    assert_eq!(decoded.value["spec"], expected);
    let unknown = version().decode(json!({"metadata": {"name": "a", "nome": 1}})).expect("fits");
    assert_eq!(unknown.unknown, ["metadata.nome"]);
}

#[test]
fn a_wrong_value_is_told_in_the_words_of_the_reference() {
    let rows = [
        (json!({"color": "red"}), vec![]),
        (json!({}), vec!["spec.color: Required value"]),
        (
            json!({"color": "green"}),
            vec![r#"spec.color: Unsupported value: "green": supported values: "red", "blue""#],
        ),
        (
            json!({"color": "red", "replicas": "q"}),
            vec![
                r#"spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string""#,
                ".spec.replicas: Invalid value: 0: .spec.replicas accessor error: q is of the type string, expected int64",
            ],
        ),
        (
            json!({"color": "red", "replicas": 9}),
            vec![
                "spec.replicas: Invalid value: 9: spec.replicas in body should be less than or equal to 5",
            ],
        ),
        (json!({"color": "red", "size": "10%"}), vec![]),
        (
            json!({"color": "red", "size": true}),
            vec![
                r#"spec.size: Invalid value: "boolean": spec.size in body must be of type integer,string: "boolean""#,
            ],
        ),
        (
            json!({"color": "red", "labels": {"a": 1}}),
            vec![
                r#"spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer""#,
            ],
        ),
    ];
    for (spec, expected) in rows {
        assert_eq!(problems(spec.clone()), expected, "{spec}");
    }
}

#[test]
fn a_wrong_list_or_text_is_told_in_the_words_of_the_reference() {
    let rows = [
        (
            json!({"color": "red", "tags": ["a", "b", "a"]}),
            vec![r#"spec.tags[2]: Duplicate value: "a""#],
        ),
        (
            json!({"color": "red", "tags": ["abcde"]}),
            vec!["spec.tags[0]: Too long: may not be more than 4 bytes"],
        ),
        (
            json!({"color": "red", "tags": ["A"]}),
            vec![
                r#"spec.tags[0]: Invalid value: "A": spec.tags[0] in body should match '^[a-z]*$'"#,
            ],
        ),
        (
            json!({"color": "red", "tags": ["a", "b", "c", "d"]}),
            vec!["spec.tags: Too many: 4: must have at most 3 items"],
        ),
        (
            json!({"color": "red", "ports": [{"port": 1}, {"port": 1, "proto": "TCP"}]}),
            vec![r#"spec.ports[1]: Duplicate value: {"port":1,"proto":"TCP"}"#],
        ),
        (
            json!({"color": "red", "at": "noon"}),
            vec![
                r#"spec.at: Invalid value: "noon": spec.at in body must be of type date-time: "noon""#,
            ],
        ),
        (json!({"color": "red", "at": "2026-11-24T15:00:00.5+01:00"}), vec![]),
        (
            json!({"color": "red", "either": {}}),
            vec![
                r#"<nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found none valid"#,
                "spec.either.a: Required value",
            ],
        ),
        (
            json!({"color": "red", "either": {"a": "1", "b": "2"}}),
            vec![
                r#"<nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found 2 valid alternatives"#,
            ],
        ),
    ];
    for (spec, expected) in rows {
        assert_eq!(problems(spec.clone()), expected, "{spec}");
    }
}

#[test]
fn what_an_update_leaves_as_it_was_passes() {
    let old = object(json!({"color": "green", "tags": ["A"], "ports": [{"port": "x"}]}));
    let mut new = old.clone();
    new["spec"]["replicas"] = json!(2);
    assert_eq!(version().validate(&new, Some(&old)), []);
    new["spec"]["color"] = json!("yellow");
    assert_eq!(version().validate(&new, Some(&old)).len(), 1);
}

#[test]
fn spec_raises_the_generation_and_status_has_an_endpoint_of_its_own() {
    let resource = stored();
    let context = |subresource| Context {
        resource: &resource,
        subresource,
        now: Time::from_seconds(0),
        dry_run: false,
    };
    let mut created = object(json!({"color": "red"}));
    created["status"] = json!({"replicas": 1});
    kinds::prepare_create(&context(""), &mut created);
    assert_eq!(created["metadata"]["generation"], 1);
    assert!(created.get("status").is_none());

    let mut updated = created.clone();
    updated["spec"]["color"] = json!("blue");
    updated["status"] = json!({"replicas": 1});
    kinds::prepare_update(&context(""), &mut updated, &created);
    assert_eq!(updated["metadata"]["generation"], 2);
    assert!(updated.get("status").is_none());

    let mut status = updated.clone();
    status["spec"]["color"] = json!("red");
    status["metadata"]["labels"] = json!({"a": "b"});
    status["status"] = json!({"replicas": 3});
    kinds::prepare_update(&context("status"), &mut status, &updated);
    let mut expected = updated.clone();
    expected["status"] = json!({"replicas": 3});
    assert_eq!(status, expected);
}

#[test]
fn defaults_are_applied_like_those_of_any_kind() {
    let mut object = object(json!({}));
    defaults::apply(&stored(), &mut object);
    assert_eq!(object["spec"]["color"], "red");
}

#[test]
fn another_kind_is_told_apart() {
    let errors = validate_kind(&stored(), &json!({"apiVersion": "fc.io/v1", "kind": "Bar"}));
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts, [r#"kind: Invalid value: "Bar": must be Foo"#]);
}
