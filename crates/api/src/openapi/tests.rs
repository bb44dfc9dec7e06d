//! What clients look up in the documents.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::catalog::builtin;

const SCHEMAS: &str = "/components/schemas/";

fn document(path: &str) -> Value {
    v3(builtin(), path).expect("a served path")
}

#[track_caller]
fn check(schema: &str, expected: Expect) {
    let document = document("apis/apps/v1");
    let pointer = format!("{SCHEMAS}{schema}");
    expected.assert_eq(&document.pointer(&pointer).expect("there").to_string());
}

/// All `$ref`s of a document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        found.push(reference);
    }
    let members = value.as_object().into_iter().flat_map(|map| map.values());
    for member in members.chain(value.as_array().into_iter().flatten()) {
        references(member, found);
    }
}

#[test]
fn a_reference_with_siblings_is_wrapped_and_structs_default_to_empty() {
    check(
        "io.k8s.api.apps.v1.DeploymentSpec/properties/strategy",
        expect![[
            r##"{"allOf":[{"$ref":"#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy"}],"default":{},"x-kubernetes-patch-strategy":"retainKeys"}"##
        ]],
    );
    check(
        "io.k8s.api.apps.v1.DeploymentStrategy/properties/rollingUpdate",
        expect![[
            r##"{"$ref":"#/components/schemas/io.k8s.api.apps.v1.RollingUpdateDeployment"}"##
        ]],
    );
}

#[test]
fn lists_say_how_they_merge() {
    check(
        "io.k8s.api.core.v1.PodSpec/properties/containers",
        expect![[
            r##"{"items":{"allOf":[{"$ref":"#/components/schemas/io.k8s.api.core.v1.Container"}],"default":{}},"type":"array","x-kubernetes-list-map-keys":["name"],"x-kubernetes-list-type":"map","x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge"}"##
        ]],
    );
}

#[test]
fn allowed_values_defaults_and_required_fields_are_published() {
    check(
        "io.k8s.api.core.v1.ContainerPort",
        expect![[
            r#"{"properties":{"containerPort":{"default":0,"format":"int32","type":"integer"},"hostIP":{"type":"string"},"hostPort":{"format":"int32","type":"integer"},"name":{"type":"string"},"protocol":{"default":"TCP","enum":["SCTP","TCP","UDP"],"type":"string"}},"required":["containerPort"],"type":"object"}"#
        ]],
    );
    check(
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        expect![[r#"{"format":"int-or-string","oneOf":[{"type":"integer"},{"type":"string"}]}"#]],
    );
}

#[test]
fn a_kind_names_its_group_version_and_kind() {
    check(
        "io.k8s.api.apps.v1.Deployment/x-kubernetes-group-version-kind",
        expect![[r#"[{"group":"apps","kind":"Deployment","version":"v1"}]"#]],
    );
}

#[test]
fn every_write_declares_dry_run_and_field_validation() {
    let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}";
    for paths in [&document("apis/apps/v1")["paths"], &v2(builtin())["paths"]] {
        for method in ["patch", "put"] {
            let operation = &paths[path][method];
            let names: Vec<&str> = operation["parameters"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            assert!(names.contains(&"dryRun") && names.contains(&"fieldValidation"), "{names:?}");
            let kind = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
            assert_eq!(operation["x-kubernetes-group-version-kind"], kind);
            assert_eq!(operation["x-kubernetes-action"], method);
        }
    }
}

#[test]
fn subresources_are_about_their_own_kind() {
    let document = document("apis/apps/v1");
    let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale";
    let operation = &document["paths"][path]["put"];
    assert_eq!(operation["operationId"], "replaceAppsV1NamespacedDeploymentScale");
    let kind = json!({"group": "autoscaling", "version": "v1", "kind": "Scale"});
    assert_eq!(operation["x-kubernetes-group-version-kind"], kind);
}

#[test]
fn no_reference_leads_nowhere() {
    let documents = v3_paths(builtin()).into_iter().map(|path| document(&path));
    for document in documents.chain([v2(builtin())]) {
        let mut found = Vec::new();
        references(&document, &mut found);
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("local");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}

#[test]
fn the_index_lists_groups_versions_and_general_paths() {
    let paths = v3_paths(builtin());
    assert_eq!(paths.len(), 49);
    assert!(
        ["api", "api/v1", "apis/apps", "apis/apps/v1", "version"]
            .iter()
            .all(|path| paths.iter().any(|known| known == path))
    );
    let index = v3_index(builtin(), |_| "AB".to_owned());
    assert_eq!(
        index["paths"]["apis/apps/v1"]["serverRelativeURL"],
        "/openapi/v3/apis/apps/v1?hash=AB"
    );
    assert_eq!(v3(builtin(), "apis/nope"), None);
}

#[test]
fn the_protobuf_form_has_the_numbers_of_gnostic() {
    let document = json!({
        "swagger": "2.0",
        "paths": {"/a": {"patch": {"parameters": [
            {"name": "body", "in": "body", "schema": {"$ref": "r"}},
            {"name": "q", "in": "query", "type": "string"}
        ], "x-b": 1}}},
        "definitions": {"D": {"type": "object", "properties": {"p": {
            "type": "array", "description": "d"
        }}}}
    });
    let bytes = v2_protobuf(&document);
    expect![[r#"\n\x032.0BG\x12E\n\x02/a\x12?B=B\x15\n\x13\n\x11\x12\x04body\x1a\x04body*\x03\n\x01rB\x18\n\x16\x12\x14\x1a\x12\x12\x05query\"\x01q2\x06stringj\n\n\x03x-b\x12\x03\x12\x011J)\n\'\n\x01D\x12\"\xb2\x01\x08\n\x06object\xca\x01\x14\n\x12\n\x01p\x12\r\"\x01d\xb2\x01\x07\n\x05array"#]].assert_eq(&bytes.escape_ascii().to_string());
}
