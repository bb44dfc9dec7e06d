//! Admission webhooks and policies.

use serde_json::Value;

use super::{
    column::{Column, age, computed, count, name, text},
    object::{Object, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "MutatingAdmissionPolicy" => MUTATING_POLICY,
        "ValidatingAdmissionPolicy" => VALIDATING_POLICY,
        "MutatingAdmissionPolicyBinding" | "ValidatingAdmissionPolicyBinding" => BINDING,
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => WEBHOOKS,
        _ => return None,
    })
}

const WEBHOOKS: &[Column] = &[name(), count("Webhooks", "webhooks"), age()];
const MUTATING_POLICY: &[Column] =
    &[name(), count("Mutations", "spec.mutations"), PARAMETER_KIND, age()];
const VALIDATING_POLICY: &[Column] =
    &[name(), count("Validations", "spec.validations"), PARAMETER_KIND, age()];
const BINDING: &[Column] = &[
    name(),
    text("PolicyName", "spec.policyName"),
    computed("ParamRef", |binding| parameter(binding).into()),
    age(),
];
const PARAMETER_KIND: Column = computed("ParamKind", parameter_kind);

fn parameter_kind(policy: Object<'_>) -> Value {
    let kind = policy.at("spec.paramKind");
    if kind.is_null() {
        return "<unset>".into();
    }
    format!("{}/{}", text_in(kind, "apiVersion"), text_in(kind, "kind")).into()
}

fn parameter(binding: Object<'_>) -> String {
    let reference = binding.at("spec.paramRef");
    if reference.is_null() {
        return "<unset>".to_owned();
    }
    match text_in(reference, "name") {
        "" => binding.selector("spec.paramRef.selector"),
        name => match text_in(reference, "namespace") {
            "" => format!("*/{name}"),
            namespace => format!("{namespace}/{name}"),
        },
    }
}
