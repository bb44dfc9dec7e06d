//! Values in messages whose fields stand in the order of their type.

use serde_json::Value;

use super::Shown;

const OWNER: [&str; 6] = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
const SELECTOR: [&str; 5] = ["matchLabels", "matchExpressions", "key", "operator", "values"];

/// A list of owner references.
pub fn owners(owners: &Value) -> Shown {
    Shown::Written(write(owners, &OWNER))
}

/// A label selector.
pub fn selector(selector: &Value) -> Shown {
    Shown::Written(write(selector, &SELECTOR))
}

/// JSON in which the fields of every object stand in the order given, unknown ones last.
pub fn write(value: &Value, order: &[&str]) -> String {
    if let Some(items) = value.as_array() {
        let items: Vec<String> = items.iter().map(|item| write(item, order)).collect();
        return format!("[{}]", items.join(","));
    }
    let Some(fields) = value.as_object() else { return value.to_string() };
    let rank = |name: &str| order.iter().position(|known| *known == name).unwrap_or(order.len());
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by_key(|(name, _)| rank(name));
    let fields =
        fields.into_iter().map(|(name, value)| format!("{name:?}:{}", write(value, order)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_stand_before_expressions() {
        let value = json!({
            "matchExpressions": [{"values": ["x"], "operator": "In", "key": "a"}],
            "matchLabels": {"app": "web"},
        });
        let expected = "{\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":[{\"key\":\"a\",\
                        \"operator\":\"In\",\"values\":[\"x\"]}]}";
        assert_eq!(selector(&value), Shown::Written(expected.to_owned()));
    }
}
