//! Containers of all three sorts.

use std::collections::BTreeSet;

use meta::names;
use serde_json::Value;

use super::{env, handler, mount, resources, security, spec::Surroundings, unique_label};
use crate::{
    json,
    validation::{Errors, FieldError, Path, Shown, rules},
};

/// A container with what surrounds it.
#[derive(Clone, Copy)]
pub(super) struct Container<'a> {
    pub(super) path: &'a Path<'a>,
    pub(super) value: &'a Value,
    pub(super) surroundings: &'a Surroundings<'a>,
}

const RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;
const HANDLERS: [&str; 4] = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];

/// Containers, then init containers, then ephemeral ones; a name may be there once.
pub(super) fn validate_all(
    path: &Path<'_>,
    spec: &Value,
    surroundings: &Surroundings<'_>,
    errors: &mut Errors,
) {
    let mut names = BTreeSet::new();
    if json::list(spec, "containers").is_empty() {
        errors.push(FieldError::required(&path.child("containers"), ""));
    }
    for (list, name) in super::containers(spec) {
        let list_path = path.child(name);
        for (index, value) in list.iter().enumerate() {
            let path = list_path.index(index);
            let container = Container { path: &path, value, surroundings };
            unique_label(&path, value, &mut names, errors);
            common(container, errors);
            match name {
                "containers" => main(container, errors),
                "initContainers" => init(container, errors),
                _ => ephemeral(container, spec, errors),
            }
        }
        host_ports(&list_path, list, errors);
    }
}

fn common(container: Container<'_>, errors: &mut Errors) {
    let Container { path, value, .. } = container;
    rules::required(&path.child("image"), json::text(value, "image"), errors);
    let policy = json::text(value, "terminationMessagePolicy");
    let known = ["File", "FallbackToLogsOnError"];
    rules::one_of(&path.child("terminationMessagePolicy"), policy, &known, errors);
    ports(container, errors);
    env::validate(container, errors);
    mount::validate(container, errors);
    let policy = json::text(value, "imagePullPolicy");
    let known = ["Always", "IfNotPresent", "Never"];
    rules::one_of(&path.child("imagePullPolicy"), policy, &known, errors);
    resources::of_container(container, errors);
    security::of_container(&path.child("securityContext"), &value["securityContext"], errors);
    restart(path, value, errors);
}

fn main(container: Container<'_>, errors: &mut Errors) {
    handler::validate(container, errors);
}

/// Those that run to their end before the others start have no one to probe them.
fn init(container: Container<'_>, errors: &mut Errors) {
    let Container { path, value, .. } = container;
    if json::text(value, "restartPolicy") == "Always" {
        handler::validate(container, errors);
        if !json::list(value, "restartPolicyRules").is_empty() {
            let text =
                "restartPolicyRules are not allowed for init containers with restart policy Always";
            errors.push(FieldError::forbidden(&path.child("restartPolicyRules"), text));
        }
        return;
    }
    for field in HANDLERS.into_iter().filter(|field| json::field(value, field).is_some()) {
        let text = "may not be set for init containers without restartPolicy=Always";
        errors.push(FieldError::forbidden(&path.child(field), text));
    }
}

fn ephemeral(container: Container<'_>, spec: &Value, errors: &mut Errors) {
    let Container { path, value, .. } = container;
    let text = "cannot be set for an Ephemeral Container";
    let set = |field: &&str| !json::is_empty(value, field);
    for field in ["ports", "resources", "resizePolicy"].into_iter().chain(HANDLERS).filter(set) {
        errors.push(FieldError::forbidden(&path.child(field), text));
    }
    let target = json::text(value, "targetContainerName");
    let mut known = json::list(spec, "containers").iter().chain(json::list(spec, "initContainers"));
    if !target.is_empty() && !known.any(|container| json::text(container, "name") == target) {
        errors.push(FieldError::not_found(&path.child("targetContainerName"), target));
    }
}

