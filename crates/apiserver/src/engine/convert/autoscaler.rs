//! Autoscalers: what version 2 has more travels in annotations of version 1.

use serde_json::{Map, Value, json};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

pub(super) fn to_v1(value: &mut Value) {
    let metrics = take_list(&mut value["spec"], "metrics");
    let (cpu, others) = split_cpu(metrics);
    let percent = cpu.map(|metric| metric["resource"]["target"]["averageUtilization"].clone());
    put(&mut value["spec"], "targetCPUUtilizationPercentage", percent);
    annotate(value, METRICS, others);
    let (cpu, others) = split_cpu(take_list(&mut value["status"], "currentMetrics"));
    let percent = cpu.map(|metric| metric["resource"]["current"]["averageUtilization"].clone());
    put(&mut value["status"], "currentCPUUtilizationPercentage", percent);
    annotate(value, CURRENT_METRICS, others);
    let conditions = take_list(&mut value["status"], "conditions");
    annotate(value, CONDITIONS, conditions);
    if let Some(behavior) = take(&mut value["spec"], "behavior") {
        set_annotation(value, BEHAVIOR, &behavior);
    }
}

pub(super) fn to_v2(value: &mut Value) {
    let mut metrics = list_annotation(value, METRICS);
    if let Some(percent) = take(&mut value["spec"], "targetCPUUtilizationPercentage") {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        metrics.insert(0, metric);
    }
    put_list(&mut value["spec"], "metrics", metrics);
    let mut current = list_annotation(value, CURRENT_METRICS);
    if let Some(percent) = take(&mut value["status"], "currentCPUUtilizationPercentage") {
        let metric = json!({"type": "Resource", "resource": {
            "name": "cpu", "current": {"averageUtilization": percent}}});
        current.insert(0, metric);
    }
    put_list(&mut value["status"], "currentMetrics", current);
    let conditions = list_annotation(value, CONDITIONS);
    put_list(&mut value["status"], "conditions", conditions);
    let behavior = take_annotation(value, BEHAVIOR);
    put(&mut value["spec"], "behavior", behavior);
}

/// The first metric of CPU utilization, and the rest.
fn split_cpu(mut metrics: Vec<Value>) -> (Option<Value>, Vec<Value>) {
    let is_cpu = |metric: &Value| {
        metric["type"] == "Resource"
            && metric["resource"]["name"] == "cpu"
            && ["target", "current"]
                .iter()
                .any(|side| metric["resource"][side]["averageUtilization"].is_number())
    };
    let cpu = metrics.iter().position(is_cpu).map(|at| metrics.remove(at));
    (cpu, metrics)
}

fn take(holder: &mut Value, field: &str) -> Option<Value> {
    holder.as_object_mut()?.remove(field)
}

fn take_list(holder: &mut Value, field: &str) -> Vec<Value> {
    match take(holder, field) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn put(holder: &mut Value, field: &str, value: Option<Value>) {
    if let Some(value) = value.filter(|value| !value.is_null()) {
        holder[field] = value;
    }
}

fn put_list(holder: &mut Value, field: &str, items: Vec<Value>) {
    put(holder, field, (!items.is_empty()).then_some(Value::Array(items)));
}

fn annotate(value: &mut Value, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        set_annotation(value, name, &Value::Array(items));
    }
}

fn set_annotation(value: &mut Value, name: &str, content: &Value) {
    value["metadata"]["annotations"][name] = content.to_string().into();
}

fn take_annotation(value: &mut Value, name: &str) -> Option<Value> {
    let metadata = value["metadata"].as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let text = annotations.remove(name)?;
    if *annotations == Map::new() {
        metadata.remove("annotations");
    }
    serde_json::from_str(text.as_str()?).ok()
}

fn list_annotation(value: &mut Value, name: &str) -> Vec<Value> {
    match take_annotation(value, name) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_version_1_lacks_travels_in_annotations_and_back() {
        let cpu = json!({"type": "Resource", "resource": {"name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 80}}});
        let memory = json!({"type": "Resource", "resource": {"name": "memory",
            "target": {"type": "Utilization", "averageUtilization": 70}}});
        let v2 = json!({"metadata": {"name": "a"}, "status": {"currentReplicas": 1},
            "spec": {"maxReplicas": 3, "metrics": [cpu, memory], "behavior": {"scaleUp": {}}}});
        let mut value = v2.clone();
        to_v1(&mut value);
        assert_eq!(value["spec"], json!({"maxReplicas": 3, "targetCPUUtilizationPercentage": 80}));
        let annotations = value["metadata"]["annotations"].as_object().expect("annotations");
        assert_eq!(annotations.keys().collect::<Vec<_>>(), [BEHAVIOR, METRICS]);
        to_v2(&mut value);
        assert_eq!(value, v2);
    }
}
