//! What differs between two values, for people to read in a message.

use std::collections::BTreeSet;

use serde_json::Value;

/// The lines of pretty JSON that only one of the two has, each with its path: `-` for the old one,
/// `+` for the new one.
pub fn lines(old: &Value, new: &Value) -> String {
    let mut lines = Vec::new();
    compare("", old, new, &mut lines);
    lines.into_iter().map(|line| line + "\n").collect()
}

fn compare(path: &str, old: &Value, new: &Value, lines: &mut Vec<String>) {
    if old == new {
        return;
    }
    if let (Some(old), Some(new)) = (old.as_object(), new.as_object()) {
        for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let [old, new] = [old, new].map(|fields| fields.get(name).unwrap_or(&Value::Null));
            compare(&format!("{path}.{name}"), old, new, lines);
        }
        return;
    }
    if let (Some(old), Some(new)) = (old.as_array(), new.as_array()) {
        for index in 0..old.len().max(new.len()) {
            let [old, new] = [old, new].map(|items| items.get(index).unwrap_or(&Value::Null));
            compare(&format!("{path}[{index}]"), old, new, lines);
        }
        return;
    }
    let path = path.trim_start_matches('.');
    for (sign, value) in [("-", old), ("+", new)] {
        if !value.is_null() {
            lines.push(format!("{sign} {path}: {value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let old = json!({"a": 1, "b": [{"c": "x"}], "d": true});
        let new = json!({"a": 1, "b": [{"c": "y"}, {"c": "z"}]});
        let expected = "- b[0].c: \"x\"\n+ b[0].c: \"y\"\n+ b[1]: {\"c\":\"z\"}\n- d: true\n";
        assert_eq!(lines(&old, &new), expected);
    }
}
