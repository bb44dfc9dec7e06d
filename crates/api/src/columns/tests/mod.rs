//! Rows: objects and the cells they print.

mod network;
mod pods;
mod workloads;

use std::{fs, path::Path};

use serde_json::json;

use super::*;

const NOW: &str = "2026-11-24T12:00:00Z";

/// Cells as a client prints them, separated by bars.
fn print(group: &str, kind: &str, object: &Value) -> String {
    let now = NOW.parse().expect("a time");
    let cells = cells(definitions(group, kind), object, now);
    cells.iter().map(object::plain).collect::<Vec<_>>().join(" | ")
}

fn check(group: &str, kind: &str, mut object: Value, expected: &str) {
    object["metadata"]["name"] = "x".into();
    if object["metadata"]["creationTimestamp"].is_null() {
        object["metadata"]["creationTimestamp"] = "2026-11-24T11:55:00Z".into();
    }
    assert_eq!(print(group, kind, &object), expected, "{object}");
}

#[test]
fn the_small_core_kinds_print_what_they_hold() {
    check("", "Namespace", json!({"status": {"phase": "Active"}}), "x | Active | 5m");
    check("", "ConfigMap", json!({"data": {"a": ""}, "binaryData": {"b": ""}}), "x | 2 | 5m");
    check("", "Secret", json!({"type": "Opaque", "data": {"a": ""}}), "x | Opaque | 1 | 5m");
    check("", "ServiceAccount", json!({}), "x | 5m");
    check("", "LimitRange", json!({}), "x | 2026-11-24T11:55:00Z");
    check("coordination.k8s.io", "Lease", json!({"spec": {"holderIdentity": "me"}}), "x | me | 5m");
    check(
        "",
        "ResourceQuota",
        json!({"status": {
            "hard": {"limits.cpu": "4", "pods": "10", "requests.cpu": "2"}, "used": {"pods": "3"},
        }}),
        "x | pods: 3/10, requests.cpu: 0/2 | limits.cpu: 0/4 | 5m",
    );
}

#[test]
fn events_of_both_groups_print_alike() {
    let expected =
        "60s | Normal | Pulled | pod/web | spec.containers{web} | kubelet, n | done | 2m | 3 | x";
    check(
        "",
        "Event",
        json!({
            "type": "Normal", "reason": "Pulled", "message": " done ", "count": 3,
            "involvedObject": {"kind": "Pod", "name": "web", "fieldPath": "spec.containers{web}"},
            "source": {"component": "kubelet", "host": "n"},
            "firstTimestamp": "2026-11-24T11:58:00Z", "lastTimestamp": "2026-11-24T11:59:00Z",
        }),
        expected,
    );
    check(
        "events.k8s.io",
        "Event",
        json!({
            "type": "Normal", "reason": "Pulled", "note": "done",
            "regarding": {"kind": "Pod", "name": "web", "fieldPath": "spec.containers{web}"},
            "reportingController": "kubelet", "reportingInstance": "n",
            "eventTime": "2026-11-24T11:58:00.000000Z",
            "series": {"count": 3, "lastObservedTime": "2026-11-24T11:59:00.000000Z"},
        }),
        expected,
    );
    check(
        "",
        "Event",
        json!({"involvedObject": {"kind": "Node"}}),
        "<unknown> |  |  | node |  |  |  | <unknown> | 1 | x",
    );
}

#[test]
fn flow_schemas_are_listed_as_they_match() {
    let schema = |name: &str, precedence: i64| json!({"metadata": {"name": name}, "spec": {"matchingPrecedence": precedence}});
    let rule = list_rule("flowcontrol.apiserver.k8s.io", "FlowSchema");
    let Some(ListRule::Sorted(order)) = rule else { panic!("flow schemas have an order") };
    let mut schemas = [schema("b", 100), schema("a", 100), schema("z", 1)];
    schemas.sort_by(order);
    let names: Vec<&str> =
        schemas.iter().filter_map(|schema| schema["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["z", "a", "b"]);
    assert!(list_rule("", "Pod").is_none());
}

#[test]
fn policies_roles_and_requests_print_whom_they_are_about() {
    check(
        "policy",
        "PodDisruptionBudget",
        json!({"spec": {"minAvailable": "50%"}}),
        "x | 50% | N/A | 0 | 5m",
    );
    check(
        "rbac.authorization.k8s.io",
        "RoleBinding",
        json!({
            "roleRef": {"kind": "Role", "name": "r"},
            "subjects": [
                {"kind": "User", "name": "u"}, {"kind": "Group", "name": "g"}, {"kind": "User", "name": "v"},
                {"kind": "ServiceAccount", "namespace": "n", "name": "s"},
            ],
        }),
        "x | Role/r | 5m | u, v | g | n/s",
    );
    check(
        "certificates.k8s.io",
        "CertificateSigningRequest",
        json!({
            "spec": {"signerName": "s", "username": "u", "expirationSeconds": 3600},
            "status": {"conditions": [{"type": "Approved"}], "certificate": "Y2VydA=="},
        }),
        "x | 5m | s | u | 60m | Approved,Issued",
    );
    check(
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        json!({"spec": {"policyName": "p", "paramRef": {"name": "n"}}}),
        "x | p | */n | 5m",
    );
    check(
        "resource.k8s.io",
        "ResourceClaim",
        json!({"metadata": {"deletionTimestamp": NOW}, "status": {"allocation": {}, "reservedFor": [{}]}}),
        "x | deleted,allocated,reserved | 5m",
    );
}

#[test]
fn extensions_print_versions_and_availability() {
    check(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        json!({
            "spec": {
                "scope": "Namespaced", "group": "g", "names": {"kind": "K", "shortNames": ["k", "kk"]},
                "versions": [
                    {"name": "v2", "served": true, "storage": true}, {"name": "v1", "served": true},
                    {"name": "v0", "served": false},
                ],
            },
            "status": {"conditions": [{"type": "Established", "status": "True"}]},
        }),
        "x | Namespaced | v1,v2(storage) | 2026-11-24T11:55:00Z | g | K | k,kk | true",
    );
    check(
        "apiregistration.k8s.io",
        "APIService",
        json!({"status": {"conditions": [{"type": "Available", "status": "False", "reason": "R"}]}}),
        "x | Local | False (R) | 5m",
    );
}

#[test]
fn kinds_without_rules_show_name_and_creation() {
    check("example.com", "Other", json!({}), "x | 2026-11-24T11:55:00Z");
}

#[test]
fn columns_are_those_of_the_facts_where_these_are_at_hand() {
    let facts = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/reference/api-facts/columns.tsv");
    let Ok(table) = fs::read_to_string(facts) else { return };
    let mut checked = 0;
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [group, _, kind, _, index, name, type_, format, priority, ..] = cells[..] else {
            continue;
        };
        let columns = definitions(group, kind);
        if columns.len() == OTHERS.len() && columns[1].name == OTHERS[1].name && name != "Name" {
            continue;
        }
        let index: usize = index.parse().expect("a number");
        let Some(column) = columns.get(index) else { panic!("{kind} lacks {name}") };
        let described =
            (column.name, column.kind.as_str(), column.format, column.priority.to_string());
        assert_eq!(described, (name, type_, format, priority.to_owned()), "{kind}");
        checked += 1;
    }
    assert!(checked > 300, "{checked} columns compared");
}
