//! Services.

mod addresses;
mod port;

use meta::names;
use serde_json::{Value, json};

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, address, metadata, rules},
};

pub(super) const RULES: Rules =
    Rules { prepare_create, prepare_update, validate, validate_update, ..Rules::GENERIC };

const HEADLESS: &str = "None";
const AFFINITY_SECONDS_MAX: i64 = 86400;

fn prepare_create(_: &Context<'_>, service: &mut Value) {
    service["status"] = json!({"loadBalancer": {}});
    mirror_address(service);
}

fn prepare_update(ctx: &Context<'_>, new: &mut Value, old: &Value) {
    if ctx.subresource == "status" {
        return;
    }
    json::copy(new, old, "status");
    // Only balancers have an address outside.
    if !is_of_type(new, "LoadBalancer") {
        new["status"]["loadBalancer"] = json!({});
    }
    mirror_address(new);
}

/// The list of addresses and the one that old clients know begin alike.
fn mirror_address(service: &mut Value) {
    let spec = json::object_mut(service, "spec");
    let address = json::text(spec, "clusterIP").to_owned();
    if !address.is_empty() && json::is_empty(spec, "clusterIPs") {
        spec["clusterIPs"] = json!([address]);
    }
}

fn is_of_type(service: &Value, kind: &str) -> bool {
    json::text(&service["spec"], "type") == kind
}

fn validate(ctx: &Context<'_>, service: &Value, errors: &mut Errors) {
    if ctx.subresource == "status" {
        let ingress = json::at(service, "status.loadBalancer.ingress");
        let has_ingress = ingress.as_array().is_some_and(|ingress| !ingress.is_empty());
        if has_ingress && !is_of_type(service, "LoadBalancer") {
            let path = Path::new("status.loadBalancer.ingress");
            let text = "may only be used when `spec.type` is 'LoadBalancer'";
            errors.push(FieldError::forbidden(&path, text));
        }
        return;
    }
    let spec = &service["spec"];
    let path = Path::new("spec");
    let kind = json::text(spec, "type");
    kind_of(&path, spec, kind, errors);
    affinity(&path, spec, errors);
    metadata::labels(&path.child("selector"), spec.get("selector"), errors);
    port::validate(&path.child("ports"), spec, kind, errors);
    addresses::validate(&path, spec, kind, errors);
    addresses::external(&path.child("externalIPs"), spec, errors);
    balancer(&path, spec, kind, errors);
    traffic(&path, spec, kind, errors);
}

fn kind_of(path: &Path<'_>, spec: &Value, kind: &str, errors: &mut Errors) {
    let has_no_ports = json::list(spec, "ports").is_empty();
    if has_no_ports && kind != "ExternalName" && json::text(spec, "clusterIP") != HEADLESS {
        errors.push(FieldError::required(&path.child("ports"), ""));
    }
    match kind {
        "LoadBalancer" | "NodePort" if json::text(spec, "clusterIP") == HEADLESS => {
            let path = path.child("clusterIPs");
            let text = format!("may not be set to 'None' for {kind} services");
            errors.push(FieldError::invalid(&path.index(0), HEADLESS, text));
        }
        "ExternalName" => external_name(path, spec, errors),
        _ => {}
    }
    let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if rules::required(&path.child("type"), kind, errors) {
        rules::one_of(&path.child("type"), kind, &known, errors);
    }
}

fn external_name(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if !json::is_empty(spec, field) {
            let text = "may not be set for ExternalName services";
            errors.push(FieldError::forbidden(&path.child(field), text));
        }
    }
    let name = json::text(spec, "externalName");
    let path = path.child("externalName");
    let trimmed = name.strip_suffix('.').unwrap_or(name);
    if rules::required(&path, trimmed, errors) {
        rules::texts(&path, name, names::dns_1123_subdomain(trimmed), errors);
    }
}

