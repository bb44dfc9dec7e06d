//! Pods played second by second.

use std::{fmt::Write as _, sync::Arc};

use api::views::Pod;
use expect_test::{Expect, expect};
use meta::time::Time;
use serde_json::{Value, json};

use super::{Memory, PodOnNode, plan::plan};
use crate::Rules;

/// Follows a pod for `seconds`, taking every status it writes, and prints what changed when.
fn play(spec: Value, seconds: u32, expected: Expect) {
    play_by(Rules::default(), json!({}), spec, seconds, expected);
}

/// The same by rules of one's own, for a pod with annotations.
fn play_by(rules: Rules, annotations: Value, spec: Value, seconds: u32, expected: Expect) {
    let metadata = json!({"name": "p", "namespace": "n", "uid": "u", "annotations": annotations});
    let object = json!({"metadata": metadata, "spec": spec});
    let rules = Arc::new(rules);
    let (mut object, mut memory, mut story) = (object, Memory::default(), String::new());
    for second in 0..seconds {
        let now = Time::from_seconds(i64::from(second));
        let pod: Pod = serde_json::from_value(object.clone()).expect("a pod");
        let observed = PodOnNode {
            pod: Arc::new(pod),
            rules: Arc::clone(&rules),
            address: "10.244.0.2".into(),
            host: "192.168.0.1".into(),
        };
        let plan = plan(&mut memory, &observed, now);
        for step in plan.steps() {
            if let runtime::Action::Patch { patch, .. } = &step.action {
                object["status"] = patch["status"].clone();
                let _ = writeln!(story, "{second}s {}", summary(&object["status"]));
            }
            if let Some(event) = &step.on_success {
                let _ = writeln!(story, "{second}s   {}", event.reason);
            }
        }
    }
    expected.assert_eq(&story);
}

fn summary(status: &Value) -> String {
    let empty = Vec::new();
    let containers = |field: &str| {
        let list = status[field].as_array().unwrap_or(&empty).clone();
        list.into_iter().map(|container| {
            let state = container["state"].as_object().and_then(|state| state.iter().next());
            let state = state.map_or(String::new(), |(name, detail)| {
                format!("{name} {}", detail["reason"].as_str().unwrap_or(""))
            });
            let ready = if container["ready"] == true { " ready" } else { "" };
            format!(
                "{}: {}{ready} r{}",
                container["name"].as_str().unwrap_or(""),
                state.trim(),
                container["restartCount"]
            )
        })
    };
    let all: Vec<String> =
        containers("initContainerStatuses").chain(containers("containerStatuses")).collect();
    let reason = status["reason"].as_str().map(|reason| format!(" {reason}")).unwrap_or_default();
    format!("{}{reason} [{}]", status["phase"].as_str().unwrap_or(""), all.join(", "))
}

