//! Services.

use std::collections::BTreeSet;

use meta::names;
use serde_json::{Value, json};

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, Shown, address, metadata, ordered, rules},
};

pub(super) const RULES: Rules =
    Rules { prepare_create, prepare_update, validate, validate_update, ..Rules::GENERIC };

const HEADLESS: &str = "None";
const AFFINITY_SECONDS_MAX: i64 = 86400;
const PORT_ORDER: [&str; 6] = ["Name", "Protocol", "AppProtocol", "Port", "TargetPort", "NodePort"];

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
    ports(&path.child("ports"), spec, kind, errors);
    addresses(&path, spec, kind, errors);
    external_addresses(&path.child("externalIPs"), spec, errors);
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

fn ports(path: &Path<'_>, spec: &Value, kind: &str, errors: &mut Errors) {
    let ports = json::list(spec, "ports");
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut node_ports = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = path.index(index);
        port_name(&path.child("name"), port, ports.len(), &mut names, errors);
        port_itself(&path, port, errors);
        let node_port = json::number(port, "nodePort").unwrap_or(0);
        let protocol = json::text(port, "protocol");
        if node_port != 0 && !matches!(kind, "NodePort" | "LoadBalancer") {
            let text = format!("may not be used when `type` is '{kind}'");
            errors.push(FieldError::forbidden(&path.child("nodePort"), text));
        }
        if node_port != 0 && !node_ports.insert((protocol, node_port)) {
            let text = "provided port is already allocated";
            errors.push(FieldError::invalid(&path.child("nodePort"), node_port, text));
        }
        if !seen.insert((protocol, json::number(port, "port"))) {
            errors.push(FieldError::duplicate(&path, shown(port)));
        }
    }
}

fn port_name<'a>(
    path: &Path<'_>,
    port: &'a Value,
    count: usize,
    seen: &mut BTreeSet<&'a str>,
    errors: &mut Errors,
) {
    let name = json::text(port, "name");
    if name.is_empty() {
        if count > 1 {
            errors.push(FieldError::required(path, ""));
        }
        return;
    }
    rules::texts(path, name, names::dns_1123_label(name), errors);
    if !seen.insert(name) {
        errors.push(FieldError::duplicate(path, name));
    }
}

fn port_itself(path: &Path<'_>, port: &Value, errors: &mut Errors) {
    rules::port(&path.child("port"), json::number(port, "port").unwrap_or(0), errors);
    let protocol = json::text(port, "protocol");
    if rules::required(&path.child("protocol"), protocol, errors) {
        rules::one_of(&path.child("protocol"), protocol, &["SCTP", "TCP", "UDP"], errors);
    }
    if let Some(target) = json::field(port, "targetPort") {
        rules::port_or_name(&path.child("targetPort"), target, errors);
    }
    if let Some(application) = json::field(port, "appProtocol").and_then(Value::as_str) {
        let messages = names::qualified_name(application);
        rules::texts(&path.child("appProtocol"), application, messages, errors);
    }
}

/// A port as the reference shows it: without what makes it unlike its double.
fn shown(port: &Value) -> Shown {
    let port = json!({
        "Name": "", "Protocol": port["protocol"], "AppProtocol": null, "Port": port["port"],
        "TargetPort": 0, "NodePort": 0,
    });
    Shown::Written(ordered::write(&port, &PORT_ORDER))
}

fn addresses(path: &Path<'_>, spec: &Value, kind: &str, errors: &mut Errors) {
    families(path, spec, errors);
    if kind == "ExternalName" {
        return;
    }
    let path = path.child("clusterIPs");
    let listed = &spec["clusterIPs"];
    let addresses: Vec<&str> =
        json::list(spec, "clusterIPs").iter().filter_map(Value::as_str).collect();
    let address = json::text(spec, "clusterIP");
    let invalid = |text: &str| FieldError::invalid(&path, listed, text);
    match (addresses.first(), address) {
        (Some(_), "") => errors.push(invalid("must be empty when `clusterIP` is not specified")),
        (Some(first), address) if *first != address => {
            errors.push(invalid("first value must match `clusterIP`"));
        }
        _ => {}
    }
    if addresses.contains(&HEADLESS) {
        if addresses.len() > 1 {
            errors.push(invalid("'None' must be the first and only value"));
        }
        return;
    }
    if addresses.len() > 2 {
        errors.push(invalid("may only hold up to 2 values"));
    }
    for (index, address) in addresses.iter().enumerate() {
        rules::texts(&path.index(index), address, address::ip(address), errors);
    }
    let families: Vec<bool> =
        addresses.iter().filter_map(|address| address::is_ipv6(address)).collect();
    if families.len() == 2 && families[0] == families[1] {
        errors.push(invalid("may specify no more than one IP for each IP family"));
    }
}

