//! What stands between expressions: arithmetic, comparisons, membership, indices.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{Answer, Row, global, strings::check_length};
use crate::{
    cost::Cost,
    error::{EvaluationError, failed, no_overload},
    schema::ListKind,
    value::{
        Key, List, Value, compare, double_to_int, double_to_uint, equals, identity, int_to_double,
        uint_to_double,
    },
};

pub(super) const ROWS: &[Row] = &[
    // The evaluator looks at one side at a time.
    global("_&&_", "bool, bool -> bool", Cost::Logic, |_| no_overload()),
    global("_||_", "bool, bool -> bool", Cost::Logic, |_| no_overload()),
    global("_?_:_", "bool, A, A -> A", Cost::Choice, |_| no_overload()),
    global("_+_", "int, int -> int", Cost::One, add),
    global("_+_", "uint, uint -> uint", Cost::One, add),
    global("_+_", "double, double -> double", Cost::One, add),
    global("_+_", "string, string -> string", Cost::Concatenate, add),
    global("_+_", "bytes, bytes -> bytes", Cost::Concatenate, add),
    global("_+_", "list<A>, list<A> -> list<A>", Cost::Join, add),
    global("_+_", "duration, duration -> duration", Cost::One, add),
    global("_+_", "duration, timestamp -> timestamp", Cost::One, add),
    global("_+_", "timestamp, duration -> timestamp", Cost::One, add),
    global("_-_", "int, int -> int", Cost::One, subtract),
    global("_-_", "uint, uint -> uint", Cost::One, subtract),
    global("_-_", "double, double -> double", Cost::One, subtract),
    global("_-_", "duration, duration -> duration", Cost::One, subtract),
    global("_-_", "timestamp, duration -> timestamp", Cost::One, subtract),
    global("_-_", "timestamp, timestamp -> duration", Cost::One, subtract),
    global("_*_", "int, int -> int", Cost::One, multiply),
    global("_*_", "uint, uint -> uint", Cost::One, multiply),
    global("_*_", "double, double -> double", Cost::One, multiply),
    global("_/_", "int, int -> int", Cost::One, divide),
    global("_/_", "uint, uint -> uint", Cost::One, divide),
    global("_/_", "double, double -> double", Cost::One, divide),
    global("_%_", "int, int -> int", Cost::One, remainder),
    global("_%_", "uint, uint -> uint", Cost::One, remainder),
    global("-_", "int -> int", Cost::One, negate),
    global("-_", "double -> double", Cost::One, negate),
    global("!_", "bool -> bool", Cost::One, not),
    global("_==_", "A, A -> bool", Cost::Compare, equal),
    global("_!=_", "A, A -> bool", Cost::Compare, unequal),
    global("_<_", "bool, bool -> bool", Cost::One, less),
    global("_<_", "int, int -> bool", Cost::One, less),
    global("_<_", "int, double -> bool", Cost::One, less),
    global("_<_", "int, uint -> bool", Cost::One, less),
    global("_<_", "uint, uint -> bool", Cost::One, less),
    global("_<_", "uint, double -> bool", Cost::One, less),
    global("_<_", "uint, int -> bool", Cost::One, less),
    global("_<_", "double, double -> bool", Cost::One, less),
    global("_<_", "double, int -> bool", Cost::One, less),
    global("_<_", "double, uint -> bool", Cost::One, less),
    global("_<_", "string, string -> bool", Cost::Compare, less),
    global("_<_", "bytes, bytes -> bool", Cost::Compare, less),
    global("_<_", "timestamp, timestamp -> bool", Cost::One, less),
    global("_<_", "duration, duration -> bool", Cost::One, less),
    global("_<=_", "bool, bool -> bool", Cost::One, less_or_equal),
    global("_<=_", "int, int -> bool", Cost::One, less_or_equal),
    global("_<=_", "int, double -> bool", Cost::One, less_or_equal),
    global("_<=_", "int, uint -> bool", Cost::One, less_or_equal),
    global("_<=_", "uint, uint -> bool", Cost::One, less_or_equal),
    global("_<=_", "uint, double -> bool", Cost::One, less_or_equal),
    global("_<=_", "uint, int -> bool", Cost::One, less_or_equal),
    global("_<=_", "double, double -> bool", Cost::One, less_or_equal),
    global("_<=_", "double, int -> bool", Cost::One, less_or_equal),
    global("_<=_", "double, uint -> bool", Cost::One, less_or_equal),
    global("_<=_", "string, string -> bool", Cost::Compare, less_or_equal),
    global("_<=_", "bytes, bytes -> bool", Cost::Compare, less_or_equal),
    global("_<=_", "timestamp, timestamp -> bool", Cost::One, less_or_equal),
    global("_<=_", "duration, duration -> bool", Cost::One, less_or_equal),
    global("_>_", "bool, bool -> bool", Cost::One, greater),
    global("_>_", "int, int -> bool", Cost::One, greater),
    global("_>_", "int, double -> bool", Cost::One, greater),
    global("_>_", "int, uint -> bool", Cost::One, greater),
    global("_>_", "uint, uint -> bool", Cost::One, greater),
    global("_>_", "uint, double -> bool", Cost::One, greater),
    global("_>_", "uint, int -> bool", Cost::One, greater),
    global("_>_", "double, double -> bool", Cost::One, greater),
    global("_>_", "double, int -> bool", Cost::One, greater),
    global("_>_", "double, uint -> bool", Cost::One, greater),
    global("_>_", "string, string -> bool", Cost::Compare, greater),
    global("_>_", "bytes, bytes -> bool", Cost::Compare, greater),
    global("_>_", "timestamp, timestamp -> bool", Cost::One, greater),
    global("_>_", "duration, duration -> bool", Cost::One, greater),
    global("_>=_", "bool, bool -> bool", Cost::One, greater_or_equal),
    global("_>=_", "int, int -> bool", Cost::One, greater_or_equal),
    global("_>=_", "int, double -> bool", Cost::One, greater_or_equal),
    global("_>=_", "int, uint -> bool", Cost::One, greater_or_equal),
    global("_>=_", "uint, uint -> bool", Cost::One, greater_or_equal),
    global("_>=_", "uint, double -> bool", Cost::One, greater_or_equal),
    global("_>=_", "uint, int -> bool", Cost::One, greater_or_equal),
    global("_>=_", "double, double -> bool", Cost::One, greater_or_equal),
    global("_>=_", "double, int -> bool", Cost::One, greater_or_equal),
    global("_>=_", "double, uint -> bool", Cost::One, greater_or_equal),
    global("_>=_", "string, string -> bool", Cost::Compare, greater_or_equal),
    global("_>=_", "bytes, bytes -> bool", Cost::Compare, greater_or_equal),
    global("_>=_", "timestamp, timestamp -> bool", Cost::One, greater_or_equal),
    global("_>=_", "duration, duration -> bool", Cost::One, greater_or_equal),
    global("@in", "A, list<A> -> bool", Cost::Search, contained),
    global("@in", "A, map<A, B> -> bool", Cost::One, contained),
    global("_[_]", "list<A>, int -> A", Cost::Index, index),
    global("_[_]", "map<A, B>, A -> B", Cost::Index, index),
];

