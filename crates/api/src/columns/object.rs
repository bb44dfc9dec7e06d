//! What rules read of an object, and how they print it.

use meta::{human, selector::Selector, time::Time};
use serde_json::Value;

/// An object that is printed, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) value: &'a Value,
    pub(super) now: Time,
}

impl<'a> Object<'a> {
    /// What is at a path such as `status.phase`; null if nothing is.
    pub(super) fn at(self, path: &str) -> &'a Value {
        at(self.value, path)
    }
    pub(super) fn text(self, path: &str) -> &'a str {
        text(self.value, path)
    }
    pub(super) fn has(self, path: &str) -> bool {
        !self.at(path).is_null()
    }
    pub(super) fn number(self, path: &str) -> i64 {
        self.at(path).as_i64().unwrap_or(0)
    }
    pub(super) fn list(self, path: &str) -> &'a [Value] {
        list(self.value, path)
    }
    pub(super) fn count(self, path: &str) -> usize {
        let found = self.at(path);
        let members = found.as_object().map(serde_json::Map::len);
        members.or_else(|| found.as_array().map(Vec::len)).unwrap_or(0)
    }
    /// How long ago the time at a path was.
    pub(super) fn since(self, path: &str) -> String {
        self.ago(self.text(path))
    }
    /// How long ago a time was.
    pub(super) fn ago(self, time: &str) -> String {
        time.parse().map_or_else(|_| "<unknown>".to_owned(), |time| span(time, self.now))
    }
    /// A member of each element of a list.
    pub(super) fn joined(self, path: &str, member: &str) -> String {
        join(self.list(path).iter().map(|element| text(element, member)), ",")
    }
    pub(super) fn labels(self, path: &str) -> String {
        let members = self.at(path).as_object().into_iter().flatten();
        let pairs = members.map(|(key, value)| format!("{key}={}", plain(value)));
        non_empty(join(pairs, ","), "<none>")
    }
    pub(super) fn selector(self, path: &str) -> String {
        match Selector::from_json(self.at(path)) {
            Ok(selector) => non_empty(selector.to_string(), "<none>"),
            Err(_) => "<error>".to_owned(),
        }
    }
    /// The condition of a type.
    pub(super) fn condition(self, kind: &str) -> Option<&'a Value> {
        self.list("status.conditions").iter().find(|condition| text(condition, "type") == kind)
    }
    pub(super) fn has_condition(self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|condition| text(condition, "status") == "True")
    }
}

/// What is at a path below a value; null if nothing is.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, member| &value[member])
}

pub(super) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).as_array().map(Vec::as_slice).unwrap_or_default()
}

/// From one time to a later one.
pub(super) fn span(from: Time, to: Time) -> String {
    human::duration(to.microseconds().saturating_sub(from.microseconds()))
}

/// A scalar as text; nothing for null.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A scalar as text, or another text for null.
pub(super) fn plain_or(value: &Value, missing: &str) -> String {
    if value.is_null() { missing.to_owned() } else { plain(value) }
}

pub(super) fn join<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, separator: &str) -> String {
    let mut joined = String::new();
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text.as_ref());
    }
    joined
}

/// The text, or another one where it is empty.
pub(super) fn non_empty(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// The first three, and how many more there are.
pub(super) fn first_three<T: AsRef<str>>(texts: &[T]) -> String {
    const SHOWN: usize = 3;
    let shown = join(texts.iter().take(SHOWN), ",");
    match texts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}
