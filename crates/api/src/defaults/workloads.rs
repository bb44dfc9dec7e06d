//! Defaults of workloads and of what scales them.

use serde_json::{Value, json};

use crate::json;

/// Selector and labels come from the template.
pub(super) fn replication_controller(controller: &mut Value) {
    let labels = json::at(controller, "spec.template.metadata.labels").clone();
    if labels.as_object().is_none_or(serde_json::Map::is_empty) {
        return;
    }
    if json::is_empty(&controller["spec"], "selector") {
        controller["spec"]["selector"] = labels.clone();
    }
    take_labels(controller, labels);
}

fn take_labels(object: &mut Value, labels: Value) {
    let metadata = json::object_mut(object, "metadata");
    if json::is_empty(metadata, "labels") {
        metadata["labels"] = labels;
    }
}

pub(super) fn deployment(deployment: &mut Value) {
    let strategy = json::object_mut(json::object_mut(deployment, "spec"), "strategy");
    set_rolling_update(strategy);
    if json::text(strategy, "type") == "RollingUpdate" {
        let bounds = json::object_mut(strategy, "rollingUpdate");
        set_absent(bounds, "maxUnavailable", "25%");
        set_absent(bounds, "maxSurge", "25%");
    }
}

pub(super) fn daemon_set(daemon_set: &mut Value) {
    let strategy = json::object_mut(json::object_mut(daemon_set, "spec"), "updateStrategy");
    set_rolling_update(strategy);
    if json::text(strategy, "type") == "RollingUpdate" {
        let bounds = json::object_mut(strategy, "rollingUpdate");
        set_absent(bounds, "maxUnavailable", 1);
        set_absent(bounds, "maxSurge", 0);
    }
}

pub(super) fn stateful_set(stateful_set: &mut Value) {
    let strategy = json::object_mut(json::object_mut(stateful_set, "spec"), "updateStrategy");
    if set_rolling_update(strategy) {
        json::object_mut(strategy, "rollingUpdate");
    }
    let is_rolling = json::text(strategy, "type") == "RollingUpdate";
    if is_rolling && json::field(strategy, "rollingUpdate").is_some() {
        let bounds = json::object_mut(strategy, "rollingUpdate");
        set_absent(bounds, "partition", 0);
        set_absent(bounds, "maxUnavailable", 1);
    }
}

/// Whether the type was left out.
fn set_rolling_update(strategy: &mut Value) -> bool {
    let left_out = json::is_empty(strategy, "type");
    if left_out {
        strategy["type"] = "RollingUpdate".into();
    }
    left_out
}

fn set_absent(object: &mut Value, field: &str, value: impl Into<Value>) {
    if json::field(object, field).is_none() {
        object[field] = value.into();
    }
}

/// Of jobs alone, not of those in a `CronJob`.
pub(super) fn job(job: &mut Value) {
    let labels = json::at(job, "spec.template.metadata.labels").clone();
    if labels.as_object().is_some_and(|labels| !labels.is_empty()) {
        take_labels(job, labels);
    }
    let spec = json::object_mut(job, "spec");
    let has_parallelism = json::field(spec, "parallelism").is_some();
    if json::field(spec, "completions").is_none() && !has_parallelism {
        spec["completions"] = 1.into();
    }
    if !has_parallelism {
        spec["parallelism"] = 1.into();
    }
    let per_index = json::field(spec, "backoffLimitPerIndex").is_some();
    set_absent(spec, "backoffLimit", if per_index { i32::MAX } else { 6 });
    let has_policy = json::field(spec, "podFailurePolicy").is_some();
    let replacement = if has_policy { "Failed" } else { "TerminatingOrFailed" };
    set_absent(spec, "podReplacementPolicy", replacement);
}

pub(super) fn autoscaler(autoscaler: &mut Value) {
    let spec = json::object_mut(autoscaler, "spec");
    if json::is_empty(spec, "metrics") {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        let resource = json!({"name": "cpu", "target": target});
        spec["metrics"] = json!([{"type": "Resource", "resource": resource}]);
    }
    if json::field(spec, "behavior").is_none() {
        return;
    }
    let up = json!([
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ]);
    let down = json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]);
    let behavior = &mut spec["behavior"];
    let scale_up = json::object_mut(behavior, "scaleUp");
    set_absent(scale_up, "stabilizationWindowSeconds", 0);
    set_absent(scale_up, "selectPolicy", "Max");
    set_absent(scale_up, "policies", up);
    let scale_down = json::object_mut(behavior, "scaleDown");
    set_absent(scale_down, "selectPolicy", "Max");
    set_absent(scale_down, "policies", down);
}
