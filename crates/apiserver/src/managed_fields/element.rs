//! Path elements of field sets: `f:NAME` a field or key, `k:{…}` a list item by its keys, `v:JSON`
//! a set item, `i:N` an index, which is only read.

use serde_json::{Map, Value};

pub(super) fn field(name: &str) -> String {
    ["f:", name].concat()
}

/// A list item, by those of its keys that have a value; names in order.
pub(super) fn keyed<'a>(keys: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let mut text = String::from("k:");
    for (index, (name, value)) in keys.enumerate() {
        text.push(if index == 0 { '{' } else { ',' });
        // Names of keys are names of fields, which need no escapes.
        text.extend(["\"", name, "\":"]);
        push(&mut text, value);
    }
    text.push('}');
    text
}

pub(super) fn value(value: &Value) -> String {
    let mut text = String::from("v:");
    push(&mut text, value);
    text
}

fn push(text: &mut String, value: &Value) {
    match value {
        Value::String(string) if is_plain(string) => text.extend(["\"", string, "\""]),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => text.push_str(&value.to_string()),
    }
}

/// Whether JSON writes the text without escapes.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
}

/// An element as it is written in the paths of messages: `.name`, `[name="x"]`, `[="x"]`, `[0]`.
pub(super) fn shown(element: &str) -> String {
    let (kind, rest) = element.split_at_checked(2).unwrap_or(("", element));
    match kind {
        "f:" => format!(".{rest}"),
        "k:" => {
            let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
            let pairs: Vec<String> =
                keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
        "v:" => format!("[={rest}]"),
        _ => format!("[{rest}]"),
    }
}

/// A whole path as messages write it.
pub(super) fn path(elements: &[&str]) -> String {
    elements.iter().map(|element| shown(element)).collect()
}

/// The element as the server spells it. The outer `None` says that it is none, the inner one that
/// its kind is not known.
#[expect(clippy::option_option, reason = "unreadable and unknown are different answers")]
pub(super) fn parse(text: &str) -> Option<Option<String>> {
    let (kind, rest) = text.split_at_checked(2)?;
    match kind {
        "f:" | "i:" => Some(Some(text.to_owned())),
        "k:" => {
            let keys: Map<String, Value> = serde_json::from_str(rest).ok()?;
            Some(Some(format!("k:{}", Value::Object(keys))))
        }
        "v:" => {
            let parsed: Value = serde_json::from_str(rest).ok()?;
            Some(Some(value(&parsed)))
        }
        _ => kind.ends_with(':').then_some(None),
    }
}
