//! Probes and lifecycle hooks.

use meta::names;
use serde_json::Value;

use super::container::Container;
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

/// In the order in which a second one is refused.
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
const PROBE_NUMBERS: [&str; 5] = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
];

/// Hooks, then the three probes.
pub(super) fn validate(container: Container<'_>, errors: &mut Errors) {
    let Container { path, value, surroundings } = container;
    if let Some(lifecycle) = json::field(value, "lifecycle") {
        let lifecycle_path = path.child("lifecycle");
        for hook in ["postStart", "preStop"] {
            if let Some(action) = json::field(lifecycle, hook) {
                let path = lifecycle_path.child(hook);
                handler(&path, action, errors);
                sleep(&path.child("sleep"), action, surroundings.grace_seconds, errors);
            }
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(found) = json::field(value, name) {
            probe(&path.child(name), found, name == "readinessProbe", errors);
        }
    }
}

fn probe(path: &Path<'_>, probe: &Value, is_readiness: bool, errors: &mut Errors) {
    handler(path, probe, errors);
    rules::nonnegative(path, probe, &PROBE_NUMBERS, errors);
    let grace = json::number(probe, "terminationGracePeriodSeconds");
    let grace_path = path.child("terminationGracePeriodSeconds");
    match grace {
        Some(seconds) if is_readiness => {
            let text = "must not be set for readinessProbes";
            errors.push(FieldError::invalid(&grace_path, seconds, text));
        }
        Some(seconds) if seconds <= 0 => {
            errors.push(FieldError::invalid(&grace_path, seconds, "must be greater than 0"));
        }
        _ => {}
    }
    let successes = json::number(probe, "successThreshold").unwrap_or(1);
    if !is_readiness && successes != 1 {
        let path = path.child("successThreshold");
        errors.push(FieldError::invalid(&path, successes, "must be 1"));
    }
}

/// One way of asking, and only one.
fn handler(path: &Path<'_>, action: &Value, errors: &mut Errors) {
    let given: Vec<&str> =
        HANDLERS.into_iter().filter(|name| json::field(action, name).is_some()).collect();
    let Some((first, others)) = given.split_first() else {
        errors.push(FieldError::required(path, "must specify a handler type"));
        return;
    };
    let (first_path, value) = (path.child(first), &action[*first]);
    match *first {
        "exec" if json::list(value, "command").is_empty() => {
            errors.push(FieldError::required(&first_path.child("command"), ""));
        }
        "httpGet" => http(&first_path, value, errors),
        "tcpSocket" => rules::port_or_name(&first_path.child("port"), &value["port"], errors),
        "grpc" => {
            let port = json::number(value, "port").unwrap_or(0);
            rules::port(&first_path.child("port"), port, errors);
        }
        _ => {}
    }
    for other in others {
        let text = "may not specify more than 1 handler type";
        errors.push(FieldError::forbidden(&path.child(other), text));
    }
}

fn http(path: &Path<'_>, get: &Value, errors: &mut Errors) {
    rules::required(&path.child("path"), json::text(get, "path"), errors);
    rules::port_or_name(&path.child("port"), &get["port"], errors);
    let scheme = json::text(get, "scheme");
    rules::one_of(&path.child("scheme"), scheme, &["HTTP", "HTTPS"], errors);
    for header in json::list(get, "httpHeaders") {
        let name = json::text(header, "name");
        rules::texts(&path.child("httpHeaders"), name, names::header_name(name), errors);
    }
}

fn sleep(path: &Path<'_>, action: &Value, grace_seconds: i64, errors: &mut Errors) {
    let seconds = json::field(action, "sleep").and_then(|sleep| json::number(sleep, "seconds"));
    if let Some(seconds) = seconds.filter(|seconds| !(0..=grace_seconds).contains(seconds)) {
        let text = format!(
            "must be non-negative and less than terminationGracePeriodSeconds ({grace_seconds})"
        );
        errors.push(FieldError::invalid(path, seconds, text));
    }
}
