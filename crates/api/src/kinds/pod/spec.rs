//! A pod's spec, in a pod or in a template, in the order in which its parts are checked.

use std::collections::{BTreeMap, BTreeSet};

use meta::names;
use serde_json::Value;

use super::{container, resources, scheduling, security, volume};
use crate::{
    json,
    validation::{Errors, FieldError, Path, address, metadata, rules},
};

/// Where the spec stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Pod,
    Template,
}

/// What the parts of a spec need to know of the whole.
pub(super) struct Surroundings<'a> {
    pub(super) volumes: BTreeMap<&'a str, &'a Value>,
    pub(super) claims: BTreeSet<&'a str>,
    pub(super) on_host_network: bool,
    pub(super) restart_policy: &'a str,
    pub(super) grace_seconds: i64,
}

const DEADLINE_SECONDS: std::ops::RangeInclusive<i64> = 1..=2_147_483_647;
const NAME_SERVERS_MAX: usize = 3;
const SEARCH_PATHS_MAX: usize = 32;
const SEARCH_LETTERS_MAX: usize = 2048;

/// All that is wrong with a spec.
pub(crate) fn validate(path: &Path<'_>, spec: &Value, place: Place, errors: &mut Errors) {
    let surroundings = Surroundings {
        volumes: volume::validate(&path.child("volumes"), spec, errors),
        claims: scheduling::claims(&path.child("resourceClaims"), spec, errors),
        on_host_network: json::is_true(spec, "hostNetwork"),
        restart_policy: json::text(spec, "restartPolicy"),
        grace_seconds: json::number(spec, "terminationGracePeriodSeconds").unwrap_or(30),
    };
    container::validate_all(path, spec, &surroundings, errors);
    if place == Place::Template && !json::list(spec, "ephemeralContainers").is_empty() {
        let text = "ephemeral containers not allowed in pod template";
        errors.push(FieldError::forbidden(&path.child("ephemeralContainers"), text));
    }
    resources::of_pod(path, spec, errors);
    policies(path, spec, errors);
    metadata::labels(&path.child("nodeSelector"), spec.get("nodeSelector"), errors);
    security::of_pod(path, spec, errors);
    scheduling::affinity(&path.child("affinity"), &spec["affinity"], errors);
    dns_config(&path.child("dnsConfig"), spec, errors);
    gates(path, spec, errors);
    scheduling::spread(&path.child("topologySpreadConstraints"), spec, errors);
    host_users(path, spec, errors);
    names(path, spec, errors);
    scheduling::tolerations(&path.child("tolerations"), spec, errors);
    host_aliases(&path.child("hostAliases"), spec, errors);
    classes(path, spec, errors);
    resources::overhead(path, spec, errors);
    operating_system(&path.child("os"), spec, errors);
}

fn policies(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let restart = json::text(spec, "restartPolicy");
    rules::one_of(&path.child("restartPolicy"), restart, &["Always", "OnFailure", "Never"], errors);
    let dns = json::text(spec, "dnsPolicy");
    let known = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    rules::one_of(&path.child("dnsPolicy"), dns, &known, errors);
}

fn dns_config(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let has_no_policy = json::text(spec, "dnsPolicy") == "None";
    let Some(config) = json::field(spec, "dnsConfig") else {
        if has_no_policy {
            let text = "must provide `dnsConfig` when `dnsPolicy` is None";
            errors.push(FieldError::required(path, text));
        }
        return;
    };
    let servers_path = path.child("nameservers");
    let servers = json::list(config, "nameservers");
    if has_no_policy && servers.is_empty() {
        let text = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        errors.push(FieldError::required(&servers_path, text));
    }
    if servers.len() > NAME_SERVERS_MAX {
        let text = format!("must not have more than {NAME_SERVERS_MAX} nameservers");
        errors.push(FieldError::invalid(&servers_path, &config["nameservers"], text));
    }
    for (index, server) in servers.iter().enumerate() {
        let server = server.as_str().unwrap_or_default();
        rules::texts(&servers_path.index(index), server, address::ip(server), errors);
    }
    searches(&path.child("searches"), config, errors);
    for (index, option) in json::list(config, "options").iter().enumerate() {
        if json::text(option, "name").is_empty() {
            let path = path.child("options");
            errors.push(FieldError::required(&path.index(index), "must not be empty"));
        }
    }
}

