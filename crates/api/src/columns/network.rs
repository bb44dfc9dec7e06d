//! Services, their endpoints, and what leads to them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    column::{Column, age, computed, labels, name, selector, text, text_or},
    object::{Object, first_three, join, list, non_empty, plain, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "EndpointSlice" => ENDPOINT_SLICE,
        "Ingress" => INGRESS,
        "IngressClass" => INGRESS_CLASS,
        "IPAddress" => IP_ADDRESS,
        "NetworkPolicy" => NETWORK_POLICY,
        "ServiceCIDR" => SERVICE_CIDR,
        _ => return None,
    })
}

pub(super) const SERVICE: &[Column] = &[
    name(),
    text("Type", "spec.type"),
    computed("Cluster-IP", |service| {
        service.list("spec.clusterIPs").first().map_or("<none>".into(), |ip| plain(ip).into())
    }),
    computed("External-IP", |service| external(service).into()),
    computed("Port(s)", |service| service_ports(service).into()),
    age(),
    labels("Selector", "spec.selector").wide(),
];
pub(super) const ENDPOINTS: &[Column] =
    &[name(), computed("Endpoints", |endpoints| addresses(endpoints).into()), age()];
const ENDPOINT_SLICE: &[Column] = &[
    name(),
    text("AddressType", "addressType"),
    computed("Ports", |slice| slice_ports(slice).into()),
    computed("Endpoints", |slice| slice_addresses(slice).into()),
    age(),
];
const INGRESS: &[Column] = &[
    name(),
    text_or("Class", "spec.ingressClassName", "<none>"),
    computed("Hosts", |ingress| hosts(ingress).into()),
    computed("Address", |ingress| join(balancers(ingress), ",").into()),
    computed("Ports", |ingress| {
        let has_tls = !ingress.list("spec.tls").is_empty();
        if has_tls { "80, 443".into() } else { "80".into() }
    }),
    age(),
];
const INGRESS_CLASS: &[Column] = &[
    computed("Name", |class| ingress_class_name(class).into()).formatted("name"),
    text("Controller", "spec.controller"),
    computed("Parameters", |class| ingress_parameters(class).into()),
    age(),
];
// The reference adds a cell for the age, for which it declares no column; clients ignore it.
const IP_ADDRESS: &[Column] = &[name(), computed("ParentRef", |address| parent(address).into())];
const NETWORK_POLICY: &[Column] = &[name(), selector("Pod-Selector", "spec.podSelector"), age()];
const SERVICE_CIDR: &[Column] =
    &[name(), computed("CIDRs", |cidr| texts(cidr.list("spec.cidrs")).into()), age()];

fn texts(values: &[Value]) -> String {
    join(values.iter().map(plain), ",")
}

/// Where a load balancer is reached.
fn balancers(object: Object<'_>) -> BTreeSet<&str> {
    let points = object.list("status.loadBalancer.ingress").iter();
    let addresses = points.map(|point| match text_in(point, "ip") {
        "" => text_in(point, "hostname"),
        ip => ip,
    });
    addresses.filter(|address| !address.is_empty()).collect()
}

fn external(service: Object<'_>) -> String {
    let external = texts(service.list("spec.externalIPs"));
    match service.text("spec.type") {
        "ClusterIP" | "NodePort" => non_empty(external, "<none>"),
        "LoadBalancer" => {
            let both = [join(balancers(service), ","), external];
            non_empty(join(both.iter().filter(|text| !text.is_empty()), ","), "<pending>")
        }
        "ExternalName" => service.text("spec.externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

fn service_ports(service: Object<'_>) -> String {
    let ports = service.list("spec.ports").iter().map(|port| {
        let protocol = text_in(port, "protocol");
        match port["nodePort"].as_i64() {
            Some(node_port) if node_port > 0 => {
                format!("{}:{node_port}/{protocol}", plain(&port["port"]))
            }
            _ => format!("{}/{protocol}", plain(&port["port"])),
        }
    });
    non_empty(join(ports, ","), "<none>")
}

fn addresses(endpoints: Object<'_>) -> String {
    let subsets = endpoints.list("subsets");
    if subsets.is_empty() {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for subset in subsets {
        let ready = || list(subset, "addresses").iter().map(|address| text_in(address, "ip"));
        let ports = list(subset, "ports");
        if ports.is_empty() {
            all.extend(ready().map(str::to_owned));
        }
        for port in ports {
            all.extend(ready().map(|ip| host_port(ip, &plain(&port["port"]))));
        }
    }
    first_three(&all)
}

/// Addresses with colons of their own are bracketed.
fn host_port(ip: &str, port: &str) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

fn slice_ports(slice: Object<'_>) -> String {
    let ports = slice.list("ports").iter().map(|port| {
        let named = non_empty(plain(&port["port"]), text_in(port, "name"));
        let is_any = port["port"].is_null() && port["name"].is_null();
        if is_any { "*".to_owned() } else { named }
    });
    non_empty(first_three(&ports.collect::<Vec<_>>()), "<unset>")
}

fn slice_addresses(slice: Object<'_>) -> String {
    let endpoints = slice.list("endpoints").iter();
    let all: Vec<String> =
        endpoints.flat_map(|endpoint| list(endpoint, "addresses").iter().map(plain)).collect();
    non_empty(first_three(&all), "<unset>")
}

/// The first three hosts; the number of the others counts rules without a host too.
fn hosts(ingress: Object<'_>) -> String {
    const SHOWN: usize = 3;
    let rules = ingress.list("spec.rules");
    let mut shown = Vec::new();
    for rule in rules {
        if shown.len() == SHOWN {
            let more = rules.len() - SHOWN;
            return format!("{} + {more} more...", join(shown, ","));
        }
        shown.extend(Some(text_in(rule, "host")).filter(|host| !host.is_empty()));
    }
    non_empty(join(shown, ","), "*")
}

fn ingress_class_name(class: Object<'_>) -> String {
    let name = class.text("metadata.name");
    let annotations = class.at("metadata.annotations");
    let is_default = annotations["ingressclass.kubernetes.io/is-default-class"] == "true";
    if is_default { format!("{name} (default)") } else { name.to_owned() }
}

fn ingress_parameters(class: Object<'_>) -> String {
    let parameters = class.at("spec.parameters");
    if parameters.is_null() {
        return "<none>".to_owned();
    }
    let kind = text_in(parameters, "kind");
    let name = text_in(parameters, "name");
    match text_in(parameters, "apiGroup") {
        "" => format!("{kind}/{name}"),
        group => format!("{kind}.{group}/{name}"),
    }
}

fn parent(address: Object<'_>) -> String {
    let parent = address.at("spec.parentRef");
    if parent.is_null() {
        return "<none>".to_owned();
    }
    let resource = match text_in(parent, "group") {
        "" => text_in(parent, "resource").to_lowercase(),
        group => format!("{}.{group}", text_in(parent, "resource")).to_lowercase(),
    };
    let name = text_in(parent, "name");
    match text_in(parent, "namespace") {
        "" => format!("{resource}/{name}"),
        namespace => format!("{resource}/{namespace}/{name}"),
    }
}
