//! Rows of objects, and what becomes of them.

use serde_json::{Value, json};

use super::*;
use crate::catalog::builtin;

fn read(type_name: &str, value: Value) -> Result<Decoded, DecodeError> {
    decode(builtin(), builtin().type_named(type_name).expect("a type"), value)
}

#[track_caller]
fn becomes(type_name: &str, value: Value, expected: Value) {
    let decoded = read(type_name, value).expect("decodes");
    assert_eq!(decoded.value, expected);
    assert_eq!(decoded.unknown, Vec::<String>::new());
}

#[track_caller]
fn fails(type_name: &str, value: Value, expected: &str) {
    assert_eq!(read(type_name, value).expect_err("does not fit").to_string(), expected);
}

fn deployment(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec})
}

#[test]
fn structs_without_pointer_are_written_and_the_zero_creation_time_is_not() {
    becomes(
        "apps/v1.Deployment",
        deployment(json!({"replicas": 0, "paused": false, "template": {"metadata": {"labels": {}},
            "spec": {"containers": [{"name": "c", "env": null, "command": []}]}}})),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "status": {},
            "spec": {"replicas": 0, "selector": null, "strategy": {}, "template": {
                "metadata": {},
                "spec": {"containers": [{"name": "c", "resources": {}}]}}}}),
    );
}

#[test]
fn texts_and_lists_that_are_always_written_are_filled_in() {
    becomes("core/v1.EnvVar", json!({}), json!({"name": ""}));
    becomes("rbac/v1.Role", json!({"metadata": null}), json!({"metadata": {}, "rules": null}));
    becomes("rbac/v1.Role", json!({"rules": []}), json!({"metadata": {}, "rules": []}));
}

#[test]
fn unset_times_are_null_unless_they_may_be_left_out() {
    becomes(
        "core/v1.PodCondition",
        json!({"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T01:00:00.5+01:00"}),
        json!({"type": "Ready", "status": "True", "lastProbeTime": null,
            "lastTransitionTime": "2026-01-01T00:00:00Z"}),
    );
    becomes("meta/v1.ObjectMeta", json!({"creationTimestamp": null, "name": ""}), json!({}));
    becomes(
        "coordination/v1.LeaseSpec",
        json!({"renewTime": "2026-01-01T00:00:00.000001Z"}),
        json!({"renewTime": "2026-01-01T00:00:00.000001Z"}),
    );
}

#[test]
fn quantities_are_written_in_canonical_form() {
    becomes(
        "core/v1.ResourceRequirements",
        json!({"limits": {"cpu": 1, "memory": "1024Mi"}, "requests": {"cpu": "0.5", "x": 1.5}}),
        json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m", "x": "1500m"}}),
    );
    becomes(
        "core/v1.ResourceFieldSelector",
        json!({"resource": "limits.cpu"}),
        json!({"resource": "limits.cpu", "divisor": "0"}),
    );
}

#[test]
fn numbers_or_texts_keep_their_shape_and_raw_parts_stay_as_they_are() {
    becomes(
        "core/v1.ServicePort",
        json!({"port": 80, "targetPort": "http"}),
        json!({"port": 80, "targetPort": "http"}),
    );
    becomes("core/v1.ServicePort", json!({"port": 80}), json!({"port": 80, "targetPort": 0}));
    becomes(
        "apps/v1.ControllerRevision",
        json!({"data": {"spec": {"$patch": null}}, "revision": 1}),
        json!({"data": {"spec": {"$patch": null}}, "revision": 1, "metadata": {}}),
    );
}

#[test]
fn zero_values_behind_pointers_and_nulls_inside_maps_stay() {
    becomes(
        "core/v1.Secret",
        json!({"immutable": false, "data": {"a": "YQ==", "b": null}, "type": ""}),
        json!({"immutable": false, "data": {"a": "YQ==", "b": ""}, "metadata": {}}),
    );
    becomes(
        "core/v1.PodSpec",
        json!({"containers": [], "nodeSelector": {"a": null}}),
        json!({"containers": [], "nodeSelector": {"a": ""}}),
    );
}

