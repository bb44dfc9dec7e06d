//! Reading parsed JSON without asking at each step whether it is there: absent reads as empty.

use std::borrow::Cow;

use meta::object::Labels;
use serde_json::{Map, Value};

/// The text of a field, empty if absent.
pub fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The whole number of a field, if it has one.
pub fn number(object: &Value, field: &str) -> Option<i64> {
    object.get(field).and_then(Value::as_i64)
}

/// Whether a field is true.
pub fn is_true(object: &Value, field: &str) -> bool {
    object.get(field).and_then(Value::as_bool).unwrap_or_default()
}

/// The items of a list, none if absent.
pub fn list<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The entries of a map, none if absent.
pub fn entries<'a>(
    object: &'a Value,
    field: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object.get(field).and_then(Value::as_object).into_iter().flatten()
}

/// A field that is there.
pub fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// Whether a field is absent, null, an empty list or map, or the empty text.
pub fn is_empty(object: &Value, name: &str) -> bool {
    field(object, name).is_none_or(|value| {
        value.as_str() == Some("")
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty)
    })
}

/// A value below dotted field names, null if absent.
pub fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(object, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The object in a field; made if it is absent or something else.
pub fn object_mut<'a>(object: &'a mut Value, field: &str) -> &'a mut Value {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let value = &mut object[field];
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value
}

/// The items of a list, to change them.
pub fn list_mut<'a>(object: &'a mut Value, field: &str) -> &'a mut [Value] {
    object.get_mut(field).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// Puts an item at the end of a list; whatever else is there becomes a list of it alone.
pub fn push(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(items) => items.push(item),
        None => *list = Value::Array(vec![item]),
    }
}

/// Removes a field.
pub fn remove(object: &mut Value, field: &str) -> Option<Value> {
    object.as_object_mut().and_then(|object| object.remove(field))
}

/// Makes a field equal to that of another object, absent included.
pub fn copy(to: &mut Value, from: &Value, field: &str) {
    match (from.get(field), to.as_object_mut()) {
        (Some(value), Some(to)) => {
            to.insert(field.to_owned(), value.clone());
        }
        (None, Some(to)) => {
            to.remove(field);
        }
        (_, None) => {}
    }
}

/// A map of texts as labels.
pub fn labels(map: &Value) -> Labels {
    let entries = map.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect()
}

/// A text, or a number's digits: what an int-or-string means as a text.
pub fn scalar_text(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed)
}
