//! What may change in a pod.

use serde_json::Value;

use super::{MIRROR, containers, qos};
use crate::{
    json,
    kinds::Context,
    validation::{Errors, FieldError, Path, difference, rules},
};

const ONLY: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
    existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
    previously negative)";

pub(super) fn validate(ctx: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let [new_spec, old_spec] = [&new["spec"], &old["spec"]];
    match ctx.subresource {
        "status" => status(new, old, errors),
        "ephemeralcontainers" => ephemeral(new_spec, old_spec, errors),
        "resize" => resize(new, old, errors),
        _ => {
            annotations(new, old, errors);
            spec(new_spec, old_spec, errors);
        }
    }
}

fn annotations(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::new("metadata.annotations");
    let [new, old] = [new, old].map(|pod| json::field(&pod["metadata"]["annotations"], MIRROR));
    let text = match (new, old) {
        (Some(_), None) => "may not add mirror pod annotation",
        (new, Some(old)) if new != Some(old) => "may not remove or update mirror pod annotation",
        _ => return,
    };
    errors.push(FieldError::forbidden(&path.key(MIRROR), text));
}

fn spec(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::new("spec");
    for name in ["containers", "initContainers"] {
        if json::list(new, name).len() != json::list(old, name).len() {
            let text = "pod updates may not add or remove containers";
            errors.push(FieldError::forbidden(&path.child(name), text));
            return;
        }
    }
    if !deadline(&path, new, old, errors) {
        return;
    }
    tolerations(&path, new, old, errors);
    gates(&path, new, old, errors);
    others(&path, new, old, errors);
}

/// Whether the other fields are worth a look.
fn deadline(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) -> bool {
    let path = path.child("activeDeadlineSeconds");
    let [new, old] = [new, old].map(|spec| json::number(spec, "activeDeadlineSeconds"));
    match (new, old) {
        (Some(new), Some(old)) if new > old => {
            let text = "must be less than or equal to previous value";
            errors.push(FieldError::invalid(&path, new, text));
            false
        }
        (None, Some(_)) => {
            let text = "must not update from a positive integer to nil value";
            errors.push(FieldError::invalid(&path, Value::Null, text));
            true
        }
        _ => true,
    }
}

/// New ones may come; of old ones only the seconds may change.
fn tolerations(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let without_seconds = |toleration: &Value| {
        let mut toleration = toleration.clone();
        json::remove(&mut toleration, "tolerationSeconds");
        toleration
    };
    let new: Vec<Value> = json::list(new, "tolerations").iter().map(without_seconds).collect();
    let kept = |old: &Value| new.contains(&without_seconds(old));
    if !json::list(old, "tolerations").iter().all(kept) {
        let text = "existing toleration can not be modified except its tolerationSeconds";
        errors.push(FieldError::forbidden(&path.child("tolerations"), text));
    }
}

fn gates(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let path = path.child("schedulingGates");
    let old = json::list(old, "schedulingGates");
    for (index, gate) in json::list(new, "schedulingGates").iter().enumerate() {
        if !old.contains(gate) {
            let name = json::text(gate, "name");
            let text = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            let path = path.index(index);
            errors.push(FieldError::forbidden(&path.child("name"), text));
        }
    }
}

/// Nothing may differ once what may change is set back.
fn others(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let mut munged = new.clone();
    for (list, name) in containers(old) {
        for (container, old) in json::list_mut(&mut munged, name).iter_mut().zip(list) {
            json::copy(container, old, "image");
        }
    }
    for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        json::copy(&mut munged, old, field);
    }
    let [new_grace, old_grace] =
        [new, old].map(|spec| json::number(spec, "terminationGracePeriodSeconds"));
    if new_grace == Some(1) && old_grace.is_some_and(|seconds| seconds < 0) {
        json::copy(&mut munged, old, "terminationGracePeriodSeconds");
    }
    if !json::list(old, "schedulingGates").is_empty() {
        while_gated(path, &mut munged, old, errors);
    }
    if munged != *old {
        let text = format!("{ONLY}\n{}", difference::lines(old, &munged));
        errors.push(FieldError::forbidden(path, text));
    }
}

