//! Objects that scenarios create, and what they do to them.

use api::resources::{NODES, PODS};
use meta::{object::ObjectKey, resource::Resource};
use serde_json::{Value, json};
use sim::stage::{Stage, State};

use crate::Verdict;

pub(crate) const NAMESPACE: &str = "default";

pub(crate) fn key(name: &str) -> ObjectKey {
    ObjectKey::new(NAMESPACE, name)
}

fn template(app: &str, image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": app}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    })
}

/// What Deployments, ReplicaSets, StatefulSets and DaemonSets have in common.
pub(crate) fn workload(name: &str, replicas: u32) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, "app:v1"),
        },
    })
}

pub(crate) fn daemon_set(name: &str) -> Value {
    let mut set = workload(name, 0);
    set["spec"]["replicas"].take();
    set
}

pub(crate) fn stateful_set(name: &str, replicas: u32) -> Value {
    let mut set = workload(name, replicas);
    set["spec"]["serviceName"] = name.into();
    set["spec"]["podManagementPolicy"] = "Parallel".into();
    set
}

pub(crate) fn job(name: &str, completions: u32, parallelism: u32) -> Value {
    let mut template = template(name, "app:v1");
    template["spec"]["restartPolicy"] = "Never".into();
    json!({
        "metadata": {"name": name},
        "spec": {
            "completions": completions, "parallelism": parallelism, "backoffLimit": 100,
            "template": template,
        },
    })
}

pub(crate) fn service(name: &str) -> Value {
    let port = json!({"port": 80, "protocol": "TCP", "targetPort": 8080});
    json!({"metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": [port]}})
}

pub(crate) fn pod(name: &str, app: &str) -> Value {
    let mut pod = template(app, "app:v1");
    pod["metadata"]["name"] = name.into();
    pod
}

pub(crate) fn config_map(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

pub(crate) fn node(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

/// Lets a node join that takes pods: one that has just come does not, until somebody has looked at it.
pub(crate) fn join(stage: &Stage, node: &Value) -> Verdict {
    stage.create(&NODES, "", node)?;
    let node = ObjectKey::new("", name(node));
    stage.patch(&NODES, &node, &json!({"spec": {"taints": null}}))
}

pub(crate) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

pub(crate) fn uid(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

/// A reference to an owner that is not its controller.
pub(crate) fn owner(object: &Value, api_version: &str, kind: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "name": name(object), "uid": uid(object)})
}

/// What a kubelet reports of a pod that runs.
pub(crate) fn running(stage: &Stage, name: &str, is_ready: bool) -> Verdict {
    let status = if is_ready { "True" } else { "False" };
    let ready =
        json!({"type": "Ready", "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let last = name.bytes().fold(0_u8, u8::wrapping_add);
    let status = json!({
        "phase": "Running", "podIP": format!("10.0.0.{last}"),
        "podIPs": [{"ip": format!("10.0.0.{last}")}], "conditions": [ready],
    });
    stage.patch_status(&PODS, &key(name), &status)
}

/// What a kubelet reports of a pod that has ended.
pub(crate) fn ended(stage: &Stage, name: &str, phase: &str) -> Verdict {
    stage.patch_status(&PODS, &key(name), &json!({ "phase": phase }))
}

/// The names of the objects of the namespace.
pub(crate) fn names(stage: &Stage, resource: &Resource) -> Vec<String> {
    stage.list(resource, NAMESPACE).iter().map(|object| name(object).to_owned()).collect()
}

/// The pods that came into being, in order.
pub(crate) fn pods_made(stage: &Stage) -> Vec<State> {
    let past = stage.past("/registry/pods/");
    past.into_iter().filter(|state| state.before.is_none()).collect()
}