#[test]
fn an_ordinary_pod_is_ready_at_once_and_stays() {
    let spec = json!({"nodeName": "node-0", "restartPolicy": "Always", "containers": [{"name": "c", "image": "web:1"}]});
    play(
        spec,
        30,
        expect![[r#"
            0s Running [c: running ready r0]
        "#]],
    );
}

#[test]
fn a_missing_image_is_tried_again_with_back_off() {
    let spec = json!({"nodeName": "node-0", "containers": [{"name": "c", "image": "no-such:1"}]});
    play(
        spec,
        40,
        expect![[r#"
            0s Pending [c: waiting ErrImagePull r0]
            0s   Pulling
            0s   Failed
            0s   Failed
            2s Pending [c: waiting ImagePullBackOff r0]
            2s   BackOff
            2s   Failed
            10s Pending [c: waiting ErrImagePull r0]
            10s   Pulling
            10s   Failed
            10s   Failed
            12s Pending [c: waiting ImagePullBackOff r0]
            12s   BackOff
            12s   Failed
            30s Pending [c: waiting ErrImagePull r0]
            30s   Pulling
            30s   Failed
            30s   Failed
            32s Pending [c: waiting ImagePullBackOff r0]
            32s   BackOff
            32s   Failed
        "#]],
    );
}

#[test]
fn a_failing_container_is_restarted_with_back_off() {
    let spec = json!({"nodeName": "node-0", "restartPolicy": "Always",
        "containers": [{"name": "c", "image": "web:1", "command": ["sh", "-c", "sleep 1; exit 3"]}]});
    play(
        spec,
        40,
        expect![[r#"
            0s Running [c: running ready r0]
            1s Running [c: running ready r1]
            2s Running [c: waiting CrashLoopBackOff r1]
            2s   BackOff
            12s Running [c: running ready r2]
            13s Running [c: waiting CrashLoopBackOff r2]
            13s   BackOff
            33s Running [c: running ready r3]
            34s Running [c: waiting CrashLoopBackOff r3]
            34s   BackOff
        "#]],
    );
}

#[test]
fn a_job_pod_ends_as_its_script_says() {
    let spec = json!({"nodeName": "node-0", "restartPolicy": "Never",
        "containers": [{"name": "c", "image": "job:1", "command": ["/bin/sh", "-c", "sleep 3"]}]});
    play(
        spec,
        10,
        expect![[r#"
            0s Running [c: running ready r0]
            3s Succeeded [c: terminated Completed r0]
        "#]],
    );
}

#[test]
fn init_containers_go_first_and_a_probe_delays_readiness() {
    let spec = json!({"nodeName": "node-0", "restartPolicy": "Always",
        "initContainers": [{"name": "i", "image": "init:1", "command": ["sleep", "2"]}],
        "containers": [{"name": "c", "image": "web:1", "readinessProbe": {"initialDelaySeconds": 3}}]});
    play(
        spec,
        10,
        expect![[r#"
            0s Pending [i: running ready r0, c: waiting PodInitializing r0]
            2s Running [i: terminated Completed r0, c: running r0]
            5s Running [i: terminated Completed r0, c: running ready r0]
        "#]],
    );
}

/// A pod with one container, which runs `script`.
fn running(script: &str) -> Value {
    json!({"nodeName": "node-0", "restartPolicy": "Always",
        "containers": [{"name": "c", "image": "web:1", "command": ["sh", "-c", script]}]})
}

#[test]
fn a_container_that_ran_for_long_fails_as_if_for_the_first_time() {
    play(
        running("sleep 601; exit 1"),
        1900,
        expect![[r#"
        0s Running [c: running ready r0]
        601s Running [c: running ready r1]
        1202s Running [c: running ready r2]
        1803s Running [c: running ready r3]
    "#]],
    );
}

#[test]
fn a_container_restarts_by_its_own_rules_before_its_pod_s() {
    let mut spec = running("exit 42");
    spec["restartPolicy"] = "Never".into();
    spec["containers"][0]["restartPolicy"] = "Never".into();
    spec["containers"][0]["restartPolicyRules"] =
        json!([{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]);
    play(
        spec.clone(),
        5,
        expect![[r#"
        0s Running [c: waiting CrashLoopBackOff r1]
        0s   BackOff
    "#]],
    );
    spec["containers"][0]["restartPolicyRules"][0]["exitCodes"]["operator"] = "NotIn".into();
    play(
        spec,
        5,
        expect![[r#"
        0s Failed [c: terminated Error r0]
    "#]],
    );
}

#[test]
fn a_pod_ends_when_its_time_is_over() {
    let mut spec = running("sleep 60");
    spec["activeDeadlineSeconds"] = 4.into();
    play(
        spec,
        10,
        expect![[r#"
        0s Running [c: running ready r0]
        4s Failed DeadlineExceeded [c: terminated Error r0]
        4s   DeadlineExceeded
    "#]],
    );
}

#[test]
fn a_sidecar_comes_first_and_goes_last() {
    let spec = json!({"nodeName": "node-0", "restartPolicy": "Never",
        "initContainers": [{"name": "s", "image": "log:1", "restartPolicy": "Always"}],
        "containers": [{"name": "c", "image": "job:1", "command": ["sh", "-c", "sleep 2"]}]});
    play(
        spec,
        10,
        expect![[r#"
        0s Running [s: running ready r0, c: running ready r0]
        2s Succeeded [s: terminated Completed r0, c: terminated Completed r0]
    "#]],
    );
}

#[test]
fn a_failed_init_container_fails_a_pod_that_never_restarts() {
    let spec = json!({"nodeName": "node-0", "restartPolicy": "Never",
        "initContainers": [{"name": "i", "image": "log:1", "command": ["sh", "-c", "exit 1"]}],
        "containers": [{"name": "c", "image": "job:1"}]});
    play(
        spec,
        10,
        expect![[r#"
        0s Failed [i: terminated Error r0, c: waiting PodInitializing r0]
    "#]],
    );
}

#[test]
fn annotations_say_how_a_container_ends() {
    let annotations = json!({"io.pilothouse/exit-code": "3", "io.pilothouse/exit-after": "5s"});
    let mut spec = running("serve");
    spec["restartPolicy"] = "Never".into();
    play_by(
        Rules::default(),
        annotations,
        spec,
        10,
        expect![[r#"
        0s Running [c: running ready r0]
        5s Failed [c: terminated Error r0]
    "#]],
    );
}

#[test]
fn probes_find_what_the_rules_say() {
    let rules = |text: &str| Rules::parse(&format!("containers:\n- {text}\n")).expect("sound");
    let mut spec = running("serve");
    spec["containers"][0]["readinessProbe"] = json!({});
    spec["containers"][0]["livenessProbe"] = json!({});
    play_by(
        rules("readiness: fails"),
        json!({}),
        spec.clone(),
        10,
        expect![[r#"
        0s Running [c: running r0]
        0s   Unhealthy
    "#]],
    );
    play_by(
        rules("livenessFailsAfter: 3s"),
        json!({}),
        spec,
        10,
        expect![[r#"
        0s Running [c: running ready r0]
        3s Running [c: running ready r1]
        3s   Unhealthy
        3s   Killing
        6s Running [c: waiting CrashLoopBackOff r1]
        6s   Unhealthy
        6s   Killing
        6s   BackOff
    "#]],
    );
    play_by(
        rules("livenessFailsAfter: 3s"),
        json!({}),
        running("serve"),
        10,
        expect![[r#"
        0s Running [c: running ready r0]
    "#]],
    );
}

#[test]
fn a_node_may_refuse_a_pod() {
    let rules = Rules::parse("containers:\n- reject: OutOfcpu\n").expect("sound");
    play_by(
        rules,
        json!({}),
        running("serve"),
        10,
        expect![[r#"
        0s Failed OutOfcpu []
        0s   OutOfcpu
    "#]],
    );
}
