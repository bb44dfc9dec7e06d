//! What is allowed in a pod but most likely a mistake.

use std::collections::{BTreeMap, BTreeSet};

use meta::quantity::Quantity;
use serde_json::Value;

use super::containers;
use crate::{json, kinds::Context};

pub(super) fn warnings(_: &Context<'_>, pod: &Value, old: Option<&Value>) -> Vec<String> {
    // Told once: an update of a pod cannot change any of it.
    if old.is_some() {
        return Vec::new();
    }
    of_spec("spec", &pod["spec"])
}

/// Warnings about a spec in a pod or a template at `path`.
pub(crate) fn of_spec(path: &str, spec: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, secret) in json::list(spec, "imagePullSecrets").iter().enumerate() {
        if json::text(secret, "name").is_empty() {
            warnings
                .push(format!("{path}.imagePullSecrets[{index}].name: invalid empty name \"\""));
        }
    }
    for (list, name) in containers(spec) {
        for (index, container) in list.iter().enumerate() {
            let path = format!("{path}.{name}[{index}]");
            variables(&path, container, &mut warnings);
            amounts(&path, container, &mut warnings);
            ports(&path, container, &mut warnings);
        }
    }
    for volume in json::list(spec, "volumes") {
        let empty = json::field(volume, "projected")
            .is_some_and(|projected| json::list(projected, "sources").is_empty());
        if empty {
            let name = json::text(volume, "name");
            warnings.push(format!("volume {name:?} (Projected) has no sources provided"));
        }
    }
    warnings
}

fn variables(path: &str, container: &Value, warnings: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (index, variable) in json::list(container, "env").iter().enumerate() {
        let name = json::text(variable, "name");
        if !seen.insert(name) {
            warnings.push(format!(
                "{path}.env[{index}]: hides previous definition of {name:?}, which may be dropped \
                 when using apply"
            ));
        }
    }
}

fn amounts(path: &str, container: &Value, warnings: &mut Vec<String>) {
    let resources = &container["resources"];
    for field in ["limits", "requests"] {
        for name in ["memory", "ephemeral-storage"] {
            let text = resources.get(field).map_or("", |amounts| json::text(amounts, name));
            if text.parse::<Quantity>().is_ok_and(|amount| !amount.is_whole()) {
                warnings.push(format!(
                    "{path}.resources.{field}[{name}]: fractional byte value {text:?} is invalid, \
                     must be an integer"
                ));
            }
        }
    }
}

fn ports(path: &str, container: &Value, warnings: &mut Vec<String>) {
    let mut seen = BTreeMap::new();
    for (index, port) in json::list(container, "ports").iter().enumerate() {
        let key = (json::number(port, "containerPort"), json::text(port, "protocol"));
        if let Some(first) = seen.get(&key) {
            warnings.push(format!(
                "{path}.ports[{index}]: duplicate port definition with {path}.ports[{first}]"
            ));
        } else {
            seen.insert(key, index);
        }
    }
}
