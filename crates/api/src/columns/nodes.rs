//! Nodes, and the kinds around them: leases, runtime classes, priorities.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    column::{Column, age, computed, flag, name, number, text, text_or},
    object::{Object, join, non_empty, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "Lease" => LEASE,
        "RuntimeClass" => RUNTIME_CLASS,
        "PriorityClass" => PRIORITY_CLASS,
        _ => return None,
    })
}

const LEASE: &[Column] = &[name(), text("Holder", "spec.holderIdentity"), age()];
const RUNTIME_CLASS: &[Column] = &[name(), text("Handler", "handler"), age()];
const PRIORITY_CLASS: &[Column] = &[
    name(),
    number("Value", "value"),
    flag("Global-Default", "globalDefault", false),
    age(),
    text("PreemptionPolicy", "preemptionPolicy"),
];

pub(super) const NODE: &[Column] = &[
    name(),
    computed("Status", |node| status(node).into()),
    computed("Roles", |node| roles(node).into()),
    age(),
    text("Version", "status.nodeInfo.kubeletVersion"),
    computed("Internal-IP", |node| address(node, "InternalIP").into()).wide(),
    computed("External-IP", |node| address(node, "ExternalIP").into()).wide(),
    text_or("OS-Image", "status.nodeInfo.osImage", "<unknown>").wide(),
    computed("Kernel-Version", kernel).wide(),
    text_or("Container-Runtime", "status.nodeInfo.containerRuntimeVersion", "<unknown>").wide(),
];

fn status(node: Object<'_>) -> String {
    let conditions = node.list("status.conditions").iter();
    let ready = conditions.rev().find(|condition| text_in(condition, "type") == "Ready");
    let status = match ready.map(|condition| text_in(condition, "status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let suffix = if node.at("spec.unschedulable") == true { ",SchedulingDisabled" } else { "" };
    format!("{status}{suffix}")
}

fn roles(node: Object<'_>) -> String {
    let labels = node.at("metadata.labels").as_object().into_iter().flatten();
    let named = labels.filter_map(|(key, value)| match key.as_str() {
        "kubernetes.io/role" => value.as_str(),
        key => key.strip_prefix("node-role.kubernetes.io/"),
    });
    let roles: BTreeSet<&str> = named.filter(|role| !role.is_empty()).collect();
    non_empty(join(roles, ","), "<none>")
}

fn address<'a>(node: Object<'a>, kind: &str) -> &'a str {
    let mut addresses = node.list("status.addresses").iter();
    let found = addresses.find(|address| text_in(address, "type") == kind);
    found.map_or("<none>", |address| text_in(address, "address"))
}

fn kernel(node: Object<'_>) -> Value {
    let version = non_empty(node.text("status.nodeInfo.kernelVersion").to_owned(), "<unknown>");
    match node.text("status.nodeInfo.architecture") {
        "" => version.into(),
        architecture => format!("{version} ({architecture})").into(),
    }
}
