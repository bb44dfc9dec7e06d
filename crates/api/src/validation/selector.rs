//! Label selectors inside objects.

use meta::names;
use serde_json::Value;

use super::{Errors, FieldError, Path, metadata, rules};
use crate::json;

/// What is wrong with a label selector; an absent one is fine.
pub fn validate(path: &Path<'_>, selector: &Value, errors: &mut Errors) {
    metadata::labels(&path.child("matchLabels"), selector.get("matchLabels"), errors);
    let expressions = path.child("matchExpressions");
    for (index, expression) in json::list(selector, "matchExpressions").iter().enumerate() {
        requirement(&expressions.index(index), expression, errors);
    }
}

fn requirement(path: &Path<'_>, expression: &Value, errors: &mut Errors) {
    let operator = json::text(expression, "operator");
    operands(path, expression, operator, errors);
    let key = json::text(expression, "key");
    rules::texts(&path.child("key"), key, names::qualified_name(key), errors);
    let values = path.child("values");
    for (index, value) in json::list(expression, "values").iter().enumerate() {
        let value = value.as_str().unwrap_or_default();
        rules::texts(&values.index(index), value, names::label_value(value), errors);
    }
}

/// Whether operator and number of values fit.
fn operands(path: &Path<'_>, expression: &Value, operator: &str, errors: &mut Errors) {
    let values = path.child("values");
    let is_empty = json::is_empty(expression, "values");
    match operator {
        "In" | "NotIn" if is_empty => {
            let text = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required(&values, text));
        }
        "Exists" | "DoesNotExist" if !is_empty => {
            let text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden(&values, text));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            let text = "not a valid selector operator";
            errors.push(FieldError::invalid(&path.child("operator"), other, text));
        }
    }
}

/// One expression of a node selector, which also compares numbers.
pub fn node_requirement(path: &Path<'_>, expression: &Value, errors: &mut Errors) {
    let operator = json::text(expression, "operator");
    if !matches!(operator, "Gt" | "Lt") {
        return requirement(path, expression, errors);
    }
    if json::list(expression, "values").len() != 1 {
        let text = "must be specified single value when `operator` is 'Lt' or 'Gt'";
        errors.push(FieldError::required(&path.child("values"), text));
    }
    let key = json::text(expression, "key");
    rules::texts(&path.child("key"), key, names::qualified_name(key), errors);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operator_and_values_have_to_fit() {
        let rows = [
            (
                json!({"key": "a", "operator": "In"}),
                "values: Required value: must be specified when",
            ),
            (
                json!({"key": "a", "operator": "Exists", "values": ["b"]}),
                "values: Forbidden: may not be specified when",
            ),
            (
                json!({"key": "a", "operator": "Foo"}),
                "operator: Invalid value: \"Foo\": not a valid selector operator",
            ),
            (
                json!({"key": "a b", "operator": "Exists"}),
                "key: Invalid value: \"a b\": name part must consist",
            ),
            (
                json!({"key": "a", "operator": "In", "values": ["_"]}),
                "values[0]: Invalid value: \"_\": a valid label must",
            ),
        ];
        for (expression, expected) in rows {
            let mut errors = Errors::new();
            let selector = json!({"matchExpressions": [expression]});
            validate(&Path::new("s"), &selector, &mut errors);
            let text = errors.first().expect("invalid").to_string();
            assert!(text.starts_with(&format!("s.matchExpressions[0].{expected}")), "{text}");
        }
    }
}