#[test]
fn unknown_fields_are_dropped_and_named_by_their_path() {
    let object = deployment(json!({"Replicas": 1, "template": {"spec": {"containers": [
        {"name": "a"}, {"name": "b", "bar": 1, "resources": {"limits": {"cpu": "1"}, "x": {}}}]}}}));
    let decoded = read("apps/v1.Deployment", object).expect("decodes");
    assert_eq!(
        decoded.unknown,
        [
            "spec.Replicas",
            "spec.template.spec.containers[1].bar",
            "spec.template.spec.containers[1].resources.x"
        ]
    );
    assert_eq!(decoded.value["spec"]["template"]["spec"]["containers"][1]["bar"], Value::Null);
}

#[test]
fn a_schema_takes_one_of_several_shapes() {
    let schema = json!({"type": "object", "additionalProperties": false, "maximum": 1.0,
        "items": [{"type": "string"}], "dependencies": {"a": ["b"], "c": {"minimum": 0.5}}});
    let mut expected = schema.clone();
    expected["maximum"] = json!(1);
    becomes("apiextensions/v1.JSONSchemaProps", schema, expected);
}

#[test]
fn wrong_types_are_refused_in_the_words_of_go() {
    let kind = "apps/v1.Deployment";
    fails(
        kind,
        deployment(json!({"replicas": "3"})),
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    );
    fails(
        kind,
        deployment(json!({"replicas": 1.5})),
        "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    );
    fails(
        kind,
        deployment(json!({"template": {"spec": {"containers": [{"image": 1}]}}})),
        "json: cannot unmarshal number into Go struct field \
         Container.spec.template.spec.containers.image of type string",
    );
    fails(
        "core/v1.ConfigMap",
        json!({"data": {"a": 1}}),
        "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
    );
    fails(
        "core/v1.Pod",
        json!({"spec": {"containers": {}}}),
        "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
    );
    fails("core/v1.Pod", json!([]), "json: cannot unmarshal array into Go value of type v1.Pod");
}

#[test]
fn malformed_scalars_are_refused_in_the_words_of_go() {
    fails(
        "core/v1.ResourceRequirements",
        json!({"limits": {"cpu": "much"}}),
        "quantities must match the regular expression \
         '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
    fails("core/v1.Secret", json!({"data": {"a": "*"}}), "illegal base64 data at input byte 0");
    let time = |text: &str| json!({"deletionTimestamp": text});
    let layout = "2006-01-02T15:04:05Z07:00";
    fails(
        "meta/v1.ObjectMeta",
        time("xx"),
        &format!("parsing time \"xx\" as \"{layout}\": cannot parse \"xx\" as \"2006\""),
    );
    fails(
        "meta/v1.ObjectMeta",
        time("2026-01-01"),
        &format!("parsing time \"2026-01-01\" as \"{layout}\": cannot parse \"\" as \"T\""),
    );
    fails(
        "meta/v1.ObjectMeta",
        time("2026-02-30T00:00:00Z"),
        "parsing time \"2026-02-30T00:00:00Z\": day out of range",
    );
    fails(
        "coordination/v1.LeaseSpec",
        json!({"renewTime": "2026-01-01T00:00:00Z"}),
        "parsing time \"2026-01-01T00:00:00Z\" as \"2006-01-02T15:04:05.000000Z07:00\": \
         cannot parse \"Z\" as \".000000\"",
    );
}

#[test]
fn strict_errors_name_duplicates_first_and_each_once() {
    let paths = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let problems =
        strict_problems(&paths(&["spec.replicas", "spec.replicas"]), &paths(&["spec.foo"]));
    assert_eq!(
        strict_error(&problems),
        "strict decoding error: duplicate field \"spec.replicas\", unknown field \"spec.foo\""
    );
}

#[test]
fn decoding_what_was_decoded_changes_nothing() {
    for facts in builtin().resources() {
        let object = decode(builtin(), facts.type_id, json!({})).expect("an empty object").value;
        let again = decode(builtin(), facts.type_id, object.clone()).expect("decodes again");
        assert_eq!((again.value, again.unknown), (object, Vec::new()), "{:?}", facts.resource);
    }
}
