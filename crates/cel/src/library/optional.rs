//! Values that may be absent.

use super::{Answer, Row, global, member};
use crate::{
    cost::Cost,
    error::{failed, no_overload},
    library::operators::position,
    value::{Key, Value},
};

pub(super) const ROWS: &[Row] = &[
    global("optional.of", "A -> optional<A>", Cost::One, of),
    global("optional.ofNonZeroValue", "A -> optional<A>", Cost::One, of_non_zero),
    global("optional.none", "-> optional<A>", Cost::One, none),
    member("value", "optional<A> -> A", Cost::One, value),
    member("hasValue", "optional<A> -> bool", Cost::One, has_value),
    // What follows looks at its right side only if it has to; see the evaluator.
    member("or", "optional<A>, optional<A> -> optional<A>", Cost::One, or),
    member("orValue", "optional<A>, A -> A", Cost::One, or_value),
    global("_[?_]", "list<A>, int -> optional<A>", Cost::One, index),
    global("_[?_]", "optional<list<A>>, int -> optional<A>", Cost::One, index),
    global("_[?_]", "map<A, B>, A -> optional<B>", Cost::One, index),
    global("_[?_]", "optional<map<A, B>>, A -> optional<B>", Cost::One, index),
    global("_[_]", "optional<list<A>>, int -> optional<A>", Cost::One, index),
    global("_[_]", "optional<map<A, B>>, A -> optional<B>", Cost::One, index),
];

fn of<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [value] = arguments else { return no_overload() };
    Ok(Value::some(value.clone()))
}

fn of_non_zero<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [value] = arguments else { return no_overload() };
    Ok(if is_zero(value) { Value::none() } else { Value::some(value.clone()) })
}

fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Optional(None) => true,
        Value::Bool(value) => !value,
        Value::Int(value) | Value::Duration(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => value.abs() == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Object(object) => object.fields().iter().all(|(_, value)| is_zero(value)),
        Value::Optional(Some(_)) | Value::Timestamp(_) | Value::Type(_) | Value::Opaque(_) => false,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as every function of the table")]
fn none<'a>(_: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::none())
}

fn value<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Optional(Some(value))] => Ok((**value).clone()),
        [Value::Optional(None)] => failed("optional.none() dereference"),
        _ => no_overload(),
    }
}

fn has_value<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Optional(value)] = arguments else { return no_overload() };
    Ok(Value::Bool(value.is_some()))
}

fn or<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Optional(None), other @ Value::Optional(_)] => Ok(other.clone()),
        [value @ Value::Optional(Some(_)), Value::Optional(_)] => Ok(value.clone()),
        _ => no_overload(),
    }
}

fn or_value<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Optional(None), other] => Ok(other.clone()),
        [Value::Optional(Some(value)), _] => Ok((**value).clone()),
        _ => no_overload(),
    }
}

fn index<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [container, key] = arguments else { return no_overload() };
    let found = match container {
        Value::Optional(None) => None,
        Value::Optional(Some(inner)) => return index(&[(**inner).clone(), key.clone()]),
        Value::List(list) => usize::try_from(position(key)?).ok().and_then(|at| list.get(at)),
        Value::Map(map) => Key::of(key).and_then(|key| map.get(&key)),
        Value::Object(object) => key.as_str().and_then(|name| object.get(name)),
        _ => return no_overload(),
    };
    Ok(found.map_or_else(Value::none, Value::some))
}
