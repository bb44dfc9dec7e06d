//! Numbers of different types: conversions that do not lose more than they say, and one order for all of them.

use std::cmp::Ordering;

/// The smallest double that is too large for a signed number.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
/// The smallest double that is too large for an unsigned number.
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// The nearest double.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "the nearest is meant")]
pub(crate) const fn int_to_double(number: i64) -> f64 {
    number as f64
}

/// The nearest double.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "the nearest is meant")]
pub(crate) const fn uint_to_double(number: u64) -> f64 {
    number as f64
}

/// Without its fraction; `None` if it does not fit.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "it is in range")]
pub(crate) fn double_to_int(number: f64) -> Option<i64> {
    // The bound below is excluded as in the reference.
    (number > -TWO_TO_63 && number < TWO_TO_63).then_some(number as i64)
}

/// Without its fraction; `None` if it does not fit.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is in range"
)]
pub(crate) fn double_to_uint(number: f64) -> Option<u64> {
    (0.0..TWO_TO_64).contains(&number).then_some(number as u64)
}

/// A length as a size.
pub(crate) fn sizes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A number of one of the three types.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Int(i64),
    Uint(u64),
    Double(f64),
}

/// Whole numbers are compared exactly, with doubles as doubles. `None` if one is not a number.
pub(crate) fn number_order(left: Number, right: Number) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        return Some(left.cmp(&right));
    }
    double(left).partial_cmp(&double(right))
}

fn whole(number: Number) -> Option<i128> {
    match number {
        Number::Int(number) => Some(i128::from(number)),
        Number::Uint(number) => Some(i128::from(number)),
        Number::Double(_) => None,
    }
}

const fn double(number: Number) -> f64 {
    match number {
        Number::Int(number) => int_to_double(number),
        Number::Uint(number) => uint_to_double(number),
        Number::Double(number) => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_types_have_one_order() {
        let rows = [
            (Number::Int(1), Number::Double(1.0), Some(Ordering::Equal)),
            (Number::Int(1), Number::Double(1.5), Some(Ordering::Less)),
            (Number::Int(-1), Number::Double(-1.5), Some(Ordering::Greater)),
            (Number::Int(-1), Number::Uint(0), Some(Ordering::Less)),
            (Number::Uint(u64::MAX), Number::Int(-1), Some(Ordering::Greater)),
            (Number::Int(i64::MAX), Number::Double(TWO_TO_63), Some(Ordering::Equal)),
            (Number::Int(i64::MIN), Number::Double(f64::NEG_INFINITY), Some(Ordering::Greater)),
            (Number::Int(0), Number::Double(f64::NAN), None),
        ];
        for (left, right, expected) in rows {
            assert_eq!(number_order(left, right), expected);
            assert_eq!(number_order(right, left), expected.map(Ordering::reverse));
        }
    }
}