/// A pod that waits at a gate may be narrowed down.
fn while_gated(path: &Path<'_>, munged: &mut Value, old: &Value, errors: &mut Errors) {
    let kept = |(key, value): (&String, &Value)| munged["nodeSelector"].get(key) == Some(value);
    if !json::entries(old, "nodeSelector").all(kept) {
        let text = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        let path = path.child("nodeSelector");
        errors.push(FieldError::invalid(&path, &munged["nodeSelector"], text));
    }
    json::copy(munged, old, "nodeSelector");
    let [new_nodes, old_nodes] =
        [&*munged, old].map(|spec| json::at(spec, "affinity.nodeAffinity").clone());
    node_affinity(path, &new_nodes, &old_nodes, errors);
    if old_nodes.is_null() && json::field(old, "affinity").is_none() {
        let only_nodes = munged["affinity"].as_object().is_some_and(|affinity| {
            affinity.iter().all(|(name, value)| name == "nodeAffinity" || value.is_null())
        });
        if only_nodes {
            json::remove(munged, "affinity");
        }
    } else if !munged["affinity"].is_null() {
        json::copy(&mut munged["affinity"], &old["affinity"], "nodeAffinity");
    }
}

fn node_affinity(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    const TERMS: &str = "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let [new, old] = [new, old].map(|nodes| json::at(nodes, TERMS));
    let [new_terms, old_terms] =
        [new, old].map(|terms| terms.as_array().map_or(&[][..], Vec::as_slice));
    if old_terms.is_empty() {
        return;
    }
    let path = path.child("affinity.nodeAffinity");
    let path = path.child(TERMS);
    if new_terms.len() != old_terms.len() {
        let text = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        errors.push(FieldError::invalid(&path, new, text));
        return;
    }
    for (index, (new, old)) in new_terms.iter().zip(old_terms).enumerate() {
        let keeps = |field: &str| {
            let new = json::list(new, field);
            new.get(..json::list(old, field).len()) == Some(json::list(old, field))
        };
        if !keeps("matchExpressions") || !keeps("matchFields") {
            let text = "only additions are allowed (no mutations or deletions)";
            errors.push(FieldError::invalid(&path.index(index), new, text));
        }
    }
}

fn ephemeral(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::new("spec.ephemeralContainers");
    let new = json::list(new, "ephemeralContainers");
    for old in json::list(old, "ephemeralContainers") {
        let name = json::text(old, "name");
        let found = new.iter().find(|container| json::text(container, "name") == name);
        let text = match found {
            None => format!("existing ephemeral containers {name:?} may not be removed\n"),
            Some(new) if new != old => format!(
                "existing ephemeral containers {name:?} may not be changed\n{}",
                difference::lines(old, new)
            ),
            Some(_) => continue,
        };
        errors.push(FieldError::forbidden(&path, text));
    }
}

fn resize(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::new("spec");
    let class = json::text(&old["status"], "qosClass");
    let computed = qos::class(&new["spec"]);
    if !class.is_empty() && computed != class {
        let text = "Pod QOS Class may not change as a result of resizing";
        errors.push(FieldError::invalid(&path, computed, text));
    }
    for (list, name) in &containers(&old["spec"])[..2] {
        let new = json::list(&new["spec"], name);
        for (index, (old, new)) in list.iter().zip(new).enumerate() {
            let path = path.child(name);
            let path = path.index(index);
            resized(&path.child("resources"), &new["resources"], &old["resources"], errors);
        }
    }
}