const INT: EvaluationError = EvaluationError::Overflow("integer");
const UINT: EvaluationError = EvaluationError::Overflow("unsigned integer");
const DURATION: EvaluationError = EvaluationError::Overflow("duration");
const TIMESTAMP: EvaluationError = EvaluationError::Overflow("timestamp");

fn add<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [left, right] = arguments else { return no_overload() };
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            left.checked_add(*right).map(Value::Int).ok_or(INT)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            left.checked_add(*right).map(Value::Uint).ok_or(UINT)
        }
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left + right)),
        (Value::String(left), Value::String(right)) => {
            check_length(left.len().saturating_add(right.len()))?;
            Ok(Value::string(format!("{}{}", &**left, &**right)))
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            Ok(Value::Bytes(left.iter().chain(right.iter()).copied().collect()))
        }
        (Value::List(left), Value::List(right)) => Ok(add_lists(left, right)),
        (Value::Duration(left), Value::Duration(right)) => {
            left.checked_add(*right).map(Value::Duration).ok_or(DURATION)
        }
        (Value::Timestamp(moment), Value::Duration(span))
        | (Value::Duration(span), Value::Timestamp(moment)) => {
            moment.later(*span).map(Value::Timestamp).ok_or(TIMESTAMP)
        }
        _ => no_overload(),
    }
}

/// A set takes each item once; a list with keys takes what the right has in place of what it had.
fn add_lists<'a>(left: &List<'a>, right: &List<'a>) -> Value<'a> {
    let keys: &[String] = match left.kind() {
        ListKind::Atomic => return Value::List(List::joined(left.clone(), right.clone())),
        ListKind::Set => &[],
        ListKind::Map(keys) => keys,
    };
    let mut items: Vec<Value<'a>> = left.iter().collect();
    let places = items.iter().enumerate().map(|(place, item)| (identity(item, keys), place));
    let mut places: BTreeMap<String, usize> = places.collect();
    for item in right.iter() {
        let next = items.len();
        let place = *places.entry(identity(&item, keys)).or_insert(next);
        if place == next {
            items.push(item);
        } else {
            items[place] = item;
        }
    }
    Value::list(items)
}

fn subtract<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [left, right] = arguments else { return no_overload() };
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            left.checked_sub(*right).map(Value::Int).ok_or(INT)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            left.checked_sub(*right).map(Value::Uint).ok_or(UINT)
        }
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left - right)),
        (Value::Duration(left), Value::Duration(right)) => {
            left.checked_sub(*right).map(Value::Duration).ok_or(DURATION)
        }
        (Value::Timestamp(moment), Value::Duration(span)) => {
            let earlier = span.checked_neg().and_then(|span| moment.later(span));
            earlier.map(Value::Timestamp).ok_or(TIMESTAMP)
        }
        (Value::Timestamp(left), Value::Timestamp(right)) => {
            let span = left.nanoseconds() - right.nanoseconds();
            i64::try_from(span).map(Value::Duration).map_err(|_| DURATION)
        }
        _ => no_overload(),
    }
}

