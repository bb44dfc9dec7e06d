//! Values as the reference's messages print them.

use serde_json::Value;

/// A label selector as Go prints a pointer to one; `null` is `nil`.
pub(crate) fn label_selector(selector: &Value) -> String {
    if selector.is_null() {
        return "nil".to_owned();
    }
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let labels = labels.fold(String::new(), |text, (key, value)| {
        text + key + ": " + value.as_str().unwrap_or_default() + ","
    });
    let requirements = selector["matchExpressions"].as_array().into_iter().flatten();
    let requirements =
        requirements.fold(String::new(), |text, expression| text + &requirement(expression) + ",");
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{requirements}}},}}"
    )
}

fn requirement(expression: &Value) -> String {
    let text = |field: &str| expression[field].as_str().unwrap_or_default();
    let values = expression["values"].as_array().into_iter().flatten();
    let values: Vec<&str> = values.filter_map(Value::as_str).collect();
    let (key, operator, values) = (text("key"), text("operator"), values.join(" "));
    format!("LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{values}],}}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_prints_as_in_go() {
        assert_eq!(label_selector(&Value::Null), "nil");
        let selector = json!({"matchLabels": {"app": "x", "a": "b"},
            "matchExpressions": [{"key": "k", "operator": "In", "values": ["v", "w"]}]});
        assert_eq!(
            label_selector(&selector),
            "&LabelSelector{MatchLabels:map[string]string{a: b,app: x,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[v w],},},}"
        );
    }
}