fn searches(path: &Path<'_>, config: &Value, errors: &mut Errors) {
    let searches: Vec<&str> =
        json::list(config, "searches").iter().filter_map(Value::as_str).collect();
    if searches.len() > SEARCH_PATHS_MAX {
        let text = format!("must not have more than {SEARCH_PATHS_MAX} search paths");
        errors.push(FieldError::invalid(path, &config["searches"], text));
    }
    if searches.join(" ").len() > SEARCH_LETTERS_MAX {
        let text = format!(
            "must not have more than {SEARCH_LETTERS_MAX} characters (including spaces) in the \
             search list"
        );
        errors.push(FieldError::invalid(path, &config["searches"], text));
    }
    for (index, search) in searches.into_iter().enumerate() {
        let trimmed = search.strip_suffix('.').unwrap_or(search);
        let messages = names::dns_1123_subdomain_with_underscore(trimmed);
        rules::texts(&path.index(index), search, messages, errors);
    }
}

fn gates(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let readiness = path.child("readinessGates");
    for (index, gate) in json::list(spec, "readinessGates").iter().enumerate() {
        let kind = json::text(gate, "conditionType");
        let messages = names::qualified_name(kind);
        rules::texts(&readiness.index(index).child("conditionType"), kind, messages, errors);
    }
    let scheduling = path.child("schedulingGates");
    let mut seen = BTreeSet::new();
    for (index, gate) in json::list(spec, "schedulingGates").iter().enumerate() {
        let name = json::text(gate, "name");
        let path = scheduling.index(index);
        rules::texts(&path, name, names::qualified_name(name), errors);
        if !seen.insert(name) {
            errors.push(FieldError::duplicate(&path, name));
        }
    }
    if !seen.is_empty() && !json::is_empty(spec, "nodeName") {
        let text = "cannot be set until all schedulingGates have been cleared";
        errors.push(FieldError::forbidden(&path.child("nodeName"), text));
    }
}

fn host_users(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    if json::field(spec, "hostUsers") == Some(&Value::Bool(false)) {
        for (field, shown) in
            [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
        {
            if json::is_true(spec, field) {
                let text = "when `hostUsers` is false";
                errors.push(FieldError::forbidden(&path.child(shown), text));
            }
        }
    }
    if json::is_true(spec, "shareProcessNamespace") && json::is_true(spec, "hostPID") {
        let text = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.push(FieldError::invalid(
            &path.child("shareProcessNamespace"),
            Value::Bool(true),
            text,
        ));
    }
}

fn names(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    for field in ["serviceAccountName", "nodeName"] {
        subdomain(path, spec, field, errors);
    }
    let deadline = json::number(spec, "activeDeadlineSeconds");
    if let Some(seconds) = deadline.filter(|seconds| !DEADLINE_SECONDS.contains(seconds)) {
        let text = "must be between 1 and 2147483647, inclusive";
        errors.push(FieldError::invalid(&path.child("activeDeadlineSeconds"), seconds, text));
    }
    for field in ["hostname", "subdomain"] {
        let name = json::text(spec, field);
        if !name.is_empty() {
            rules::texts(&path.child(field), name, names::dns_1123_label(name), errors);
        }
    }
}

fn subdomain(path: &Path<'_>, spec: &Value, field: &str, errors: &mut Errors) {
    let name = json::text(spec, field);
    if !name.is_empty() {
        rules::texts(&path.child(field), name, names::dns_1123_subdomain(name), errors);
    }
}

fn host_aliases(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    for (index, alias) in json::list(spec, "hostAliases").iter().enumerate() {
        let path = path.index(index);
        let ip = json::text(alias, "ip");
        rules::texts(&path.child("ip"), ip, address::ip(ip), errors);
        for (index, name) in json::list(alias, "hostnames").iter().enumerate() {
            let name = name.as_str().unwrap_or_default();
            let messages = names::dns_1123_subdomain(name);
            rules::texts(&path.child("hostnames").index(index), name, messages, errors);
        }
    }
}

fn classes(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    for field in ["priorityClassName", "runtimeClassName"] {
        subdomain(path, spec, field, errors);
    }
    let preemption = json::text(spec, "preemptionPolicy");
    let known = ["Never", "PreemptLowerPriority"];
    rules::one_of(&path.child("preemptionPolicy"), preemption, &known, errors);
}

fn operating_system(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let Some(system) = json::field(spec, "os") else { return };
    let name = json::text(system, "name");
    if rules::required(&path.child("name"), name, errors) {
        rules::one_of(path, name, &["linux", "windows"], errors);
    }
}
