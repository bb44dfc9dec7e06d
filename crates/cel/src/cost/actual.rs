//! What a call has cost.

use super::{AUTHORIZATION, Cost, pattern, scan};
use crate::value::{Opaque, Value, sizes};

const CODE_POINT_BYTES_MAX: usize = 4;

/// The cost of one call with these arguments.
pub(crate) fn actual(cost: Cost, arguments: &[Value<'_>]) -> u64 {
    let size = |index: usize| arguments.get(index).map_or(1, Value::size);
    match cost {
        // What is chosen between has been paid for.
        Cost::Logic | Cost::Choice => 0,
        Cost::One | Cost::Join | Cost::Index | Cost::Transparent => 1,
        Cost::Authorization => AUTHORIZATION,
        Cost::Concatenate => scan(size(0).saturating_add(size(1))),
        Cost::Compare => match arguments {
            [left, right] => scan(smaller(left, right)),
            _ => 1,
        },
        Cost::Search => size(1),
        Cost::Contains => scan(size(0)).saturating_mul(scan(size(1))),
        Cost::Encode
        | Cost::Decode
        | Cost::Affix
        | Cost::Rewrite
        | Cost::Quote
        | Cost::Read
        | Cost::Parse => scan(size(0)),
        Cost::Traverse => arguments.first().map_or(1, traverse),
        Cost::Replace | Cost::Split | Cost::ParseTwice => scan(size(0).saturating_mul(2)),
        Cost::JoinTexts => scan(joined(arguments).saturating_mul(2)),
        Cost::Match | Cost::Find => {
            scan(size(0).saturating_add(1)).saturating_mul(pattern(size(1)))
        }
        Cost::ContainsIp => scan(2 * size(0)),
        Cost::ContainsIpText => scan(2 * size(0)).saturating_add(scan(size(1))),
        Cost::ContainsCidr => scan(2 * size(0)) + scan(size(0)) + 1,
        Cost::ContainsCidrText => {
            (scan(2 * size(0)) + scan(size(0)) + 1).saturating_add(scan(size(1)))
        }
        Cost::Validate => {
            let Some(Value::Opaque(Opaque::Format(format))) = arguments.first() else { return 1 };
            scan(size(1).saturating_add(1)).saturating_mul(pattern(format.pattern_length))
        }
        Cost::Product(times) => {
            size(0).saturating_mul(size(1)).saturating_mul(times).saturating_add(1)
        }
    }
}

/// The smaller size. The longer text is not counted if it cannot be the one: a short text may be compared with a long one
/// very often.
fn smaller(left: &Value<'_>, right: &Value<'_>) -> u64 {
    if let (Value::String(left), Value::String(right)) = (left, right) {
        let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
        let count = short.chars().count();
        let is_surely_longer = long.len() / CODE_POINT_BYTES_MAX >= count;
        return sizes(if is_surely_longer { count } else { count.min(long.chars().count()) });
    }
    left.size().min(right.size())
}

/// How long the text will be that joins a list.
fn joined(arguments: &[Value<'_>]) -> u64 {
    let Some(Value::List(list)) = arguments.first() else { return 1 };
    let separators = sizes(list.len().saturating_sub(1));
    let separator = arguments.get(1).map_or(0, Value::size);
    let texts: u64 = list.iter().map(|item| item.size()).sum();
    texts.saturating_add(separators.saturating_mul(separator))
}

/// All that is inside.
fn traverse(value: &Value<'_>) -> u64 {
    match value {
        Value::String(text) => {
            u64::try_from(text.len()).unwrap_or(u64::MAX) / super::CODE_POINTS_PER_UNIT
        }
        Value::Bytes(bytes) => {
            u64::try_from(bytes.len()).unwrap_or(u64::MAX) / super::CODE_POINTS_PER_UNIT
        }
        Value::List(list) => list.iter().map(|item| traverse(&item)).sum(),
        Value::Map(map) => {
            map.entries().iter().map(|(key, value)| traverse(&key.value()) + traverse(value)).sum()
        }
        Value::Object(object) => object.fields().iter().map(|(_, value)| traverse(value)).sum(),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Optional(_)
        | Value::Type(_)
        | Value::Opaque(_) => 1,
    }
}
