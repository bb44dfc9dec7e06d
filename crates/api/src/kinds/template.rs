//! What workloads have in common: a selector, and a template that it has to match.

use meta::selector::Selector;
use serde_json::Value;

use super::{
    Context,
    pod::{self, Place},
};
use crate::{
    json,
    validation::{Errors, FieldError, Path, ordered, rules, selector},
};

/// The selector of a workload; `kind` names it in messages.
pub(super) fn selector(spec: &Value, kind: &str, errors: &mut Errors) {
    let path = Path::new("spec.selector");
    let Some(found) = json::field(spec, "selector") else {
        errors.push(FieldError::required(&path, ""));
        return;
    };
    selector::validate(&path, found, errors);
    if json::is_empty(found, "matchLabels") && json::is_empty(found, "matchExpressions") {
        let text = format!("empty selector is invalid for {kind}");
        errors.push(FieldError::invalid(&path, ordered::selector(found), text));
    }
}

/// The template of a workload, and whether the selector finds its pods.
pub(super) fn matched(spec: &Value, errors: &mut Errors) {
    let found = spec.get("selector").unwrap_or(&Value::Null);
    let template = spec.get("template").unwrap_or(&Value::Null);
    let Ok(selector) = Selector::from_json(found) else {
        let path = Path::new("spec.selector");
        let shown = ordered::selector(found);
        errors.push(FieldError::invalid(&path, shown, "invalid label selector"));
        return;
    };
    mismatch(&selector, template, errors);
    validate(template, errors);
}

fn mismatch(selector: &Selector, template: &Value, errors: &mut Errors) {
    let labels = json::at(template, "metadata.labels");
    if !selector.is_empty() && !selector.matches(&json::labels(labels)) {
        let text = "`selector` does not match template `labels`";
        let path = Path::new("spec.template.metadata.labels");
        errors.push(FieldError::invalid(&path, labels, text));
    }
}

/// The template by itself.
pub(super) fn validate(template: &Value, errors: &mut Errors) {
    let path = Path::new("spec.template");
    pod::scheduling::template_metadata(&path, template, errors);
    let spec = template.get("spec").unwrap_or(&Value::Null);
    pod::validate_spec(&path.child("spec"), spec, Place::Template, errors);
}

/// Pods that are kept running restart always and have no deadline.
pub(super) fn runs_forever(spec: &Value, kind: &str, errors: &mut Errors) {
    let template = json::at(spec, "template.spec");
    let path = Path::new("spec.template.spec");
    let policy = json::text(template, "restartPolicy");
    if policy != "Always" {
        errors.push(FieldError::not_supported(&path.child("restartPolicy"), policy, &["Always"]));
    }
    if json::field(template, "activeDeadlineSeconds").is_some() {
        let text = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.push(FieldError::forbidden(&path.child("activeDeadlineSeconds"), text));
    }
}

/// A selector stays as it was created.
pub(super) fn same_selector(new: &Value, old: &Value, errors: &mut Errors) {
    let [new, old] = [new, old].map(|object| json::at(object, "spec.selector"));
    if new != old {
        let shown = ordered::selector(new);
        let path = Path::new("spec.selector");
        errors.push(FieldError::invalid(&path, shown, rules::IMMUTABLE));
    }
}

/// Warnings about a template that is new or has changed.
pub(super) fn warnings(_: &Context<'_>, new: &Value, old: Option<&Value>) -> Vec<String> {
    let [template, before] =
        [Some(new), old].map(|object| object.map(|object| json::at(object, "spec.template")));
    match template {
        Some(template) if before != Some(template) => {
            pod::warn::of_spec("spec.template.spec", &template["spec"])
        }
        _ => Vec::new(),
    }
}

/// Counters of a status: none below zero, none above another.
pub(super) fn counters(
    status: &Value,
    fields: &[&str],
    bounds: &[(&str, &str, &str)],
    errors: &mut Errors,
) {
    let path = Path::new("status");
    rules::nonnegative(&path, status, fields, errors);
    for (field, bound, text) in bounds {
        let [value, most] = [field, bound].map(|field| json::number(status, field).unwrap_or(0));
        if value > most {
            errors.push(FieldError::invalid(&path.child(field), value, *text));
        }
    }
}