fn families(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let families_path = path.child("ipFamilies");
    let mut seen = BTreeSet::new();
    for (index, family) in json::list(spec, "ipFamilies").iter().enumerate() {
        let family = family.as_str().unwrap_or_default();
        rules::one_of(&families_path.index(index), family, &["IPv4", "IPv6"], errors);
        if !seen.insert(family) {
            errors.push(FieldError::duplicate(&families_path.index(index), family));
        }
    }
    let policy = json::text(spec, "ipFamilyPolicy");
    let known = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    rules::one_of(&path.child("ipFamilyPolicy"), policy, &known, errors);
    if seen.len() > 1 && !matches!(policy, "RequireDualStack" | "PreferDualStack") {
        let text = "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are \
                    specified";
        errors.push(FieldError::invalid(&path.child("ipFamilyPolicy"), policy, text));
    }
}

fn external_addresses(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    for (index, external) in json::list(spec, "externalIPs").iter().enumerate() {
        let external = external.as_str().unwrap_or_default();
        let path = path.index(index);
        rules::texts(&path, external, address::ip(external), errors);
        rules::texts(&path, external, address::unroutable(external), errors);
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
        same_address(&path.child("clusterIPs"), new, old, errors);
        same_family(&path.child("ipFamilies"), new, old, errors);
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

fn same_address(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let [new_first, old_first] =
        [new, old].map(|spec| json::list(spec, "clusterIPs").first().cloned());
    let (Some(old_first), shown) = (old_first, &new["clusterIPs"]) else { return };
    match new_first {
        Some(new_first) if new_first != old_first => {
            let text = "may not change once set";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        None => {
            let text = "primary clusterIP can not be unset";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        Some(_) => {}
    }
}

fn same_family(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let [new_first, old_first] =
        [new, old].map(|spec| json::list(spec, "ipFamilies").first().cloned());
    let headless = |spec: &Value| json::text(spec, "clusterIP") == HEADLESS;
    let (Some(old_first), false) = (old_first, headless(new) && headless(old)) else { return };
    let shown = &new["ipFamilies"];
    match new_first {
        Some(new_first) if new_first != old_first => {
            let text = "may not change once set";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        None => {
            let text = "primary ipFamily can not be unset";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::kinds::testing::Kind;

    const SERVICES: Kind = Kind("", "v1", "services");

    fn service(spec: Value) -> Value {
        json!({"metadata": {"name": "a", "namespace": "d"}, "spec": spec})
    }

    #[test]
    fn a_service_has_ports_unless_it_is_a_name() {
        SERVICES.create(service(json!({"ports": [{"port": 80}]})), &[]);
        SERVICES.create(service(json!({})), &["spec.ports: Required value"]);
        SERVICES.create(service(json!({"clusterIP": "None"})), &[]);
        SERVICES.create(
            service(json!({"type": "ExternalName"})),
            &["spec.externalName: Required value"],
        );
    }

    #[test]
    fn several_ports_have_names_and_differ() {
        let ports = json!([{"port": 80}, {"port": 80, "name": "A"}]);
        let mut errors = vec!["spec.ports[0].name: Required value".to_owned()];
        errors.extend(
            meta::names::dns_1123_label("A")
                .iter()
                .map(|text| format!("spec.ports[1].name: Invalid value: \"A\": {text}")),
        );
        errors.push(
            "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":\
             null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}"
                .to_owned(),
        );
        let errors: Vec<&str> = errors.iter().map(String::as_str).collect();
        SERVICES.create(service(json!({ "ports": ports })), &errors);
    }

    #[test]
    fn ports_are_in_range_and_of_the_node_only_where_it_opens_them() {
        SERVICES.create(
            service(json!({"ports": [{"port": 0, "targetPort": 70000, "nodePort": 30000}]})),
            &[
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, \
                 inclusive",
                "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
            ],
        );
    }

    #[test]
    fn what_is_only_for_balancers_is_refused_elsewhere() {
        SERVICES.create(
            service(json!({
                "ports": [{"port": 80}], "loadBalancerSourceRanges": ["10.0.0.0/8"],
                "externalTrafficPolicy": "Local", "healthCheckNodePort": 30001,
            })),
            &[
                "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is \
                 'LoadBalancer'",
                "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for \
                 externally-accessible services",
                "spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is \
                 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
            ],
        );
    }

    #[test]
    fn an_address_stays() {
        let old = service(json!({"ports": [{"port": 80}], "clusterIP": "10.0.0.1"}));
        let mut new = old.clone();
        new["spec"]["clusterIP"] = json!("10.0.0.2");
        SERVICES.update(
            "",
            new,
            &old,
            &["spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set"],
        );
    }
}
