//! Ports of services.

use std::collections::BTreeSet;

use meta::names;
use serde_json::{Value, json};

use crate::{
    json,
    validation::{Errors, FieldError, Path, Shown, ordered, rules},
};

const PORT_ORDER: [&str; 6] = ["Name", "Protocol", "AppProtocol", "Port", "TargetPort", "NodePort"];

/// Names, numbers, and that no two are alike.
pub(super) fn validate(path: &Path<'_>, spec: &Value, kind: &str, errors: &mut Errors) {
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