fn resized(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    for (field, text) in [
        ("requests", "resource requests cannot be removed"),
        ("limits", "resource limits cannot be removed"),
    ] {
        let path = path.child(field);
        let removed = json::entries(old, field).any(|(name, _)| new[field].get(name).is_none());
        if removed {
            errors.push(FieldError::forbidden(&path, text));
        }
        let others = |name: &String| !matches!(name.as_str(), "cpu" | "memory");
        let changed = json::entries(new, field)
            .any(|(name, amount)| others(name) && old[field].get(name) != Some(amount));
        if changed {
            let text = "only cpu and memory resources are mutable";
            errors.push(FieldError::forbidden(&path, text));
        }
    }
}

fn status(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::new("status");
    let [new_status, old_status] = [&new["status"], &old["status"]];
    let class = json::text(old_status, "qosClass");
    if !class.is_empty() && json::text(new_status, "qosClass") != class {
        let value = json::text(new_status, "qosClass");
        errors.push(FieldError::invalid(&path.child("qosClass"), value, rules::IMMUTABLE));
    }
    let nominated = json::text(new_status, "nominatedNodeName");
    if !nominated.is_empty() {
        let messages = meta::names::dns_1123_subdomain(nominated);
        rules::texts(&path.child("nominatedNodeName"), nominated, messages, errors);
    }
    for (index, condition) in json::list(new_status, "conditions").iter().enumerate() {
        let kind = json::text(condition, "type");
        let path = path.child("conditions");
        let path = path.index(index);
        rules::texts(&path.child("Type"), kind, meta::names::qualified_name(kind), errors);
    }
    host_addresses(&path, new_status, errors);
    let statuses = path.child("containerStatuses");
    stay_terminated(&statuses, new, &old["status"], errors);
}

fn host_addresses(path: &Path<'_>, status: &Value, errors: &mut Errors) {
    for field in ["podIPs", "hostIPs"] {
        let path = path.child(field);
        for (index, entry) in json::list(status, field).iter().enumerate() {
            let ip = json::text(entry, "ip");
            let messages = crate::validation::address::ip(ip);
            rules::texts(&path.index(index), ip, messages, errors);
        }
    }
    let first = json::list(status, "hostIPs").first().map(|first| json::text(first, "ip"));
    if let Some(first) = first.filter(|first| *first != json::text(status, "hostIP")) {
        let path = path.child("hostIPs");
        let path = path.index(0);
        errors.push(FieldError::invalid(&path.child("ip"), first, "must be equal to `hostIP`"));
    }
}

/// What has ended for good cannot run again.
fn stay_terminated(path: &Path<'_>, new: &Value, old_status: &Value, errors: &mut Errors) {
    let statuses = json::list(&new["status"], "containerStatuses");
    for old in json::list(old_status, "containerStatuses") {
        let name = json::text(old, "name");
        let ended = json::at(old, "state.terminated");
        if ended.is_null() || may_run_again(&new["spec"], name, ended) {
            continue;
        }
        let runs = |status: &Value| {
            json::text(status, "name") == name && json::at(status, "state.terminated").is_null()
        };
        if let Some(index) = statuses.iter().position(runs) {
            let text = "may not be transitioned to non-terminated state";
            let path = path.index(index);
            errors.push(FieldError::forbidden(&path.child("state"), text));
        }
    }
}

/// By the pod's policy, or by one of the container's own.
fn may_run_again(spec: &Value, name: &str, ended: &Value) -> bool {
    let container = json::list(spec, "containers").iter().find(|c| json::text(c, "name") == name);
    let own = container.map_or("", |container| json::text(container, "restartPolicy"));
    let has_rules =
        container.is_some_and(|container| !json::list(container, "restartPolicyRules").is_empty());
    let policy = if own.is_empty() { json::text(spec, "restartPolicy") } else { own };
    match policy {
        "Never" => has_rules,
        "OnFailure" => has_rules || json::number(ended, "exitCode").unwrap_or(0) != 0,
        _ => true,
    }
}
