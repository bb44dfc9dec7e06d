//! Where a pod may go: affinity, tolerations, spreading, claims.

use std::collections::BTreeSet;

use meta::names;
use serde_json::Value;

use crate::{
    json,
    validation::{Errors, FieldError, Path, metadata, rules, selector},
};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Names of the pod's resource claims.
pub(super) fn claims<'a>(
    path: &Path<'_>,
    spec: &'a Value,
    errors: &mut Errors,
) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (index, claim) in json::list(spec, "resourceClaims").iter().enumerate() {
        let path = path.index(index);
        super::unique_label(&path, claim, &mut names, errors);
        let fields = ["resourceClaimName", "resourceClaimTemplateName"];
        let text = match fields.iter().filter(|field| json::field(claim, field).is_some()).count() {
            0 => "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            1 => continue,
            _ => "at most one of `resourceClaimName`, `resourceClaimTemplateName` may be specified",
        };
        errors.push(FieldError::invalid(&path, claim, text));
    }
    names
}

/// Tolerations by key, operator and effect.
pub(super) fn tolerations(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    for (index, toleration) in json::list(spec, "tolerations").iter().enumerate() {
        self::toleration(&path.index(index), toleration, errors);
    }
}

fn toleration(path: &Path<'_>, toleration: &Value, errors: &mut Errors) {
    let [key, operator, value, effect] =
        ["key", "operator", "value", "effect"].map(|field| json::text(toleration, field));
    let operator_path = path.child("operator");
    if !key.is_empty() {
        rules::texts(&path.child("key"), key, names::qualified_name(key), errors);
    } else if operator != "Exists" {
        let text = "operator must be Exists when `key` is empty, which means \"match all values and \
                    all keys\"";
        errors.push(FieldError::invalid(&operator_path, operator, text));
    }
    if json::field(toleration, "tolerationSeconds").is_some() && effect != "NoExecute" {
        let text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        errors.push(FieldError::invalid(&path.child("effect"), effect, text));
    }
    match operator {
        "" | "Equal" => rules::texts(&operator_path, value, names::label_value(value), errors),
        "Exists" => {
            if !value.is_empty() {
                let text = "value must be empty when `operator` is 'Exists'";
                errors.push(FieldError::invalid(&operator_path, value, text));
            }
        }
        "Lt" | "Gt" => {
            let known = ["Equal", "Exists", "Lt", "Gt"];
            errors.push(FieldError::not_supported(&operator_path, operator, &known));
        }
        _ => errors.push(FieldError::not_supported(&operator_path, operator, &["Equal", "Exists"])),
    }
    let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    rules::one_of(&path.child("effect"), effect, &known, errors);
}

/// Affinity to nodes and to other pods.
pub(super) fn affinity(path: &Path<'_>, affinity: &Value, errors: &mut Errors) {
    if let Some(nodes) = json::field(affinity, "nodeAffinity") {
        node_affinity(&path.child("nodeAffinity"), nodes, errors);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = json::field(affinity, kind) else { continue };
        let path = path.child(kind);
        let required = path.child(REQUIRED);
        for (index, term) in json::list(pods, REQUIRED).iter().enumerate() {
            pod_term(&required.index(index), term, errors);
        }
        let preferred = path.child(PREFERRED);
        for (index, weighted) in json::list(pods, PREFERRED).iter().enumerate() {
            let path = preferred.index(index);
            weight(&path, weighted, errors);
            pod_term(&path.child("podAffinityTerm"), &weighted["podAffinityTerm"], errors);
        }
    }
}

fn node_affinity(path: &Path<'_>, nodes: &Value, errors: &mut Errors) {
    if let Some(required) = json::field(nodes, REQUIRED) {
        let path = path.child(REQUIRED);
        node_selector(&path.child("nodeSelectorTerms"), required, errors);
    }
    let path = path.child(PREFERRED);
    for (index, weighted) in json::list(nodes, PREFERRED).iter().enumerate() {
        let path = path.index(index);
        weight(&path, weighted, errors);
        node_term(&path.child("preference"), &weighted["preference"], errors);
    }
}

fn weight(path: &Path<'_>, weighted: &Value, errors: &mut Errors) {
    let weight = json::number(weighted, "weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        let text = "must be in the range 1-100";
        errors.push(FieldError::invalid(&path.child("weight"), weight, text));
    }
}

/// Terms of a node selector, of which there is at least one.
pub(crate) fn node_selector(path: &Path<'_>, selector: &Value, errors: &mut Errors) {
    let terms = json::list(selector, "nodeSelectorTerms");
    if terms.is_empty() {
        errors.push(FieldError::required(path, "must have at least one node selector term"));
    }
    for (index, term) in terms.iter().enumerate() {
        node_term(&path.index(index), term, errors);
    }
}

fn node_term(path: &Path<'_>, term: &Value, errors: &mut Errors) {
    let expressions = path.child("matchExpressions");
    for (index, expression) in json::list(term, "matchExpressions").iter().enumerate() {
        selector::node_requirement(&expressions.index(index), expression, errors);
    }
    let fields = path.child("matchFields");
    for (index, expression) in json::list(term, "matchFields").iter().enumerate() {
        field_requirement(&fields.index(index), expression, errors);
    }
}

