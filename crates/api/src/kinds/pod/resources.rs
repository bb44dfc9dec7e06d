//! Requests and limits.

use std::collections::BTreeSet;

use meta::{
    names,
    quantity::{Format, Quantity},
};
use serde_json::Value;

use super::container::Container;
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

const CONTAINER_RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// What quotas and other objects know beside those of containers.
const OTHER_RESOURCES: [&str; 9] = [
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
];
const HUGE_PAGES: &str = "hugepages-";

/// `resources` and `resizePolicy` of a container.
pub(super) fn of_container(container: Container<'_>, errors: &mut Errors) {
    let path = container.path.child("resources");
    let resources = &container.value["resources"];
    for (name, amount) in json::entries(resources, "limits") {
        entry(&path.child("limits").key(name), name, amount, errors);
    }
    for (name, amount) in json::entries(resources, "requests") {
        entry(&path.child("requests").key(name), name, amount, errors);
        against_limit(&path, resources, name, errors);
    }
    huge_pages(&path, resources, errors);
    claims(&path.child("claims"), container, errors);
    resize_policy(container, errors);
}

/// One amount under its name.
fn entry(path: &Path<'_>, name: &str, amount: &Value, errors: &mut Errors) {
    resource_name(path, name, errors);
    let Some(quantity) = parse(amount) else { return };
    let shown = quantity.to_string();
    if quantity.is_negative() {
        errors.push(FieldError::invalid(path, &shown, rules::NONNEGATIVE));
    }
    if is_extended(name) && !quantity.is_whole() {
        errors.push(FieldError::invalid(path, &shown, "must be an integer"));
    }
    if let Some(size) = name.strip_prefix(HUGE_PAGES) {
        let size = size.parse::<Quantity>().map_or(0, |size| size.units());
        if size > 0 && (quantity.units() % size != 0 || quantity.is_negative()) {
            let text = format!("{shown} is not positive integer multiple of {name}");
            errors.push(FieldError::invalid(path, &shown, text));
        }
    }
}

fn resource_name(path: &Path<'_>, name: &str, errors: &mut Errors) {
    let messages = names::qualified_name(name);
    let is_qualified = messages.is_empty();
    rules::texts(path, name, messages, errors);
    if !is_qualified {
        return;
    }
    let is_container_resource = CONTAINER_RESOURCES.contains(&name) || name.starts_with(HUGE_PAGES);
    if name.contains('/') {
        if !is_extended(name) {
            let text = "doesn't follow extended resource name standard";
            errors.push(FieldError::invalid(path, name, text));
        }
        return;
    }
    let plain = name.strip_prefix("requests.").or(name.strip_prefix("limits.")).unwrap_or(name);
    let is_known = OTHER_RESOURCES.contains(&name)
        || CONTAINER_RESOURCES.contains(&plain)
        || plain.starts_with(HUGE_PAGES);
    if !is_known {
        let text = "must be a standard resource type or fully qualified";
        errors.push(FieldError::invalid(path, name, text));
    }
    if !is_container_resource {
        let text = "must be a standard resource for containers";
        errors.push(FieldError::invalid(path, name, text));
    }
}

