//! Lists as sets.

use super::{Answer, Row, global};
use crate::{
    cost::Cost,
    error::no_overload,
    value::{List, Value, equals},
};

pub(super) const ROWS: &[Row] = &[
    global("sets.contains", "list<A>, list<A> -> bool", Cost::Product(1), contains),
    global("sets.equivalent", "list<A>, list<A> -> bool", Cost::Product(2), equivalent),
    global("sets.intersects", "list<A>, list<A> -> bool", Cost::Product(1), intersects),
];

fn has(list: &List<'_>, item: &Value<'_>) -> bool {
    list.iter().any(|known| equals(&known, item))
}
fn has_all(list: &List<'_>, items: &List<'_>) -> bool {
    items.iter().all(|item| has(list, &item))
}

fn contains<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(left), Value::List(right)] = arguments else { return no_overload() };
    Ok(Value::Bool(has_all(left, right)))
}
fn equivalent<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(left), Value::List(right)] = arguments else { return no_overload() };
    Ok(Value::Bool(has_all(left, right) && has_all(right, left)))
}
fn intersects<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(left), Value::List(right)] = arguments else { return no_overload() };
    Ok(Value::Bool(left.iter().any(|item| has(right, &item))))
}