fn ports(container: Container<'_>, errors: &mut Errors) {
    let ports_path = container.path.child("ports");
    let mut names = BTreeSet::new();
    for (index, port) in json::list(container.value, "ports").iter().enumerate() {
        let path = ports_path.index(index);
        let name = json::text(port, "name");
        if !name.is_empty() {
            let messages = names::port_name(name);
            let fine = messages.is_empty();
            rules::texts(&path.child("name"), name, messages, errors);
            if fine && !names.insert(name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
        }
        port_numbers(&path, port, container.surroundings.on_host_network, errors);
        let protocol = json::text(port, "protocol");
        rules::one_of(&path.child("protocol"), protocol, &["SCTP", "TCP", "UDP"], errors);
    }
}

fn port_numbers(path: &Path<'_>, port: &Value, on_host_network: bool, errors: &mut Errors) {
    let number = json::number(port, "containerPort").unwrap_or(0);
    if number == 0 {
        errors.push(FieldError::required(&path.child("containerPort"), ""));
    } else {
        rules::port(&path.child("containerPort"), number, errors);
    }
    let host = json::number(port, "hostPort").unwrap_or(0);
    if host != 0 {
        rules::port(&path.child("hostPort"), host, errors);
    }
    if on_host_network && host != number {
        let text = "must match `containerPort` when `hostNetwork` is true";
        errors.push(FieldError::invalid(&path.child("hostPort"), host, text));
    }
}

/// A port of the node can be taken once.
fn host_ports(path: &Path<'_>, containers: &[Value], errors: &mut Errors) {
    let mut taken = BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        for (port_index, port) in json::list(container, "ports").iter().enumerate() {
            let host = json::number(port, "hostPort").unwrap_or(0);
            let ip = json::text(port, "hostIP");
            let text = format!("{}/{ip}/{host}", json::text(port, "protocol"));
            if host != 0 && !taken.insert(text.clone()) {
                let path = path.index(index);
                let path = path.child("ports");
                let path = path.index(port_index);
                errors.push(FieldError::duplicate(&path.child("hostPort"), text.as_str()));
            }
        }
    }
}

fn restart(path: &Path<'_>, container: &Value, errors: &mut Errors) {
    let policy = json::text(container, "restartPolicy");
    let policy_path = path.child("restartPolicy");
    rules::one_of(&policy_path, policy, &["Always", "Never", "OnFailure"], errors);
    let exceptions = json::list(container, "restartPolicyRules");
    if !exceptions.is_empty() && policy.is_empty() {
        let text = "must specify restartPolicy when restart rules are used";
        errors.push(FieldError::required(&policy_path, text));
    }
    let rules_path = path.child("restartPolicyRules");
    if exceptions.len() > RULES_MAX {
        errors.push(FieldError::too_many(&rules_path, exceptions.len(), RULES_MAX));
    }
    for (index, exception) in exceptions.iter().enumerate() {
        restart_rule(&rules_path.index(index), exception, errors);
    }
}

fn restart_rule(path: &Path<'_>, exception: &Value, errors: &mut Errors) {
    let action = json::text(exception, "action");
    rules::one_of(&path.child("action"), action, &["Restart", "RestartAllContainers"], errors);
    let codes_path = path.child("exitCodes");
    let Some(codes) = json::field(exception, "exitCodes") else {
        errors.push(FieldError::required(&codes_path, "must be specified"));
        return;
    };
    let operator = json::text(codes, "operator");
    if !matches!(operator, "In" | "NotIn") {
        let path = codes_path.child("operator");
        errors.push(FieldError::not_supported(&path, Shown::from(operator), &["In", "NotIn"]));
    }
    let count = json::list(codes, "values").len();
    if count > EXIT_CODES_MAX {
        errors.push(FieldError::too_many(&codes_path.child("values"), count, EXIT_CODES_MAX));
    }
}