fn affinity(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let affinity = json::text(spec, "sessionAffinity");
    rules::one_of(&path.child("sessionAffinity"), affinity, &["ClientIP", "None"], errors);
    if affinity == "ClientIP" {
        let path = path.child("sessionAffinityConfig");
        let path = path.child("clientIP");
        let seconds = json::at(spec, "sessionAffinityConfig.clientIP.timeoutSeconds").as_i64();
        if let Some(seconds) = seconds.filter(|s| !(1..=AFFINITY_SECONDS_MAX).contains(s)) {
            let text = format!("must be greater than 0 and less than {AFFINITY_SECONDS_MAX}");
            errors.push(FieldError::invalid(&path.child("timeoutSeconds"), seconds, text));
        }
    }
}

/// What only balancers have.
fn balancer(path: &Path<'_>, spec: &Value, kind: &str, errors: &mut Errors) {
    let is_balancer = kind == "LoadBalancer";
    let text = "may only be used when `type` is 'LoadBalancer'";
    let ranges_path = path.child("LoadBalancerSourceRanges");
    let ranges = json::list(spec, "loadBalancerSourceRanges");
    if !ranges.is_empty() && !is_balancer {
        errors.push(FieldError::forbidden(&ranges_path, text));
    }
    for (index, range) in ranges.iter().enumerate() {
        let range = range.as_str().unwrap_or_default().trim();
        rules::texts(&ranges_path.index(index), range, address::cidr(range), errors);
    }
    for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        if json::field(spec, field).is_some() && !is_balancer {
            errors.push(FieldError::forbidden(&path.child(field), text));
        }
    }
    if let Some(class) = json::field(spec, "loadBalancerClass").and_then(Value::as_str) {
        let messages = names::qualified_name(class);
        rules::texts(&path.child("loadBalancerClass"), class, messages, errors);
    }
}

fn traffic(path: &Path<'_>, spec: &Value, kind: &str, errors: &mut Errors) {
    let [external, internal] =
        ["externalTrafficPolicy", "internalTrafficPolicy"].map(|field| json::text(spec, field));
    let external_path = path.child("externalTrafficPolicy");
    let is_external =
        matches!(kind, "NodePort" | "LoadBalancer") || !json::is_empty(spec, "externalIPs");
    if !external.is_empty() && !is_external {
        let text = "may only be set for externally-accessible services";
        errors.push(FieldError::invalid(&external_path, external, text));
    } else {
        rules::one_of(&external_path, external, &["Cluster", "Local"], errors);
    }
    let health = json::number(spec, "healthCheckNodePort").unwrap_or(0);
    if health != 0 && !(kind == "LoadBalancer" && external == "Local") {
        let text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is \
                    'Local'";
        errors.push(FieldError::invalid(&path.child("healthCheckNodePort"), health, text));
    }
    let internal_path = path.child("internalTrafficPolicy");
    rules::one_of(&internal_path, internal, &["Cluster", "Local"], errors);
    let distribution = json::text(spec, "trafficDistribution");
    let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    rules::one_of(&path.child("trafficDistribution"), distribution, &known, errors);
}

fn validate_update(ctx: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    if ctx.subresource == "status" {
        return;
    }
    let keeps_address = !is_of_type(new, "ExternalName") && !is_of_type(old, "ExternalName");
    let [new, old] = [&new["spec"], &old["spec"]];
    let path = Path::new("spec");
    if keeps_address {
        addresses::same_address(&path.child("clusterIPs"), new, old, errors);
        addresses::same_family(&path.child("ipFamilies"), new, old, errors);
    }
    let both_balance = [new, old].iter().all(|spec| json::text(spec, "type") == "LoadBalancer");
    if both_balance && new.get("loadBalancerClass") != old.get("loadBalancerClass") {
        let path = path.child("loadBalancerClass");
        let class = new.get("loadBalancerClass").unwrap_or(&Value::Null);
        errors.push(FieldError::invalid(&path, class, "may not change once set"));
    }
    let [new_health, old_health] =
        [new, old].map(|spec| json::number(spec, "healthCheckNodePort").unwrap_or(0));
    if both_balance && old_health != 0 && new_health != 0 && new_health != old_health {
        let path = path.child("healthCheckNodePort");
        errors.push(FieldError::forbidden(&path, rules::IMMUTABLE));
    }
}

#[cfg(test)]
mod tests;
