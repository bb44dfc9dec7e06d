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
    let object = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": spec});
    let (mut object, mut memory, mut story) = (object, Memory::default(), String::new());
    for second in 0..seconds {
        let now = Time::from_seconds(i64::from(second));
        let pod: Pod = serde_json::from_value(object.clone()).expect("a pod");
        let observed = PodOnNode {
            pod: Arc::new(pod),
            rules: Arc::new(Rules::default()),
            address: "10.244.0.2".into(),
            host: "192.168.0.1".into(),
        };
        let plan = plan(&mut memory, &observed, now);
        for step in plan.steps() {
            match &step.action {
                runtime::Action::Patch { patch, .. } => {
                    object["status"] = patch["status"].clone();
                    let _ = writeln!(story, "{second:3} s {}", summary(&object["status"]));
                }
                _ => {
                    let event = step.on_success.as_ref().map(|event| event.reason);
                    let _ = writeln!(story, "{second:3} s   {}", event.unwrap_or("-"));
                }
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
    format!("{} [{}]", status["phase"].as_str().unwrap_or(""), all.join(", "))
}

#[test]
fn an_ordinary_pod_is_ready_at_once_and_stays() {
    let spec = json!({"nodeName": "node-0", "restartPolicy": "Always", "containers": [{"name": "c", "image": "web:1"}]});
    play(
        spec,
        30,
        expect![[r#"
              0 s Running [c: running ready r0]
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
          0 s Pending [c: waiting ErrImagePull r0]
          0 s   Pulling
          0 s   Failed
          0 s   Failed
          2 s Pending [c: waiting ImagePullBackOff r0]
          2 s   BackOff
          2 s   Failed
         10 s Pending [c: waiting ErrImagePull r0]
         10 s   Pulling
         10 s   Failed
         10 s   Failed
         12 s Pending [c: waiting ImagePullBackOff r0]
         12 s   BackOff
         12 s   Failed
         30 s Pending [c: waiting ErrImagePull r0]
         30 s   Pulling
         30 s   Failed
         30 s   Failed
         32 s Pending [c: waiting ImagePullBackOff r0]
         32 s   BackOff
         32 s   Failed
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
          0 s Running [c: running ready r0]
          1 s Running [c: running ready r1]
          2 s Running [c: waiting CrashLoopBackOff r1]
          2 s   BackOff
         12 s Running [c: running ready r2]
         13 s Running [c: waiting CrashLoopBackOff r2]
         13 s   BackOff
         33 s Running [c: running ready r3]
         34 s Running [c: waiting CrashLoopBackOff r3]
         34 s   BackOff
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
          0 s Running [c: running ready r0]
          3 s Succeeded [c: terminated Completed r0]
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
          0 s Pending [i: running ready r0, c: waiting PodInitializing r0]
          2 s Running [i: terminated Completed r0, c: running r0]
          5 s Running [i: terminated Completed r0, c: running ready r0]
    "#]],
    );
}
