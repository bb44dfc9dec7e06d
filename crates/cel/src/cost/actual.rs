//! What a call has cost.

use super::{AUTHORIZATION, Cost, pattern, scan};
use crate::value::{Opaque, Value};

/// The cost of one call with these arguments.
pub(crate) fn actual(cost: Cost, arguments: &[Value<'_>], result: &Value<'_>) -> u64 {
    let size = |index: usize| arguments.get(index).map_or(1, Value::size);
    match cost {
        // What is chosen between has been paid for.
        Cost::Logic | Cost::Choice => 0,
        Cost::One | Cost::Join | Cost::Index | Cost::Transparent => 1,
        Cost::Authorization => AUTHORIZATION,
        Cost::Concatenate => scan(size(0).saturating_add(size(1))),
        Cost::Compare => scan(size(0).min(size(1))),
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
        Cost::JoinTexts => scan(result.size().saturating_mul(2)),
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
