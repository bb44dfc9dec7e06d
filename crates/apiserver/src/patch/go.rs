//! Values in the notation of the reference's language, which its messages quote.

use std::fmt::Write as _;

use serde_json::Value;

/// Print form: `map[a:1 b:[x y]]`.
pub(crate) fn print(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("<nil>"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => text.push_str(string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(text, index);
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push_str("map[");
            for (index, (key, member)) in members.iter().enumerate() {
                separate(text, index);
                text.push_str(key);
                text.push(':');
                write_value(text, member);
            }
            text.push(']');
        }
    }
}

fn separate(text: &mut String, index: usize) {
    if index > 0 {
        text.push(' ');
    }
}

/// Whole numbers print without a fraction, whatever they were sent as.
fn write_number(text: &mut String, number: &serde_json::Number) {
    let written = match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => write!(text, "{float}"),
        None => write!(text, "{number}"),
    };
    written.expect("a string takes everything");
}

/// The form of source code: `[]interface {}{"a", 1}`.
pub(crate) fn syntax(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => quote(text),
        Value::Bool(_) | Value::Number(_) => print(value),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", joined(items.iter().map(syntax).collect()))
        }
        Value::Object(members) => {
            let members =
                members.iter().map(|(key, member)| format!("{}:{}", quote(key), syntax(member)));
            format!("map[string]interface {{}}{{{}}}", joined(members.collect()))
        }
    }
}

/// Quoted: backslashes, quotes and control characters are escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other if u32::from(other) < 0x20 || other == '\u{7f}' => {
                write!(quoted, "\\x{:02x}", u32::from(other)).expect("a string takes everything");
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Name of the type that a decoded value has.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// Name of the JSON value in decoding errors.
pub(crate) fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_print_with_sorted_keys_and_bare_strings() {
        let value = json!({"spec": {"replicas": "many", "a": [1, null, {"b": true}]}});
        assert_eq!(print(&value), "map[spec:map[a:[1 <nil> map[b:true]] replicas:many]]");
    }

    #[test]
    fn quoting_escapes_what_go_escapes() {
        assert_eq!(quote("a\"b\\c\n\u{1}é"), r#""a\"b\\c\n\x01é""#);
    }
}