/// A resource that somebody else defines.
fn is_extended(name: &str) -> bool {
    let is_native = !name.contains('/') || name.contains("kubernetes.io/");
    !is_native
        && !name.starts_with("requests.")
        && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// Whether more may be promised than there is.
fn may_be_overcommitted(name: &str) -> bool {
    !is_extended(name) && !name.starts_with(HUGE_PAGES)
}

fn against_limit(path: &Path<'_>, resources: &Value, name: &str, errors: &mut Errors) {
    let [request, limit] = ["requests", "limits"].map(|field| parse(&resources[field][name]));
    let Some(request) = request else { return };
    let requests = path.child("requests");
    let Some(limit) = limit else {
        if !may_be_overcommitted(name) {
            let text = "Limit must be set for non overcommitable resources";
            errors.push(FieldError::required(&path.child("limits"), text));
        }
        return;
    };
    let shown = request.to_string();
    if request != limit && !may_be_overcommitted(name) {
        let text = format!("must be equal to {name} limit of {limit}");
        errors.push(FieldError::invalid(&requests, &shown, text));
    } else if request > limit {
        let text = format!("must be less than or equal to {name} limit of {limit}");
        errors.push(FieldError::invalid(&requests, &shown, text));
    }
}

fn parse(amount: &Value) -> Option<Quantity> {
    json::scalar_text(amount).parse().ok()
}

fn huge_pages(path: &Path<'_>, resources: &Value, errors: &mut Errors) {
    let names: BTreeSet<&String> = json::entries(resources, "limits")
        .chain(json::entries(resources, "requests"))
        .map(|(name, _)| name)
        .collect();
    let has_pages = names.iter().any(|name| name.starts_with(HUGE_PAGES));
    let has_base = names.iter().any(|name| matches!(name.as_str(), "cpu" | "memory"));
    if has_pages && !has_base {
        errors.push(FieldError::forbidden(path, "HugePages require cpu or memory"));
    }
}

fn claims(path: &Path<'_>, container: Container<'_>, errors: &mut Errors) {
    let known = &container.surroundings.claims;
    let mut seen = BTreeSet::new();
    for (index, claim) in json::list(&container.value["resources"], "claims").iter().enumerate() {
        let path = path.index(index);
        let name = json::text(claim, "name");
        if !rules::required(&path, name, errors) {
            continue;
        }
        let whole = (name, json::text(claim, "request"));
        if !seen.insert(whole) {
            errors.push(FieldError::duplicate(&path, name));
        }
        if !known.contains(name) {
            let mut error = FieldError::not_found(&path, name);
            let listed: Vec<&str> = known.iter().copied().collect();
            let which = match listed.as_slice() {
                [] => "which is empty".to_owned(),
                names => names.join(", "),
            };
            error.detail = format!("must be one of the names in pod.spec.resourceClaims {which}");
            errors.push(error);
        }
    }
}

fn resize_policy(container: Container<'_>, errors: &mut Errors) {
    let path = container.path.child("resizePolicy");
    let mut seen = BTreeSet::new();
    for (index, policy) in json::list(container.value, "resizePolicy").iter().enumerate() {
        let resource = json::text(policy, "resourceName");
        let restart = json::text(policy, "restartPolicy");
        if !seen.insert(resource) {
            errors.push(FieldError::duplicate(&path.index(index), resource));
        }
        if !matches!(resource, "cpu" | "memory") {
            errors.push(FieldError::not_supported(&path, resource, &["cpu", "memory"]));
        }
        if !matches!(restart, "NotRequired" | "RestartContainer") {
            let known = ["NotRequired", "RestartContainer"];
            errors.push(FieldError::not_supported(&path, restart, &known));
        }
        if container.surroundings.restart_policy == "Never" && restart != "NotRequired" {
            let text = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.push(FieldError::invalid(&path, restart, text));
        }
    }
}

/// Resources of the whole pod: for what the containers share.
pub(super) fn of_pod(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let Some(resources) = json::field(spec, "resources") else { return };
    let path = path.child("resources");
    for field in ["limits", "requests"] {
        let path = path.child(field);
        for (name, amount) in json::entries(resources, field) {
            let path = path.key(name);
            if !matches!(name.as_str(), "cpu" | "memory") && !name.starts_with(HUGE_PAGES) {
                let known = ["cpu", HUGE_PAGES, "memory"];
                errors.push(FieldError::not_supported(&path, name, &known));
            } else if let Some(amount) = parse(amount).filter(Quantity::is_negative) {
                let shown = amount.to_string();
                errors.push(FieldError::invalid(&path, &shown, rules::NONNEGATIVE));
            }
        }
    }
    for (name, amount) in json::entries(resources, "requests") {
        against_limit(&path, resources, name, errors);
        let total = containers_total(spec, name);
        if let Some(amount) = parse(amount).filter(|amount| *amount < total) {
            let text =
                format!("must be greater than or equal to aggregate container requests of {total}");
            let shown = amount.to_string();
            errors.push(FieldError::invalid(&path.child("requests").key(name), &shown, text));
        }
    }
    containers_within(&path, spec, resources, errors);
}

fn containers_total(spec: &Value, resource: &str) -> Quantity {
    let amounts = json::list(spec, "containers")
        .iter()
        .filter_map(|container| parse(container.get("resources")?.get("requests")?.get(resource)?));
    amounts.fold(Quantity::from_units(0, Format::DecimalSi), |sum, amount| sum + amount)
}

fn containers_within(path: &Path<'_>, spec: &Value, resources: &Value, errors: &mut Errors) {
    let path = path.child("containers");
    for (index, container) in json::list(spec, "containers").iter().enumerate() {
        for (name, amount) in json::entries(&container["resources"], "limits") {
            let pod_limit = parse(&resources["limits"][name]);
            let Some((amount, pod_limit)) = parse(amount).zip(pod_limit) else { continue };
            if amount > pod_limit {
                let text = format!("must be less than or equal to pod limits of {pod_limit}");
                let shown = amount.to_string();
                let path = path.index(index);
                let path = path.key(name);
                errors.push(FieldError::invalid(&path.child("limits"), &shown, text));
            }
        }
    }
}

/// What running the pod costs beside its containers.
pub(super) fn overhead(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let path = path.child("overhead");
    let path = path.child("limits");
    for (name, amount) in json::entries(spec, "overhead") {
        entry(&path.key(name), name, amount, errors);
    }
}
