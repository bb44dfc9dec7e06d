//! When two values are the same, and which comes first.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use super::{Key, List, Map, Number, Object, Opaque, Value, number_order};
use crate::schema::ListKind;

/// Values of different types are different, but numbers are compared as numbers.
pub(crate) fn equals(left: &Value<'_>, right: &Value<'_>) -> bool {
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return number_order(left, right) == Some(Ordering::Equal);
    }
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        (Value::Timestamp(left), Value::Timestamp(right)) => left == right,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::List(left), Value::List(right)) => lists_equal(left, right),
        (Value::Map(left), Value::Map(right)) => maps_equal(left, right),
        (Value::Object(left), Value::Object(right)) => objects_equal(left, right),
        (Value::Optional(left), Value::Optional(right)) => match (left, right) {
            (Some(left), Some(right)) => equals(left, right),
            (left, right) => left.is_none() && right.is_none(),
        },
        (Value::Type(left), Value::Type(right)) => left.runtime_name() == right.runtime_name(),
        (Value::Opaque(left), Value::Opaque(right)) => opaques_equal(left, right),
        _ => false,
    }
}

/// `None` if the two have no order.
pub(crate) fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return number_order(left, right);
    }
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::String(right)) => Some((**left).cmp(&**right)),
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        (Value::Timestamp(left), Value::Timestamp(right)) => Some(left.cmp(right)),
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

const fn number(value: &Value<'_>) -> Option<Number> {
    match value {
        Value::Int(value) => Some(Number::Int(*value)),
        Value::Uint(value) => Some(Number::Uint(*value)),
        Value::Double(value) => Some(Number::Double(*value)),
        Value::Null
        | Value::Bool(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Object(_)
        | Value::Optional(_)
        | Value::Type(_)
        | Value::Opaque(_) => None,
    }
}

/// A list of the input says how it wants to be compared, whichever side it is on.
fn lists_equal(left: &List<'_>, right: &List<'_>) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let kind = if *left.kind() == ListKind::Atomic { right.kind() } else { left.kind() };
    match kind {
        ListKind::Atomic => {
            left.iter().zip(right.iter()).all(|(left, right)| equals(&left, &right))
        }
        ListKind::Set => {
            let known: BTreeSet<String> = right.iter().map(|item| identity(&item, &[])).collect();
            left.iter().all(|item| known.contains(&identity(&item, &[])))
        }
        ListKind::Map(keys) => {
            let known: BTreeMap<String, Value<'_>> =
                right.iter().map(|item| (identity(&item, keys), item)).collect();
            left.iter().all(|item| {
                known.get(&identity(&item, keys)).is_some_and(|other| equals(&item, other))
            })
        }
    }
}

/// What tells the items of a list apart: these properties, or the whole item without any.
pub(crate) fn identity(item: &Value<'_>, keys: &[String]) -> String {
    if keys.is_empty() {
        return item.to_json().unwrap_or_default().to_string();
    }
    let parts = keys.iter().map(|key| property(item, key).and_then(|part| part.to_json()));
    serde_json::Value::Array(parts.map(Option::unwrap_or_default).collect()).to_string()
}

fn property<'a>(value: &Value<'a>, name: &'a str) -> Option<Value<'a>> {
    match value {
        Value::Object(object) => object.get(&crate::schema::escape(name)?),
        Value::Map(map) => map.get(&Key::String(super::Text::Borrowed(name))),
        _ => None,
    }
}

fn maps_equal(left: &Map<'_>, right: &Map<'_>) -> bool {
    left.len() == right.len()
        && left
            .entries()
            .iter()
            .all(|(key, value)| right.get(key).is_some_and(|other| equals(value, &other)))
}

fn objects_equal(left: &Object<'_>, right: &Object<'_>) -> bool {
    let fields = left.fields();
    left.type_() == right.type_()
        && fields.len() == right.fields().len()
        && fields
            .iter()
            .all(|(name, value)| right.get(name).is_some_and(|other| equals(value, &other)))
}

fn opaques_equal(left: &Opaque, right: &Opaque) -> bool {
    match (left, right) {
        (Opaque::Url(left), Opaque::Url(right)) => left == right,
        (Opaque::Quantity(left), Opaque::Quantity(right)) => left == right,
        (Opaque::Ip(left), Opaque::Ip(right)) => left == right,
        (Opaque::Cidr(left), Opaque::Cidr(right)) => left == right,
        (Opaque::Format(left), Opaque::Format(right)) => left.name == right.name,
        (Opaque::Semver(left), Opaque::Semver(right)) => left == right,
        (Opaque::Decision(left), Opaque::Decision(right)) => left == right,
        // What asks the authorizer is equal to nothing but by being asked.
        _ => false,
    }
}
