//! Pods by where they may go and what they may do there.

use serde_json::json;

use super::{container, spec};

#[test]
fn tolerations_say_what_they_tolerate() {
    spec(
        json!({"tolerations": [
            {"operator": "Equal", "value": "x"},
            {"key": "a", "operator": "Exists", "value": "x"},
            {"key": "a", "tolerationSeconds": 5},
            {"key": "a", "operator": "Gt", "value": "1", "effect": "Foo"},
        ]}),
        &[
            "tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` \
             is empty, which means \"match all values and all keys\"",
            "tolerations[1].operator: Invalid value: \"x\": value must be empty when `operator` is \
             'Exists'",
            "tolerations[2].effect: Invalid value: \"\": effect must be 'NoExecute' when \
             `tolerationSeconds` is set",
            "tolerations[3].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \
             \"Exists\", \"Lt\", \"Gt\"",
            "tolerations[3].effect: Unsupported value: \"Foo\": supported values: \"NoSchedule\", \
             \"PreferNoSchedule\", \"NoExecute\"",
        ],
    );
}

#[test]
fn affinity_has_terms_weights_and_topologies() {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    let mut errors = vec![
        "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: \
              Required value: can not be empty"
            .to_owned(),
    ];
    errors.extend(meta::names::qualified_name("").iter().map(|text| {
        format!("affinity.podAffinity.{required}[0].topologyKey: Invalid value: \"\": {text}")
    }));
    errors.splice(
        0..0,
        [
            format!(
                "affinity.nodeAffinity.{required}.nodeSelectorTerms: Required value: must have at \
                 least one node selector term"
            ),
            format!(
                "affinity.nodeAffinity.{preferred}[0].weight: Invalid value: 0: must be in the range \
                 1-100"
            ),
        ],
    );
    let errors: Vec<&str> = errors.iter().map(String::as_str).collect();
    spec(
        json!({"affinity": {
            "nodeAffinity": {
                required: {"nodeSelectorTerms": []}, preferred: [{"weight": 0, "preference": {}}],
            },
            "podAffinity": {required: [{"labelSelector": {}}]},
        }}),
        &errors,
    );
}

#[test]
fn spread_constraints_are_there_once() {
    let constraint =
        json!({"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"});
    let wrong = json!({"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Foo"});
    spec(
        json!({"topologySpreadConstraints": [constraint, constraint, wrong]}),
        &[
            "topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \
             \"{z, DoNotSchedule}\"",
            "topologySpreadConstraints[2].maxSkew: Invalid value: 0: must be greater than zero",
            "topologySpreadConstraints[2].topologyKey: Required value: can not be empty",
            "topologySpreadConstraints[2].whenUnsatisfiable: Unsupported value: \"Foo\": supported \
             values: \"DoNotSchedule\", \"ScheduleAnyway\"",
        ],
    );
}

#[test]
fn a_gated_pod_has_no_node() {
    spec(
        json!({"schedulingGates": [{"name": "a"}, {"name": "a"}], "nodeName": "n"}),
        &[
            "schedulingGates[1]: Duplicate value: \"a\"",
            "nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
        ],
    );
}

#[test]
fn security_contexts_are_consistent() {
    container(
        json!({"securityContext": {"runAsUser": -1, "procMount": "Foo"}}),
        &[
            "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            "securityContext.procMount: Unsupported value: \"Foo\": supported values: \"Default\", \
             \"Unmasked\"",
        ],
    );
    spec(
        json!({"securityContext": {"seccompProfile": {"type": "Localhost"}}}),
        &[
            "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp \
           type is Localhost",
        ],
    );
}