fn multiply<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => {
            left.checked_mul(*right).map(Value::Int).ok_or(INT)
        }
        [Value::Uint(left), Value::Uint(right)] => {
            left.checked_mul(*right).map(Value::Uint).ok_or(UINT)
        }
        [Value::Double(left), Value::Double(right)] => Ok(Value::Double(left * right)),
        _ => no_overload(),
    }
}

fn divide<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(EvaluationError::DivisionByZero)
        }
        [Value::Int(left), Value::Int(right)] => {
            left.checked_div(*right).map(Value::Int).ok_or(INT)
        }
        [Value::Uint(left), Value::Uint(right)] => Ok(Value::Uint(left / right)),
        [Value::Double(left), Value::Double(right)] => Ok(Value::Double(left / right)),
        _ => no_overload(),
    }
}

fn remainder<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(EvaluationError::ModulusByZero)
        }
        [Value::Int(left), Value::Int(right)] => {
            left.checked_rem(*right).map(Value::Int).ok_or(INT)
        }
        [Value::Uint(left), Value::Uint(right)] => Ok(Value::Uint(left % right)),
        _ => no_overload(),
    }
}

fn negate<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Int(value)] => value.checked_neg().map(Value::Int).ok_or(INT),
        [Value::Double(value)] => Ok(Value::Double(-value)),
        _ => no_overload(),
    }
}

fn not<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Bool(value)] = arguments else { return no_overload() };
    Ok(Value::Bool(!value))
}

fn equal<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [left, right] = arguments else { return no_overload() };
    Ok(Value::Bool(equals(left, right)))
}

fn unequal<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [left, right] = arguments else { return no_overload() };
    Ok(Value::Bool(!equals(left, right)))
}

/// Nothing is true of what is not a number; what cannot be ordered by its type is refused.
fn ordered<'a>(arguments: &[Value<'a>], wanted: fn(Ordering) -> bool) -> Answer<'a> {
    let [left, right] = arguments else { return no_overload() };
    match compare(left, right) {
        Some(order) => Ok(Value::Bool(wanted(order))),
        None if matches!(left, Value::Double(_)) || matches!(right, Value::Double(_)) => {
            Ok(Value::Bool(false))
        }
        None => no_overload(),
    }
}

fn less<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    ordered(arguments, Ordering::is_lt)
}
fn less_or_equal<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    ordered(arguments, Ordering::is_le)
}
fn greater<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    ordered(arguments, Ordering::is_gt)
}
fn greater_or_equal<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    ordered(arguments, Ordering::is_ge)
}

fn contained<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [item, Value::List(list)] => Ok(Value::Bool(list.iter().any(|known| equals(&known, item)))),
        [key, Value::Map(map)] => {
            Ok(Value::Bool(Key::of(key).is_some_and(|key| map.get(&key).is_some())))
        }
        [Value::String(name), Value::Object(object)] => Ok(Value::Bool(object.get(name).is_some())),
        _ => no_overload(),
    }
}

fn index<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [container, key] = arguments else { return no_overload() };
    match container {
        Value::List(list) => {
            let position = position(key)?;
            let item = usize::try_from(position).ok().and_then(|index| list.get(index));
            item.ok_or_else(|| EvaluationError::OutOfBounds(position.to_string()))
        }
        Value::Map(map) => {
            let found = Key::of(key).and_then(|key| map.get(&key));
            found.ok_or_else(|| EvaluationError::NoSuchKey(key_text(key)))
        }
        Value::Object(object) => {
            let found = key.as_str().and_then(|name| object.get(name));
            found.ok_or_else(|| EvaluationError::NoSuchKey(key_text(key)))
        }
        _ => no_overload(),
    }
}

/// A whole number of any type.
pub(super) fn position(key: &Value<'_>) -> Result<i64, EvaluationError> {
    let position = match key {
        Value::Int(position) => Some(*position),
        Value::Uint(position) => i64::try_from(*position).ok(),
        #[expect(clippy::float_cmp, reason = "only exact numbers are positions")]
        Value::Double(double) => {
            let whole = double_to_int(*double).filter(|whole| int_to_double(*whole) == *double);
            let is_whole = whole.is_some()
                || double_to_uint(*double).is_some_and(|whole| uint_to_double(whole) == *double);
            if !is_whole {
                return failed(format!("unsupported index value: {double}"));
            }
            whole
        }
        _ => {
            return failed(format!(
                "unsupported index type '{}' in list",
                key.type_().runtime_name()
            ));
        }
    };
    position.ok_or_else(|| EvaluationError::OutOfBounds(key_text(key)))
}

/// A key as messages have it.
pub(crate) fn key_text(key: &Value<'_>) -> String {
    match key {
        Value::String(name) => name.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Double(number) => number.to_string(),
        other => other.type_().runtime_name().to_owned(),
    }
}
