//! What is filled in, kind by kind: rows of an object and the fields it gains.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::apply;
use crate::catalog::{self, ResourceFacts};

fn facts(group: &str, version: &str, plural: &str) -> &'static ResourceFacts {
    catalog::builtin().resource(group, version, plural).expect("served")
}

/// Leaves by path; lists count as one step, as all their items are alike here.
fn leaves(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let dot = if path.is_empty() { "" } else { "." };
            for (name, value) in fields {
                leaves(&format!("{path}{dot}{name}"), value, into);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                leaves(&format!("{path}[]"), item, into);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            into.insert(path.to_owned(), value.to_string());
        }
    }
}

/// `path value` of each leaf that defaults add or change, and `path removed`.
fn changes(facts: &ResourceFacts, object: Value) -> Vec<String> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    leaves("", &object, &mut before);
    let mut object = object;
    apply(facts, &mut object);
    leaves("", &object, &mut after);
    let again = object.clone();
    apply(facts, &mut object);
    assert_eq!(object, again, "a second time changes nothing");
    let changed = after.iter().filter(|(path, value)| before.get(*path) != Some(value));
    changed.map(|(path, value)| format!("{path} {value}")).collect()
}

fn check(resource: (&str, &str, &str), object: Value, expected: &[&str]) {
    assert_eq!(changes(facts(resource.0, resource.1, resource.2), object), expected);
}

const PODS: (&str, &str, &str) = ("", "v1", "pods");
const DEPLOYMENTS: (&str, &str, &str) = ("apps", "v1", "deployments");
const SERVICES: (&str, &str, &str) = ("", "v1", "services");

