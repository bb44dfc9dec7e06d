//! Defaults of services, namespaces, nodes, policies and devices.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::json;

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn service(service: &mut Value) {
    let spec = json::object_mut(service, "spec");
    affinity(spec);
    if json::is_empty(spec, "type") {
        spec["type"] = "ClusterIP".into();
    }
    for port in json::list_mut(spec, "ports") {
        let target = json::field(port, "targetPort");
        if target.is_none_or(|target| *target == json!(0) || *target == json!("")) {
            port["targetPort"] = port["port"].clone();
        }
    }
    let kind = json::text(spec, "type").to_owned();
    let is_external = matches!(kind.as_str(), "LoadBalancer" | "NodePort")
        || (kind == "ClusterIP" && !json::is_empty(spec, "externalIPs"));
    if is_external && json::is_empty(spec, "externalTrafficPolicy") {
        spec["externalTrafficPolicy"] = "Cluster".into();
    }
    let is_internal = matches!(kind.as_str(), "ClusterIP" | "NodePort" | "LoadBalancer");
    if is_internal && json::field(spec, "internalTrafficPolicy").is_none() {
        spec["internalTrafficPolicy"] = "Cluster".into();
    }
    if kind == "LoadBalancer" {
        load_balancer(service);
    }
}

fn affinity(spec: &mut Value) {
    if json::is_empty(spec, "sessionAffinity") {
        spec["sessionAffinity"] = "None".into();
    }
    match json::text(spec, "sessionAffinity") {
        "None" => {
            json::remove(spec, "sessionAffinityConfig");
        }
        "ClientIP" => {
            let config = json::object_mut(spec, "sessionAffinityConfig");
            let client = json::object_mut(config, "clientIP");
            if json::field(client, "timeoutSeconds").is_none() {
                client["timeoutSeconds"] = 10800.into();
            }
        }
        _ => {}
    }
}

fn load_balancer(service: &mut Value) {
    let spec = json::object_mut(service, "spec");
    if json::field(spec, "allocateLoadBalancerNodePorts").is_none() {
        spec["allocateLoadBalancerNodePorts"] = true.into();
    }
    let Some(status) = service.pointer_mut("/status/loadBalancer") else { return };
    for ingress in json::list_mut(status, "ingress") {
        if !json::is_empty(ingress, "ip") && json::field(ingress, "ipMode").is_none() {
            ingress["ipMode"] = "VIP".into();
        }
    }
}

/// Plain texts are for writing only: they are stored like the rest.
pub(super) fn secret(secret: &mut Value) {
    let Some(texts) = json::remove(secret, "stringData") else { return };
    let texts = texts.as_object().into_iter().flatten();
    for (key, text) in texts.filter_map(|(key, text)| Some((key, text.as_str()?))) {
        json::object_mut(secret, "data")[key] = STANDARD.encode(text).into();
    }
}

/// Every namespace can be selected by its name.
pub(super) fn namespace(namespace: &mut Value) {
    let metadata = json::object_mut(namespace, "metadata");
    let name = json::text(metadata, "name").to_owned();
    if !name.is_empty() {
        json::object_mut(metadata, "labels")["kubernetes.io/metadata.name"] = name.into();
    }
}

/// What a node has it can give away.
pub(super) fn node_status(status: &mut Value) {
    if json::is_empty(status, "allocatable") && !json::is_empty(status, "capacity") {
        status["allocatable"] = status["capacity"].clone();
    }
}

pub(super) fn limit_range_item(item: &mut Value) {
    if json::text(item, "type") != "Container" {
        return;
    }
    for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")]
    {
        let Some(amounts) = item.get(from).and_then(Value::as_object).cloned() else { continue };
        let filled = json::object_mut(item, to);
        for (resource, amount) in amounts {
            if json::field(filled, &resource).is_none() {
                filled[&resource] = amount;
            }
        }
    }
}

pub(super) fn network_policy(spec: &mut Value) {
    if json::is_empty(spec, "policyTypes") {
        let egress = !json::is_empty(spec, "egress");
        spec["policyTypes"] =
            if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    }
}

pub(super) fn subject(subject: &mut Value) {
    let is_person = matches!(json::text(subject, "kind"), "User" | "Group");
    if is_person && json::is_empty(subject, "apiGroup") {
        subject["apiGroup"] = RBAC_GROUP.into();
    }
}

pub(super) fn custom_resource_definition(definition: &mut Value) {
    let versions = json::list(&definition["spec"], "versions");
    let stored = versions.iter().find(|version| json::is_true(version, "storage"));
    let stored = stored.map(|version| json::text(version, "name").to_owned());
    if let Some(stored) = stored.filter(|_| json::is_empty(&definition["status"], "storedVersions"))
    {
        json::object_mut(definition, "status")["storedVersions"] = json!([stored]);
    }
    let spec = json::object_mut(definition, "spec");
    if json::field(spec, "conversion").is_none() {
        spec["conversion"] = json!({"strategy": "None"});
    }
    let names = json::object_mut(spec, "names");
    let kind = json::text(names, "kind").to_owned();
    if json::is_empty(names, "singular") && !kind.is_empty() {
        names["singular"] = kind.to_lowercase().into();
    }
    if json::is_empty(names, "listKind") && !kind.is_empty() {
        names["listKind"] = format!("{kind}List").into();
    }
}

pub(super) fn device_request(request: &mut Value) {
    if json::is_empty(request, "allocationMode") {
        request["allocationMode"] = "ExactCount".into();
    }
    let is_counted = json::text(request, "allocationMode") == "ExactCount";
    if is_counted && json::number(request, "count").unwrap_or(0) == 0 {
        request["count"] = 1.into();
    }
}

/// The form in which a request for one class and one for the first of several were one type.
pub(super) fn old_device_request(request: &mut Value) {
    if !json::is_empty(request, "deviceClassName") {
        device_request(request);
    }
}
