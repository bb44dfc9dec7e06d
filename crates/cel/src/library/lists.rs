//! Functions on lists that only Kubernetes has.

use std::cmp::Ordering;

use super::{Answer, Row, member};
use crate::{
    cost::Cost,
    error::{EvaluationError, failed, no_overload},
    value::{List, Value, compare, equals},
};

pub(super) const ROWS: &[Row] = &[
    member("isSorted", "list<int> -> bool", Cost::Traverse, is_sorted),
    member("isSorted", "list<uint> -> bool", Cost::Traverse, is_sorted),
    member("isSorted", "list<double> -> bool", Cost::Traverse, is_sorted),
    member("isSorted", "list<bool> -> bool", Cost::Traverse, is_sorted),
    member("isSorted", "list<duration> -> bool", Cost::Traverse, is_sorted),
    member("isSorted", "list<timestamp> -> bool", Cost::Traverse, is_sorted),
    member("isSorted", "list<string> -> bool", Cost::Traverse, is_sorted),
    member("isSorted", "list<bytes> -> bool", Cost::Traverse, is_sorted),
    member("sum", "list<int> -> int", Cost::Traverse, sum_int),
    member("sum", "list<uint> -> uint", Cost::Traverse, sum_uint),
    member("sum", "list<double> -> double", Cost::Traverse, sum_double),
    member("sum", "list<duration> -> duration", Cost::Traverse, sum_duration),
    member("max", "list<int> -> int", Cost::Traverse, max),
    member("max", "list<uint> -> uint", Cost::Traverse, max),
    member("max", "list<double> -> double", Cost::Traverse, max),
    member("max", "list<bool> -> bool", Cost::Traverse, max),
    member("max", "list<duration> -> duration", Cost::Traverse, max),
    member("max", "list<timestamp> -> timestamp", Cost::Traverse, max),
    member("max", "list<string> -> string", Cost::Traverse, max),
    member("max", "list<bytes> -> bytes", Cost::Traverse, max),
    member("min", "list<int> -> int", Cost::Traverse, min),
    member("min", "list<uint> -> uint", Cost::Traverse, min),
    member("min", "list<double> -> double", Cost::Traverse, min),
    member("min", "list<bool> -> bool", Cost::Traverse, min),
    member("min", "list<duration> -> duration", Cost::Traverse, min),
    member("min", "list<timestamp> -> timestamp", Cost::Traverse, min),
    member("min", "list<string> -> string", Cost::Traverse, min),
    member("min", "list<bytes> -> bytes", Cost::Traverse, min),
    member("indexOf", "list<A>, A -> int", Cost::Traverse, index_of),
    member("lastIndexOf", "list<A>, A -> int", Cost::Traverse, last_index_of),
];

fn list<'v, 'a>(arguments: &'v [Value<'a>]) -> Result<&'v List<'a>, EvaluationError> {
    if let Some(Value::List(list)) = arguments.first() { Ok(list) } else { no_overload() }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Result<Ordering, EvaluationError> {
    compare(left, right).ok_or(EvaluationError::NoSuchOverload)
}

fn is_sorted<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let mut last: Option<Value<'a>> = None;
    for item in list(arguments)?.iter() {
        if let Some(last) = &last
            && order(last, &item)?.is_gt()
        {
            return Ok(Value::Bool(false));
        }
        last = Some(item);
    }
    Ok(Value::Bool(true))
}

/// An empty list sums to nothing of its type, which only the signature knows.
fn sum<'a>(arguments: &[Value<'a>], nothing: Value<'a>) -> Answer<'a> {
    let mut total = nothing;
    for item in list(arguments)?.iter() {
        total = match (&total, &item) {
            (Value::Int(total), Value::Int(item)) => {
                Value::Int(total.checked_add(*item).ok_or(EvaluationError::Overflow("integer"))?)
            }
            (Value::Uint(total), Value::Uint(item)) => {
                let overflow = EvaluationError::Overflow("unsigned integer");
                Value::Uint(total.checked_add(*item).ok_or(overflow)?)
            }
            (Value::Double(total), Value::Double(item)) => Value::Double(total + item),
            (Value::Duration(total), Value::Duration(item)) => {
                let overflow = EvaluationError::Overflow("duration");
                Value::Duration(total.checked_add(*item).ok_or(overflow)?)
            }
            // A list of unknown type is tried as each: what does not fit is another one's.
            (_, other) => return sum_of_other(arguments, other),
        };
    }
    Ok(total)
}

/// The sum of a list whose first item tells its type.
fn sum_of_other<'a>(arguments: &[Value<'a>], item: &Value<'a>) -> Answer<'a> {
    let first = list(arguments)?.get(0);
    let is_first = first.as_ref().is_some_and(|first| first.type_() == item.type_());
    if !is_first {
        return no_overload();
    }
    match item {
        Value::Uint(_) => sum(arguments, Value::Uint(0)),
        Value::Double(_) => sum(arguments, Value::Double(0.0)),
        Value::Duration(_) => sum(arguments, Value::Duration(0)),
        _ => no_overload(),
    }
}

fn sum_int<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    sum(arguments, Value::Int(0))
}
fn sum_uint<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    sum(arguments, Value::Uint(0))
}
fn sum_double<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    sum(arguments, Value::Double(0.0))
}
fn sum_duration<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    sum(arguments, Value::Duration(0))
}

fn best<'a>(arguments: &[Value<'a>], name: &str, wanted: Ordering) -> Answer<'a> {
    let mut best: Option<Value<'a>> = None;
    for item in list(arguments)?.iter() {
        let is_better = match &best {
            None => true,
            Some(best) => order(&item, best)? == wanted,
        };
        if is_better {
            best = Some(item);
        }
    }
    best.map_or_else(|| failed(format!("{name} called on empty list")), Ok)
}

fn max<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    best(arguments, "max", Ordering::Greater)
}
fn min<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    best(arguments, "min", Ordering::Less)
}

fn index_of<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), item] = arguments else { return no_overload() };
    Ok(found(list.iter().position(|known| equals(&known, item))))
}
fn last_index_of<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), item] = arguments else { return no_overload() };
    let places = list.iter().enumerate().filter(|(_, known)| equals(known, item));
    Ok(found(places.map(|(index, _)| index).last()))
}

fn found<'a>(index: Option<usize>) -> Value<'a> {
    Value::Int(index.and_then(|index| i64::try_from(index).ok()).unwrap_or(-1))
}
