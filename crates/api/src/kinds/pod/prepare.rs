//! What the server makes of a pod before it is stored.

use serde_json::{Value, json};

use super::qos;
use crate::{json, kinds::Context};

/// A new pod is pending, has a class, and its gates and label keys are worked in.
pub(super) fn create(_: &Context<'_>, pod: &mut Value) {
    let mut status = json!({"phase": "Pending", "qosClass": qos::class(&pod["spec"])});
    if !json::is_empty(&pod["spec"], "schedulingGates") {
        status["conditions"] = json!([{
            "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
            "lastProbeTime": null, "lastTransitionTime": null,
        }]);
    }
    pod["status"] = status;
    work_in_label_keys(pod);
}

/// Keys of the pod's labels that count become requirements on their values.
fn work_in_label_keys(pod: &mut Value) {
    let labels = pod["metadata"]["labels"].clone();
    let Some(spec) = pod.get_mut("spec") else { return };
    for constraint in json::list_mut(spec, "topologySpreadConstraints") {
        require(constraint, &labels, "matchLabelKeys", "In");
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = spec.get_mut("affinity").and_then(|affinity| affinity.get_mut(kind));
        let Some(affinity) = affinity else { continue };
        for term in json::list_mut(affinity, "requiredDuringSchedulingIgnoredDuringExecution") {
            require_both(term, &labels);
        }
        for weighted in json::list_mut(affinity, "preferredDuringSchedulingIgnoredDuringExecution")
        {
            weighted.get_mut("podAffinityTerm").into_iter().for_each(|term| {
                require_both(term, &labels);
            });
        }
    }
}

fn require_both(term: &mut Value, labels: &Value) {
    require(term, labels, "matchLabelKeys", "In");
    require(term, labels, "mismatchLabelKeys", "NotIn");
}

fn require(holder: &mut Value, labels: &Value, keys: &str, operator: &str) {
    if json::field(holder, "labelSelector").is_none() {
        return;
    }
    let keys = json::list(holder, keys).iter().filter_map(Value::as_str);
    let valued = keys.filter_map(|key| Some((key, json::field(labels, key)?)));
    let added: Vec<Value> = valued
        .map(|(key, value)| json!({"key": key, "operator": operator, "values": [value]}))
        .collect();
    if added.is_empty() {
        return;
    }
    let expressions = &mut holder["labelSelector"]["matchExpressions"];
    if !expressions.is_array() {
        *expressions = json!([]);
    }
    expressions.as_array_mut().into_iter().for_each(|list| list.extend(added.iter().cloned()));
}

/// Endpoints that change one thing take only that from the request.
pub(super) fn update(ctx: &Context<'_>, new: &mut Value, old: &Value) {
    match ctx.subresource {
        "ephemeralcontainers" => {
            let containers = json::remove(&mut new["spec"], "ephemeralContainers");
            new["spec"] = old["spec"].clone();
            if let Some(containers) = containers {
                new["spec"]["ephemeralContainers"] = containers;
            }
        }
        "resize" => {
            let asked = std::mem::replace(&mut new["spec"], old["spec"].clone());
            take_resources(&mut new["spec"], &asked);
        }
        "status" => keep_class(new, old),
        _ => {}
    }
}

fn take_resources(spec: &mut Value, asked: &Value) {
    for containers in ["containers", "initContainers"] {
        let asked = json::list(asked, containers);
        for (container, asked) in json::list_mut(spec, containers).iter_mut().zip(asked) {
            json::copy(container, asked, "resources");
            json::copy(container, asked, "resizePolicy");
        }
    }
    json::copy(spec, asked, "resources");
}

fn keep_class(new: &mut Value, old: &Value) {
    let status = json::object_mut(new, "status");
    if json::is_empty(status, "qosClass") {
        json::copy(status, &old["status"], "qosClass");
    }
}
