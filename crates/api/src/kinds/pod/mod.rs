//! Pods, and pod specs in templates: preparation, what is wrong with them, what may change.

mod container;
mod env;
mod handler;
mod mount;
mod prepare;
pub(crate) mod qos;
mod resources;
pub(crate) mod scheduling;
mod security;
mod spec;
mod update;
mod volume;
pub(crate) mod warn;

use meta::names;
use serde_json::Value;

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

pub(super) use spec::{Place, validate as validate_spec};

pub(super) const RULES: Rules = Rules {
    prepare_create: prepare::create,
    prepare_update: prepare::update,
    validate,
    validate_create: |_, pod, errors| {
        if !json::list(&pod["spec"], "ephemeralContainers").is_empty() {
            let path = Path::new("spec.ephemeralContainers");
            errors.push(FieldError::forbidden(&path, "cannot be set on create"));
        }
    },
    validate_update: update::validate,
    warnings: warn::warnings,
};

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

fn validate(ctx: &Context<'_>, pod: &Value, errors: &mut Errors) {
    // A status is checked by itself: the spec beside it is the stored one.
    if ctx.subresource == "status" {
        return;
    }
    annotations(pod, errors);
    let path = Path::new("spec");
    spec::validate(&path, &pod["spec"], Place::Pod, errors);
    for (list, name) in containers(&pod["spec"]) {
        for (index, container) in list.iter().enumerate() {
            let image = json::text(container, "image");
            if image.trim() != image {
                let text = "must not have leading or trailing whitespace";
                let path = path.child(name);
                let path = path.index(index);
                errors.push(FieldError::invalid(&path.child("image"), image, text));
            }
        }
    }
    rules::nonnegative(&path, &pod["spec"], &["terminationGracePeriodSeconds"], errors);
    volume::claim_names(pod, errors);
}

/// Lists of containers with the names of their fields.
fn containers(spec: &Value) -> [(&[Value], &'static str); 3] {
    ["containers", "initContainers", "ephemeralContainers"]
        .map(|name| (json::list(spec, name), name))
}

fn annotations(pod: &Value, errors: &mut Errors) {
    let path = Path::new("metadata.annotations");
    let annotations = &pod["metadata"]["annotations"];
    if json::field(annotations, MIRROR).is_some() && json::is_empty(&pod["spec"], "nodeName") {
        let text = "must set spec.nodeName if mirror pod annotation is set";
        let value = json::text(annotations, MIRROR);
        errors.push(FieldError::invalid(&path.key(MIRROR), value, text));
    }
    let cost = json::text(annotations, DELETION_COST);
    let is_number = cost.parse::<i32>().is_ok() && !cost.starts_with('+');
    if json::field(annotations, DELETION_COST).is_some() && !is_number {
        let text = "must be a 32bit integer";
        errors.push(FieldError::invalid(&path.key(DELETION_COST), cost, text));
    }
}

/// A name that has to be there and be a DNS label, and unlike those before it.
fn unique_label<'a>(
    path: &Path<'_>,
    item: &'a Value,
    seen: &mut std::collections::BTreeSet<&'a str>,
    errors: &mut Errors,
) {
    let path = path.child("name");
    let name = json::text(item, "name");
    if rules::required(&path, name, errors) {
        rules::texts(&path, name, names::dns_1123_label(name), errors);
        if !seen.insert(name) {
            errors.push(FieldError::duplicate(&path, name));
        }
    }
}

#[cfg(test)]
mod tests;
