//! Rows of what runs pods, and of what they run on.

use serde_json::{Value, json};

use super::{NOW, check};

fn template() -> Value {
    json!({"spec": {
        "containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j"}],
        "nodeSelector": {"disk": "ssd"},
    }})
}

fn selector() -> Value {
    json!({"matchLabels": {"app": "web"}, "matchExpressions": [
        {"key": "tier", "operator": "In", "values": ["y", "x"]},
        {"key": "old", "operator": "DoesNotExist"},
    ]})
}

#[test]
fn replicated_pods_print_their_counts_and_templates() {
    check(
        "apps",
        "Deployment",
        json!({
            "spec": {"replicas": 3, "template": template(), "selector": selector()},
            "status": {"readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2},
        }),
        "x | 2/3 | 1 | 2 | 5m | a,b | i:1,j | app=web,!old,tier in (x,y)",
    );
    check(
        "apps",
        "Deployment",
        json!({"spec": {"replicas": 0, "selector": {}}}),
        "x | 0/0 | 0 | 0 | 5m |  |  | ",
    );
    check(
        "apps",
        "ReplicaSet",
        json!({"spec": {"replicas": 2, "template": template(), "selector": {}}, "status": {"replicas": 1}}),
        "x | 2 | 1 | 0 | 5m | a,b | i:1,j | <none>",
    );
    check(
        "",
        "ReplicationController",
        json!({"spec": {"replicas": 2, "selector": {"b": "2", "a": "1"}}}),
        "x | 2 | 0 | 0 | 5m |  |  | a=1,b=2",
    );
}

#[test]
fn pods_with_an_identity_or_a_node_print_theirs() {
    check(
        "apps",
        "StatefulSet",
        json!({"spec": {"replicas": 1, "template": template()}}),
        "x | 0/1 | 5m | a,b | i:1,j",
    );
    check(
        "apps",
        "DaemonSet",
        json!({
            "spec": {"template": template(), "selector": selector()},
            "status": {
                "desiredNumberScheduled": 5, "currentNumberScheduled": 4, "numberReady": 3,
                "updatedNumberScheduled": 2, "numberAvailable": 1,
            },
        }),
        "x | 5 | 4 | 3 | 2 | 1 | disk=ssd | 5m | a,b | i:1,j | app=web,!old,tier in (x,y)",
    );
    check(
        "apps",
        "ControllerRevision",
        json!({"revision": 3, "metadata": {"ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "controller": true},
        ]}}),
        "x | statefulset.apps/db | 3 | 5m",
    );
}

#[test]
fn jobs_print_progress_and_time_taken() {
    let conditions = |kind: &str| json!([{"type": kind, "status": "True"}]);
    check(
        "batch",
        "Job",
        json!({
            "spec": {"completions": 3},
            "status": {
                "succeeded": 3, "conditions": conditions("Complete"),
                "startTime": "2026-11-24T11:00:00Z", "completionTime": "2026-11-24T11:00:09Z",
            },
        }),
        "x | Complete | 3/3 | 9s | 5m |  |  | <none>",
    );
    check(
        "batch",
        "Job",
        json!({"spec": {"parallelism": 4}, "status": {"startTime": "2026-11-24T11:59:00Z"}}),
        "x | Running | 0/1 of 4 | 60s | 5m |  |  | <none>",
    );
    check(
        "batch",
        "Job",
        json!({
            "metadata": {"deletionTimestamp": NOW},
            "spec": {"parallelism": 1}, "status": {"conditions": conditions("Suspended")},
        }),
        "x | Terminating | 0/1 |  | 5m |  |  | <none>",
    );
    check(
        "batch",
        "CronJob",
        json!({
            "spec": {"schedule": "* * * * *", "suspend": false},
            "status": {"active": [{}], "lastScheduleTime": "2026-11-24T11:58:55Z"},
        }),
        "x | * * * * * | <none> | False | 1 | 65s | 5m |  |  | <none>",
    );
}

#[test]
fn nodes_print_readiness_roles_and_addresses() {
    check(
        "",
        "Node",
        json!({
            "metadata": {"labels": {
                "node-role.kubernetes.io/worker": "", "kubernetes.io/role": "edge",
                "node-role.kubernetes.io/": "",
            }},
            "spec": {"unschedulable": true},
            "status": {
                "conditions": [{"type": "Ready", "status": "True"}],
                "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
                "nodeInfo": {"kubeletVersion": "v1.37.2", "kernelVersion": "6.1", "architecture": "amd64"},
            },
        }),
        "x | Ready,SchedulingDisabled | edge,worker | 5m | v1.37.2 | 10.0.0.1 | <none> | <unknown> \
         | 6.1 (amd64) | <unknown>",
    );
    check(
        "",
        "Node",
        json!({}),
        "x | Unknown | <none> | 5m |  | <none> | <none> | <unknown> | <unknown> | <unknown>",
    );
}

#[test]
fn autoscalers_print_two_targets() {
    let resource = |name: &str, utilization: i64| json!({"type": "Resource", "resource": {"name": name, "target": {"averageUtilization": utilization}}});
    let pods = json!({"type": "Pods", "pods": {"target": {"averageValue": "10"}}});
    let current =
        json!([{"type": "Resource", "resource": {"current": {"averageUtilization": 12}}}]);
    check(
        "autoscaling",
        "HorizontalPodAutoscaler",
        json!({
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 9,
                "metrics": [resource("cpu", 80), pods, resource("memory", 70)],
            },
            "status": {"currentReplicas": 2, "currentMetrics": current},
        }),
        "x | Deployment/web | cpu: 12%/80%, <unknown>/10 + 1 more... | <unset> | 9 | 2 | 5m",
    );
    check(
        "autoscaling",
        "HorizontalPodAutoscaler",
        json!({"spec": {
            "scaleTargetRef": {"kind": "D", "name": "w"}, "minReplicas": 1, "maxReplicas": 2,
            "targetCPUUtilizationPercentage": 50,
        }}),
        "x | D/w | cpu: <unknown>/50% | 1 | 2 | 0 | 5m",
    );
    check(
        "autoscaling",
        "Scale",
        json!({"spec": {"replicas": 3}, "status": {"replicas": 2}}),
        "x | 3 | 2 | 5m",
    );
}
