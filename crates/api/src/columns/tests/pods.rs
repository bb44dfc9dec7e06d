//! Rows of pods.

use serde_json::{Value, json};

use super::{super::row_conditions, NOW, check, print};

/// Ready, status and restarts of a pod with two containers.
fn check_pod(status: Value, expected: &str) {
    check_pod_with(json!({}), status, expected);
}

fn check_pod_with(spec: Value, status: Value, expected: &str) {
    let mut pod = json!({"spec": spec, "status": status});
    if pod["spec"]["containers"].is_null() {
        pod["spec"]["containers"] = json!([{"name": "a"}, {"name": "b"}]);
    }
    check_pod_object(&pod, expected);
}

fn check_pod_object(pod: &Value, expected: &str) {
    let printed = print("", "Pod", pod);
    let cells: Vec<&str> = printed.split(" | ").collect();
    assert_eq!(cells[1..4].join(" "), expected, "{pod}");
}

fn running() -> Value {
    json!({"ready": true, "restartCount": 0, "state": {"running": {}}})
}

fn ended(reason: &str, exit_code: i64) -> Value {
    json!({"restartCount": 0, "state": {"terminated": {"reason": reason, "exitCode": exit_code}}})
}

fn waiting(reason: &str) -> Value {
    json!({"restartCount": 0, "state": {"waiting": {"reason": reason}}})
}

#[test]
fn a_pod_is_its_phase_or_its_reason() {
    check_pod(json!({"phase": "Pending"}), "0/2 Pending 0");
    check_pod(json!({"phase": "Failed", "reason": "Evicted"}), "0/2 Evicted 0");
    let gated = json!([{"type": "PodScheduled", "reason": "SchedulingGated"}]);
    check_pod(json!({"phase": "Pending", "conditions": gated}), "0/2 SchedulingGated 0");
}

#[test]
fn the_first_container_that_waits_or_ended_has_the_last_word() {
    let of = |first: Value, second: Value| json!({"phase": "Running", "containerStatuses": [first, second]});
    check_pod(of(running(), running()), "2/2 Running 0");
    check_pod(of(running(), waiting("CrashLoopBackOff")), "1/2 CrashLoopBackOff 0");
    check_pod(of(waiting("ErrImagePull"), ended("Error", 1)), "0/2 ErrImagePull 0");
    check_pod(of(ended("Error", 1), waiting("ErrImagePull")), "0/2 Error 0");
    check_pod(of(ended("", 3), running()), "1/2 ExitCode:3 0");
    let killed = json!({"state": {"terminated": {"signal": 9, "exitCode": 137}}});
    check_pod(of(killed, running()), "1/2 Signal:9 0");
}

#[test]
fn completed_containers_beside_others_are_not_the_whole_story() {
    let of = |second: Value, ready: &str| {
        let conditions = json!([{"type": "Ready", "status": ready}]);
        json!({
            "phase": "Running", "conditions": conditions,
            "containerStatuses": [ended("Completed", 0), second],
        })
    };
    check_pod(of(running(), "True"), "1/2 Running 0");
    check_pod(of(running(), "False"), "1/2 NotReady 0");
    check_pod(of(ended("OOMKilled", 137), "False"), "0/2 OOMKilled 0");
    check_pod(of(ended("Completed", 0), "False"), "0/2 Completed 0");
}

#[test]
fn init_containers_count_down() {
    let spec =
        || json!({"initContainers": [{"name": "i"}, {"name": "j"}], "containers": [{"name": "a"}]});
    let of = |first: Value, second: Value| json!({"phase": "Pending", "initContainerStatuses": [first, second]});
    check_pod_with(spec(), of(running(), waiting("PodInitializing")), "0/1 Init:0/2 0");
    check_pod_with(spec(), of(ended("Completed", 0), running()), "0/1 Init:1/2 0");
    check_pod_with(spec(), of(ended("Error", 1), running()), "0/1 Init:Error 0");
    check_pod_with(spec(), of(ended("", 7), running()), "0/1 Init:ExitCode:7 0");
    check_pod_with(spec(), of(waiting("ErrImagePull"), running()), "0/1 Init:ErrImagePull 0");
}

#[test]
fn sidecars_count_as_containers_once_they_started() {
    let spec = || {
        json!({
            "initContainers": [{"name": "s", "restartPolicy": "Always"}],
            "containers": [{"name": "a"}],
        })
    };
    let sidecar = json!({
        "name": "s", "started": true, "ready": true, "restartCount": 2, "state": {"running": {}},
        "lastState": {"terminated": {"finishedAt": "2026-11-24T11:59:00Z"}},
    });
    check_pod_with(
        spec(),
        json!({"phase": "Running", "initContainerStatuses": [sidecar], "containerStatuses": [running()]}),
        "2/2 Running 2 (60s ago)",
    );
}

#[test]
fn restarts_of_plain_init_containers_are_forgotten() {
    let spec = json!({"initContainers": [{"name": "i"}], "containers": [{"name": "a"}]});
    let mut init = ended("Completed", 0);
    init["restartCount"] = 4.into();
    let mut container = running();
    container["restartCount"] = 1.into();
    container["lastState"] = json!({"terminated": {"finishedAt": "2026-11-24T11:00:00Z"}});
    let status = json!({"phase": "Running", "initContainerStatuses": [init], "containerStatuses": [container]});
    check_pod_with(spec, status, "1/1 Running 1 (60m ago)");
}

#[test]
fn deletion_has_the_last_word_but_for_finished_pods() {
    let of = |status: Value| json!({"metadata": {"deletionTimestamp": NOW}, "spec": {"containers": []}, "status": status});
    check_pod_object(&of(json!({"phase": "Running"})), "0/0 Terminating 0");
    check_pod_object(&of(json!({"phase": "Failed"})), "0/0 Failed 0");
    check_pod_object(&of(json!({"phase": "Running", "reason": "NodeLost"})), "0/0 Unknown 0");
}

#[test]
fn rows_of_finished_pods_carry_a_condition() {
    let reason = |phase: &str| {
        let conditions = row_conditions(&json!({
            "apiVersion": "v1", "kind": "Pod", "status": {"phase": phase},
        }));
        conditions.first().map(|condition| condition["reason"].clone())
    };
    assert_eq!(reason("Succeeded"), Some("Succeeded".into()));
    assert_eq!(reason("Failed"), Some("Failed".into()));
    assert_eq!(reason("Running"), None);
}

#[test]
fn wide_cells_of_a_pod_say_none() {
    let spec = json!({"containers": [], "readinessGates": [{"conditionType": "g"}, {"conditionType": "h"}]});
    check(
        "",
        "Pod",
        json!({"spec": {"containers": []}, "status": {"phase": "Pending"}}),
        "x | 0/0 | Pending | 0 | 5m | <none> | <none> | <none> | <none>",
    );
    check(
        "",
        "Pod",
        json!({"spec": spec, "status": {
            "phase": "Running", "podIPs": [{"ip": "10.1.2.3"}], "nominatedNodeName": "m",
            "conditions": [{"type": "g", "status": "True"}],
        }}),
        "x | 0/0 | Running | 0 | 5m | 10.1.2.3 | <none> | m | 1/2",
    );
}