fn field_requirement(path: &Path<'_>, expression: &Value, errors: &mut Errors) {
    let operator = json::text(expression, "operator");
    if !matches!(operator, "In" | "NotIn") {
        let text = "not a valid selector operator";
        errors.push(FieldError::invalid(&path.child("operator"), operator, text));
    } else if json::list(expression, "values").len() != 1 {
        let text =
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
        errors.push(FieldError::required(&path.child("values"), text));
    }
    let key = json::text(expression, "key");
    if key != "metadata.name" {
        let text = "not a valid field selector key";
        errors.push(FieldError::invalid(&path.child("key"), key, text));
    }
}

fn pod_term(path: &Path<'_>, term: &Value, errors: &mut Errors) {
    selector::validate(&path.child("labelSelector"), &term["labelSelector"], errors);
    selector::validate(&path.child("namespaceSelector"), &term["namespaceSelector"], errors);
    for namespace in json::list(term, "namespaces").iter().filter_map(Value::as_str) {
        let messages = names::dns_1123_label(namespace);
        rules::texts(&path.child("namespace"), namespace, messages, errors);
    }
    label_keys(path, term, "matchLabelKeys", errors);
    label_keys(path, term, "mismatchLabelKeys", errors);
    let mismatched = json::list(term, "mismatchLabelKeys");
    for (index, key) in json::list(term, "matchLabelKeys").iter().enumerate() {
        if mismatched.contains(key) {
            let text = "exists in both matchLabelKeys and mismatchLabelKeys";
            let path = path.child("matchLabelKeys");
            errors.push(FieldError::invalid(&path.index(index), key, text));
        }
    }
    let topology = json::text(term, "topologyKey");
    let path = path.child("topologyKey");
    if topology.is_empty() {
        errors.push(FieldError::required(&path, "can not be empty"));
    }
    rules::texts(&path, topology, names::qualified_name(topology), errors);
}

/// Keys whose values come from the pod itself; what the server added for them is no conflict.
fn label_keys(path: &Path<'_>, holder: &Value, field: &str, errors: &mut Errors) {
    let keys = json::list(holder, field);
    let keys_path = path.child(field);
    if !keys.is_empty() && json::field(holder, "labelSelector").is_none() {
        let text = "must not be specified when labelSelector is not set";
        errors.push(FieldError::forbidden(&keys_path, text));
    }
    let labels = &holder["labelSelector"]["matchLabels"];
    for (index, key) in keys.iter().enumerate() {
        let text = key.as_str().unwrap_or_default();
        rules::texts(&keys_path.index(index), text, names::qualified_name(text), errors);
        if json::field(labels, text).is_some() {
            let message = format!("exists in both {field} and labelSelector");
            errors.push(FieldError::invalid(&path.index(index), text, message));
        }
    }
}

/// Topology spread constraints.
pub(super) fn spread(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let constraints = json::list(spec, "topologySpreadConstraints");
    for (index, constraint) in constraints.iter().enumerate() {
        let path = path.index(index);
        constraint_numbers(&path, constraint, errors);
        let topology = json::text(constraint, "topologyKey");
        if topology.is_empty() {
            errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
        }
        let action = json::text(constraint, "whenUnsatisfiable");
        let known = ["DoNotSchedule", "ScheduleAnyway"];
        if !known.contains(&action) {
            let path = path.child("whenUnsatisfiable");
            errors.push(FieldError::not_supported(&path, action, &known));
        }
        let repeated = constraints[index + 1..].iter().any(|other| {
            json::text(other, "topologyKey") == topology
                && json::text(other, "whenUnsatisfiable") == action
        });
        if repeated {
            let pair = format!("{{{topology}, {action}}}");
            let path = path.child("{topologyKey, whenUnsatisfiable}");
            errors.push(FieldError::duplicate(&path, pair.as_str()));
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = json::text(constraint, field);
            rules::one_of(&path.child(field), policy, &["Honor", "Ignore"], errors);
        }
        label_keys(&path, constraint, "matchLabelKeys", errors);
        selector::validate(&path.child("labelSelector"), &constraint["labelSelector"], errors);
    }
}

fn constraint_numbers(path: &Path<'_>, constraint: &Value, errors: &mut Errors) {
    let skew = json::number(constraint, "maxSkew").unwrap_or(0);
    if skew <= 0 {
        errors.push(FieldError::invalid(&path.child("maxSkew"), skew, "must be greater than zero"));
    }
    let Some(domains) = json::number(constraint, "minDomains") else { return };
    let path = path.child("minDomains");
    if domains <= 0 {
        errors.push(FieldError::invalid(&path, domains, "must be greater than zero"));
    }
    let action = json::text(constraint, "whenUnsatisfiable");
    if action != "DoNotSchedule" {
        let text =
            format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
        errors.push(FieldError::invalid(&path, domains, text));
    }
}

/// Labels that a template gives its pods, checked where the template stands.
pub(crate) fn template_metadata(path: &Path<'_>, template: &Value, errors: &mut Errors) {
    let found = &template["metadata"];
    metadata::labels(&path.child("labels"), found.get("labels"), errors);
    metadata::annotations(&path.child("annotations"), found.get("annotations"), errors);
}
