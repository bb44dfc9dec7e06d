//! Nodes.

use std::collections::BTreeSet;

use meta::{names, quantity::Quantity};
use serde_json::Value;

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, address, rules},
};

pub(super) const RULES: Rules = Rules { validate, validate_update, ..Rules::GENERIC };

fn validate(_: &Context<'_>, node: &Value, errors: &mut Errors) {
    let spec = &node["spec"];
    // The reference says metadata, where taints once were.
    let path = Path::new("metadata.taints");
    let mut seen = BTreeSet::new();
    for (index, taint) in json::list(spec, "taints").iter().enumerate() {
        let path = path.index(index);
        self::taint(&path, taint, errors);
        if !seen.insert((json::text(taint, "key"), json::text(taint, "effect"))) {
            let mut error = FieldError::duplicate(&path, taint);
            "taints must be unique by key and effect pair".clone_into(&mut error.detail);
            errors.push(error);
        }
    }
    amounts(&node["status"], errors);
    ranges(spec, errors);
}

fn taint(path: &Path<'_>, taint: &Value, errors: &mut Errors) {
    let [key, value, effect] = ["key", "value", "effect"].map(|field| json::text(taint, field));
    rules::texts(&path.child("key"), key, names::qualified_name(key), errors);
    rules::texts(&path.child("value"), value, names::label_value(value), errors);
    let path = path.child("effect");
    if rules::required(&path, effect, errors) {
        let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        rules::one_of(&path, effect, &known, errors);
    }
}

fn amounts(status: &Value, errors: &mut Errors) {
    for field in ["capacity", "allocatable"] {
        let path = Path::new("status");
        let path = path.child(field);
        for (name, amount) in json::entries(status, field) {
            let amount = json::scalar_text(amount).parse::<Quantity>().ok();
            if let Some(amount) = amount.filter(Quantity::is_negative) {
                let shown = amount.to_string();
                errors.push(FieldError::invalid(&path.child(name), &shown, rules::NONNEGATIVE));
            }
        }
    }
}

fn ranges(spec: &Value, errors: &mut Errors) {
    let path = Path::new("spec.podCIDRs");
    let ranges = json::list(spec, "podCIDRs");
    let mut families = BTreeSet::new();
    for (index, range) in ranges.iter().enumerate() {
        let range = range.as_str().unwrap_or_default();
        rules::texts(&path.index(index), range, address::cidr(range), errors);
        families.insert(range.contains(':'));
    }
    if ranges.len() > families.len() {
        let text = "may specify no more than one CIDR for each IP family";
        errors.push(FieldError::invalid(&path, &spec["podCIDRs"], text));
    }
}

fn validate_update(_: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    unique_addresses(&new["status"], errors);
    let [new, old] = [&new["spec"], &old["spec"]];
    if !json::is_empty(old, "podCIDRs") && new.get("podCIDRs") != old.get("podCIDRs") {
        let text = "node updates may not change podCIDR except from \"\" to valid";
        errors.push(FieldError::forbidden(&Path::new("spec.podCIDRs"), text));
    }
    let provider = json::text(new, "providerID");
    if !json::is_empty(old, "providerID") && provider != json::text(old, "providerID") {
        let path = Path::new("spec.providerID");
        let text = if provider.is_empty() {
            "field cannot be cleared once set"
        } else {
            "field cannot be modified once set"
        };
        errors.push(FieldError::invalid(&path, provider, text));
    }
    if new.get("externalID") != old.get("externalID") {
        let path = Path::new("spec.externalID");
        errors.push(FieldError::forbidden(&path, "may not be updated"));
    }
}

fn unique_addresses(status: &Value, errors: &mut Errors) {
    let path = Path::new("status.addresses");
    let addresses = json::list(status, "addresses");
    for (index, address) in addresses.iter().enumerate() {
        if addresses[..index].contains(address) {
            errors.push(FieldError::duplicate(&path.index(index), address));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kinds::testing::Kind;

    const NODES: Kind = Kind("", "v1", "nodes");

    #[test]
    fn a_node_brings_its_status_along() {
        let node = json!({"metadata": {"name": "n"}, "status": {"capacity": {"cpu": "1"}}});
        let node = NODES.prepared(node);
        assert_eq!(node["status"]["allocatable"]["cpu"], "1");
    }

    #[test]
    fn taints_are_whole_and_there_once() {
        let taints = json!([
            {"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule"},
            {"key": "b"}, {"key": "c", "effect": "Never"},
        ]);
        NODES.create(
            json!({"metadata": {"name": "n"}, "spec": {"taints": taints}}),
            &[
                "metadata.taints[1]: Duplicate value: {\"effect\":\"NoSchedule\",\"key\":\"a\"}: \
                 taints must be unique by key and effect pair",
                "metadata.taints[2].effect: Required value",
                "metadata.taints[3].effect: Unsupported value: \"Never\": supported values: \
                 \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
            ],
        );
    }

    #[test]
    fn what_a_provider_set_stays() {
        let node = |provider: &str, range: &str| {
            json!({
                "metadata": {"name": "n"},
                "spec": {"providerID": provider, "podCIDRs": [range]},
            })
        };
        NODES.update(
            "",
            node("b", "10.1.0.0/24"),
            &node("a", "10.0.0.0/24"),
            &[
                "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to \
                 valid",
                "spec.providerID: Invalid value: \"b\": field cannot be modified once set",
            ],
        );
    }
}
