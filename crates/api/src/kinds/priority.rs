//! Classes of pods by importance, and budgets of disruptions.

use serde_json::Value;

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, immutable, rules, schema, selector},
};

pub(super) const CLASS: Rules = Rules {
    validate: |ctx, class, errors| {
        schema::validate(ctx.resource.type_id, class, errors);
        self::class(class, errors);
    },
    validate_update: |ctx, new, old, errors| immutable::validate(ctx.resource, new, old, errors),
    ..Rules::GENERIC
};

pub(super) const BUDGET: Rules = Rules { validate: budget, ..Rules::GENERIC };

/// Above it are the classes of the system.
const VALUE_MAX: i64 = 1_000_000_000;
/// What every cluster has.
const SYSTEM: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
const EVICTION_POLICIES: [&str; 2] = ["AlwaysAllow", "IfHealthyBudget"];

fn class(class: &Value, errors: &mut Errors) {
    let name = json::text(&class["metadata"], "name");
    let value = json::number(class, "value").unwrap_or(0);
    if !name.starts_with("system-") {
        if value > VALUE_MAX {
            let text = format!("maximum allowed value of a user defined priority is {VALUE_MAX}");
            errors.push(FieldError::forbidden(&Path::new("value"), text));
        }
        return;
    }
    let problem = match SYSTEM.iter().find(|(known, _)| *known == name) {
        None => format!("{name} is not a known system priority class"),
        Some((_, wanted)) if *wanted != value => {
            format!("value of {name} PriorityClass must be {wanted}")
        }
        Some(_) => return,
    };
    let text = format!(
        "priority class names with 'system-' prefix are reserved for system use only. error: {problem}"
    );
    errors.push(FieldError::forbidden(&Path::new("metadata.name"), text));
}

fn budget(ctx: &Context<'_>, budget: &Value, errors: &mut Errors) {
    if !ctx.subresource.is_empty() {
        return;
    }
    let (path, spec) = (Path::new("spec"), &budget["spec"]);
    let bounds = ["minAvailable", "maxUnavailable"];
    if bounds.iter().all(|bound| json::field(spec, bound).is_some()) {
        let text = "minAvailable and maxUnavailable cannot be both set";
        let shown = crate::validation::ordered::write(
            spec,
            &["minAvailable", "selector", "maxUnavailable", "unhealthyPodEvictionPolicy"],
        );
        errors.push(FieldError::invalid(&path, crate::validation::Shown::Written(shown), text));
    }
    for bound in bounds {
        if let Some(value) = json::field(spec, bound) {
            rules::count_or_percent(&path.child(bound), value, errors);
            rules::percent_at_most_hundred(&path.child(bound), value, errors);
        }
    }
    let eviction = json::text(spec, "unhealthyPodEvictionPolicy");
    let at = path.child("unhealthyPodEvictionPolicy");
    rules::one_of(&at, eviction, &EVICTION_POLICIES, errors);
    selector::validate(&path.child("selector"), &spec["selector"], errors);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::kinds::testing::Kind;

    const CLASSES: Kind = Kind("scheduling.k8s.io", "v1", "priorityclasses");
    const BUDGETS: Kind = Kind("policy", "v1", "poddisruptionbudgets");

    #[test]
    fn check_121_the_highest_classes_are_the_systems() {
        let class = |name: &str, value: i64| json!({"metadata": {"name": name}, "value": value});
        CLASSES.create(class("mine", 1_000_000_000), &[]);
        CLASSES.create(class("system-node-critical", 2_000_001_000), &[]);
        CLASSES.create(
            class("mine", 1_000_000_001),
            &["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
        );
        CLASSES.create(
            class("system-x", 1),
            &["metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class"],
        );
    }

    #[test]
    fn check_84_a_budget_has_one_bound() {
        let budget =
            |spec: Value| json!({"metadata": {"name": "b", "namespace": "d"}, "spec": spec});
        BUDGETS.create(budget(json!({})), &[]);
        BUDGETS.create(budget(json!({"minAvailable": "50%"})), &[]);
        for (spec, wanted) in [
            (
                json!({"minAvailable": -1}),
                "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0",
            ),
            (
                json!({"maxUnavailable": "101%"}),
                "spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%",
            ),
            (
                json!({"unhealthyPodEvictionPolicy": "Foo"}),
                "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Foo\": supported values: \"AlwaysAllow\", \"IfHealthyBudget\"",
            ),
        ] {
            BUDGETS.create(budget(spec), &[wanted]);
        }
        BUDGETS.create(
            budget(json!({"minAvailable": 1, "maxUnavailable": 1})),
            &["spec: Invalid value: {\"minAvailable\":1,\"maxUnavailable\":1}: minAvailable and maxUnavailable cannot be both set"],
        );
    }
}
