//! The step between whole numbers and ratios: ratios are approximate in the reference, and where it
//! rounds decides how many pods there are.

/// A whole number as a ratio's part.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "amounts below 2^53 thousandths are exact, larger ones need no exactness"
)]
pub(crate) const fn float(number: i64) -> f64 {
    number as f64
}

/// The next whole number above; what does not fit is the largest number, what is no number is zero.
pub(crate) fn ceil(number: f64) -> i32 {
    truncate(number.ceil())
}

/// Without its fraction; what does not fit is the largest number, what is no number is zero.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the conversion saturates, which is what is wanted"
)]
pub(crate) const fn truncate(number: f64) -> i32 {
    number as i32
}

/// As [`ceil`], for amounts.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the conversion saturates, which is what is wanted"
)]
pub(crate) fn ceil_amount(number: f64) -> i64 {
    number.ceil() as i64
}
