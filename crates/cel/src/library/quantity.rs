//! Amounts of resources.

use meta::quantity::{Format, Quantity};

use super::{
    Answer, Row, global, member,
    order::{compare_to, is_greater, is_less, ordering},
};
use crate::{
    cost::Cost,
    error::{failed, no_overload},
    value::{Opaque, Value, int_to_double},
};

pub(super) const ROWS: &[Row] = &[
    global("quantity", "string -> kubernetes.Quantity", Cost::Parse, quantity),
    global("isQuantity", "string -> bool", Cost::Parse, is_quantity),
    member("sign", "kubernetes.Quantity -> int", Cost::One, sign),
    member("isInteger", "kubernetes.Quantity -> bool", Cost::One, is_integer),
    member("asInteger", "kubernetes.Quantity -> int", Cost::One, as_integer),
    member("asApproximateFloat", "kubernetes.Quantity -> double", Cost::One, as_float),
    member(
        "isGreaterThan",
        "kubernetes.Quantity, kubernetes.Quantity -> bool",
        Cost::One,
        is_greater,
    ),
    member("isLessThan", "kubernetes.Quantity, kubernetes.Quantity -> bool", Cost::One, is_less),
    member("compareTo", "kubernetes.Quantity, kubernetes.Quantity -> int", Cost::One, compare_to),
    member(
        "add",
        "kubernetes.Quantity, kubernetes.Quantity -> kubernetes.Quantity",
        Cost::One,
        add,
    ),
    member("add", "kubernetes.Quantity, int -> kubernetes.Quantity", Cost::One, add),
    member(
        "sub",
        "kubernetes.Quantity, kubernetes.Quantity -> kubernetes.Quantity",
        Cost::One,
        sub,
    ),
    member("sub", "kubernetes.Quantity, int -> kubernetes.Quantity", Cost::One, sub),
];

const NANOS: f64 = 1e9;

fn quantity<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    match text.parse() {
        Ok(amount) => Ok(Value::Opaque(Opaque::Quantity(amount))),
        Err(why) => failed(format!("{why}")),
    }
}

fn is_quantity<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    Ok(Value::Bool(text.parse::<Quantity>().is_ok()))
}

fn sign<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Quantity(amount))] = arguments else { return no_overload() };
    Ok(ordering(amount.cmp(&Quantity::ZERO)))
}

/// Whole units, if it has no fraction and fits.
fn whole(amount: &Quantity) -> Option<i64> {
    // The largest amount stands for all that are larger.
    amount.is_whole().then(|| amount.units()).filter(|units| units.unsigned_abs() < u64::MAX / 2)
}

fn is_integer<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Quantity(amount))] = arguments else { return no_overload() };
    Ok(Value::Bool(whole(amount).is_some()))
}

fn as_integer<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Quantity(amount))] = arguments else { return no_overload() };
    whole(amount)
        .map_or_else(|| failed("cannot convert value to integer"), |units| Ok(Value::Int(units)))
}

fn as_float<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Quantity(amount))] = arguments else { return no_overload() };
    if let Some(units) = whole(amount) {
        return Ok(Value::Double(int_to_double(units)));
    }
    // A fraction has at most nine decimals: it is what is left above the units below it.
    let above = amount.units();
    let units = if amount.is_negative() { above + 1 } else { above - 1 };
    let fraction = *amount - Quantity::from_units(units, Format::DecimalSi);
    let nanos = nanos(fraction);
    Ok(Value::Double(int_to_double(units) + int_to_double(nanos) / NANOS))
}

/// Of an amount below one.
fn nanos(mut fraction: Quantity) -> i64 {
    let mut nanos = 0;
    for _ in 0..3 {
        // Thousandths are rounded away from zero: the whole ones are wanted.
        let mut millis = fraction.millis();
        if Quantity::from_millis(millis, Format::DecimalSi) != fraction {
            millis -= millis.signum();
        }
        nanos = nanos * 1000 + millis;
        fraction -= Quantity::from_millis(millis, Format::DecimalSi);
        fraction = (0..1000).map(|_| fraction).sum();
    }
    nanos
}

fn operand(value: &Value<'_>) -> Option<Quantity> {
    match value {
        Value::Opaque(Opaque::Quantity(amount)) => Some(*amount),
        Value::Int(units) => Some(Quantity::from_units(*units, Format::DecimalSi)),
        _ => None,
    }
}

fn add<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [left, right] = arguments else { return no_overload() };
    let (Some(left), Some(right)) = (operand(left), operand(right)) else { return no_overload() };
    Ok(Value::Opaque(Opaque::Quantity(left + right)))
}

fn sub<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [left, right] = arguments else { return no_overload() };
    let (Some(left), Some(right)) = (operand(left), operand(right)) else { return no_overload() };
    Ok(Value::Opaque(Opaque::Quantity(left - right)))
}