#[test]
fn a_pod_restarts_and_ends_in_half_a_minute() {
    check(
        PODS,
        json!({"spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}),
        &[
            "spec.containers[].imagePullPolicy \"IfNotPresent\"",
            "spec.containers[].terminationMessagePath \"/dev/termination-log\"",
            "spec.containers[].terminationMessagePolicy \"File\"",
            "spec.dnsPolicy \"ClusterFirst\"",
            "spec.enableServiceLinks true",
            "spec.restartPolicy \"Always\"",
            "spec.schedulerName \"default-scheduler\"",
            "spec.securityContext {}",
            "spec.terminationGracePeriodSeconds 30",
        ],
    );
}

/// A pod in which nothing is left out that is not under test.
fn full(container: Value, rest: Value) -> Value {
    let mut container = container;
    for (field, value) in [
        ("imagePullPolicy", "Always"),
        ("terminationMessagePath", "/x"),
        ("terminationMessagePolicy", "File"),
    ] {
        container[field] = value.into();
    }
    let mut spec = json!({
        "containers": [container], "dnsPolicy": "Default", "enableServiceLinks": false,
        "restartPolicy": "Never", "schedulerName": "s", "securityContext": {},
        "terminationGracePeriodSeconds": 0,
    });
    for (field, value) in rest.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    json!({ "spec": spec })
}

#[test]
fn limits_become_requests_and_amounts_are_rounded() {
    let resources =
        json!({"limits": {"cpu": "1500500u", "memory": "1Gi"}, "requests": {"memory": "1024Ki"}});
    check(
        PODS,
        full(json!({ "resources": resources }), json!({})),
        &[
            "spec.containers[].resources.limits.cpu \"1501m\"",
            "spec.containers[].resources.requests.cpu \"1501m\"",
            "spec.containers[].resources.requests.memory \"1Mi\"",
        ],
    );
}

#[test]
fn ports_are_tcp_and_on_the_host_network_host_ports() {
    check(
        PODS,
        full(json!({"ports": [{"containerPort": 80}]}), json!({"hostNetwork": true})),
        &["spec.containers[].ports[].hostPort 80", "spec.containers[].ports[].protocol \"TCP\""],
    );
}

#[test]
fn probes_have_times_and_a_path() {
    check(
        PODS,
        full(json!({"livenessProbe": {"httpGet": {"port": 80}, "timeoutSeconds": 0}}), json!({})),
        &[
            "spec.containers[].livenessProbe.failureThreshold 3",
            "spec.containers[].livenessProbe.httpGet.path \"/\"",
            "spec.containers[].livenessProbe.httpGet.scheme \"HTTP\"",
            "spec.containers[].livenessProbe.periodSeconds 10",
            "spec.containers[].livenessProbe.successThreshold 1",
            "spec.containers[].livenessProbe.timeoutSeconds 1",
        ],
    );
}

#[test]
fn volumes_have_a_source_and_a_mode() {
    let volumes = json!([{"name": "a"}, {"name": "b", "secret": {"secretName": "s"}}]);
    let projected = json!({"sources": [{"serviceAccountToken": {"path": "t"}}]});
    check(
        PODS,
        full(json!({}), json!({ "volumes": volumes })),
        &["spec.volumes[].emptyDir {}", "spec.volumes[].secret.defaultMode 420"],
    );
    check(
        PODS,
        full(json!({}), json!({"volumes": [{"name": "a", "projected": projected}]})),
        &[
            "spec.volumes[].projected.defaultMode 420",
            "spec.volumes[].projected.sources[].serviceAccountToken.expirationSeconds 3600",
        ],
    );
}

#[test]
fn a_service_account_has_two_names_and_negative_grace_is_one_second() {
    check(
        PODS,
        full(json!({}), json!({"serviceAccount": "a", "terminationGracePeriodSeconds": -5})),
        &["spec.serviceAccountName \"a\"", "spec.terminationGracePeriodSeconds 1"],
    );
}

#[test]
fn a_deployment_rolls_by_a_quarter_and_its_template_is_filled_in() {
    check(
        DEPLOYMENTS,
        json!({"spec": {"template": {"spec": {"containers": [{"image": "nginx"}]}}}}),
        &[
            "spec.progressDeadlineSeconds 600",
            "spec.replicas 1",
            "spec.revisionHistoryLimit 10",
            "spec.strategy.rollingUpdate.maxSurge \"25%\"",
            "spec.strategy.rollingUpdate.maxUnavailable \"25%\"",
            "spec.strategy.type \"RollingUpdate\"",
            "spec.template.spec.containers[].imagePullPolicy \"Always\"",
            "spec.template.spec.containers[].terminationMessagePath \"/dev/termination-log\"",
            "spec.template.spec.containers[].terminationMessagePolicy \"File\"",
            "spec.template.spec.dnsPolicy \"ClusterFirst\"",
            "spec.template.spec.restartPolicy \"Always\"",
            "spec.template.spec.schedulerName \"default-scheduler\"",
            "spec.template.spec.securityContext {}",
            "spec.template.spec.terminationGracePeriodSeconds 30",
        ],
    );
}

#[test]
fn recreate_has_no_bounds() {
    let spec = json!({
        "strategy": {"type": "Recreate"}, "replicas": 0, "revisionHistoryLimit": 0,
        "progressDeadlineSeconds": 0, "template": full(json!({}), json!({})),
    });
    check(DEPLOYMENTS, json!({ "spec": spec }), &[]);
}

#[test]
fn an_empty_stateful_set_gains_what_an_ordered_one_has() {
    let mut object = json!({});
    apply(facts("apps", "v1", "statefulsets"), &mut object);
    object["spec"].as_object_mut().expect("object").remove("template");
    let expected = json!({"spec": {
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10,
        "updateStrategy": {
            "type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "partition": 0},
        },
    }});
    assert_eq!(object, expected);
}

#[test]
fn a_service_is_internal_and_its_ports_lead_to_themselves() {
    check(
        SERVICES,
        json!({"spec": {"ports": [{"port": 80, "targetPort": 0}], "sessionAffinityConfig": {}}}),
        &[
            "spec.internalTrafficPolicy \"Cluster\"",
            "spec.ports[].protocol \"TCP\"",
            "spec.ports[].targetPort 80",
            "spec.sessionAffinity \"None\"",
            "spec.type \"ClusterIP\"",
        ],
    );
}

#[test]
fn a_load_balancer_takes_traffic_from_everywhere() {
    check(
        SERVICES,
        json!({
            "spec": {"type": "LoadBalancer", "sessionAffinity": "ClientIP"},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
        }),
        &[
            "spec.allocateLoadBalancerNodePorts true",
            "spec.externalTrafficPolicy \"Cluster\"",
            "spec.internalTrafficPolicy \"Cluster\"",
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds 10800",
            "status.loadBalancer.ingress[].ipMode \"VIP\"",
        ],
    );
}

#[test]
fn a_namespace_is_active_and_carries_its_name() {
    check(
        ("", "v1", "namespaces"),
        json!({"metadata": {"name": "a"}}),
        &["metadata.labels.kubernetes.io/metadata.name \"a\"", "status.phase \"Active\""],
    );
}

#[test]
fn plain_texts_of_a_secret_are_stored_like_the_rest() {
    let mut secret = json!({"stringData": {"a": "b"}, "data": {"a": "eA==", "c": "eA=="}});
    apply(facts("", "v1", "secrets"), &mut secret);
    assert_eq!(secret, json!({"data": {"a": "Yg==", "c": "eA=="}, "type": "Opaque"}));
}

#[test]
fn limits_of_a_range_follow_each_other() {
    let limit = json!({"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}});
    check(
        ("", "v1", "limitranges"),
        json!({"spec": {"limits": [limit]}}),
        &[
            "spec.limits[].default.cpu \"2\"",
            "spec.limits[].defaultRequest.cpu \"2\"",
            "spec.limits[].defaultRequest.memory \"1Mi\"",
        ],
    );
}

#[test]
fn a_job_runs_once_unless_it_says_how_often() {
    let template = full(json!({}), json!({}));
    let jobs = ("batch", "v1", "jobs");
    let common = [
        "spec.backoffLimit 6",
        "spec.completionMode \"NonIndexed\"",
        "spec.completions 1",
        "spec.manualSelector false",
        "spec.parallelism 1",
        "spec.podReplacementPolicy \"TerminatingOrFailed\"",
        "spec.suspend false",
    ];
    check(jobs, json!({"spec": {"template": template}}), &common);
    let queue = json!({"spec": {"template": full(json!({}), json!({})), "parallelism": 2}});
    let expected: Vec<&str> = common
        .into_iter()
        .filter(|line| !line.contains("paral") && !line.contains("completions "))
        .collect();
    check(jobs, queue, &expected);
}

#[test]
fn labels_of_a_template_serve_a_replication_controller() {
    let mut template = full(json!({}), json!({}));
    template["metadata"] = json!({"labels": {"app": "a"}});
    check(
        ("", "v1", "replicationcontrollers"),
        json!({"spec": {"template": template}}),
        &["metadata.labels.app \"a\"", "spec.replicas 1", "spec.selector.app \"a\""],
    );
}
