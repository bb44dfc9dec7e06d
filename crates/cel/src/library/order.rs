//! The order of amounts and of versions, for the functions by which expressions ask for it.

use std::cmp::Ordering;

use super::Answer;
use crate::{
    error::no_overload,
    value::{Opaque, Value},
};

pub(super) fn is_greater<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    compared(arguments).map_or_else(no_overload, |order| Ok(Value::Bool(order.is_gt())))
}

pub(super) fn is_less<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    compared(arguments).map_or_else(no_overload, |order| Ok(Value::Bool(order.is_lt())))
}

pub(super) fn compare_to<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    compared(arguments).map_or_else(no_overload, |order| Ok(ordering(order)))
}

/// An order as a number.
pub(super) fn ordering<'a>(order: Ordering) -> Value<'a> {
    Value::Int(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// `None` if they are not two of one kind that has an order.
fn compared(arguments: &[Value<'_>]) -> Option<Ordering> {
    let [Value::Opaque(left), Value::Opaque(right)] = arguments else { return None };
    match (left, right) {
        (Opaque::Quantity(left), Opaque::Quantity(right)) => Some(left.cmp(right)),
        (Opaque::Semver(left), Opaque::Semver(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
