//! Amounts of resources: `100m`, `1.5Gi`, `2e3`, exact and printed in canonical form.

use std::{cmp::Ordering, fmt, iter::Sum, ops, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount with nine decimals. Equality and order look at the amount alone, so `1000m` equals `1`;
/// the way of writing is kept for printing.
#[derive(Clone, Copy, Default)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

/// Which suffixes an amount is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `m`, none, `k`, `M`, …
    #[default]
    DecimalSi,
    /// `Ki`, `Mi`, …
    BinarySi,
    /// `e3`, `e6`, …
    DecimalExponent,
}

/// Why a text is no quantity; the messages are those that clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuantity {
    /// Not a number with a suffix.
    #[error(
        "quantities must match the regular expression \
         '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )]
    Format,
    /// The number has no digits.
    #[error("unable to parse numeric part of quantity")]
    Number,
    /// No such suffix.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

const NANOS: i128 = 1_000_000_000;
const NANOS_PER_MILLI: i128 = 1_000_000;
/// No amount is larger: 2^63 - 1 whole units.
const NANOS_MAX: i128 = ((1 << 63) - 1) * NANOS;

const DECIMAL_SUFFIXES: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY_SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nanos: 0, format: Format::DecimalSi };

    /// Whole units.
    pub fn from_units(units: i64, format: Format) -> Self {
        Self { nanos: i128::from(units) * NANOS, format }
    }
    /// Thousandths.
    pub fn from_millis(millis: i64, format: Format) -> Self {
        Self { nanos: i128::from(millis) * NANOS_PER_MILLI, format }
    }
    /// Whole units, fractions rounded away from zero.
    pub fn units(&self) -> i64 {
        saturate(divide_away_from_zero(self.nanos, NANOS))
    }
    /// Thousandths, fractions rounded away from zero.
    pub fn millis(&self) -> i64 {
        saturate(divide_away_from_zero(self.nanos, NANOS_PER_MILLI))
    }
    /// Whether it has no fraction.
    pub const fn is_whole(&self) -> bool {
        self.nanos % NANOS == 0
    }
    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.nanos == 0
    }
    /// Whether it is less than nothing.
    pub const fn is_negative(&self) -> bool {
        self.nanos < 0
    }
    /// How it is written.
    pub const fn format(&self) -> Format {
        self.format
    }
    /// The same with at most three decimals, rounded away from zero: what the API stores.
    #[must_use]
    pub const fn round_to_millis(self) -> Self {
        let nanos = divide_away_from_zero(self.nanos, NANOS_PER_MILLI) * NANOS_PER_MILLI;
        Self { nanos, format: self.format }
    }

    fn combine(self, other: Self, nanos: i128) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nanos: nanos.clamp(-NANOS_MAX, NANOS_MAX), format }
    }

    fn is_shown_binary(&self) -> bool {
        let small = self.nanos.abs() < 1024 * NANOS;
        self.format == Format::BinarySi && self.is_whole() && !small
    }
}

const fn divide_away_from_zero(number: i128, divisor: i128) -> i128 {
    let quotient = number / divisor;
    if number % divisor == 0 { quotient } else { quotient + number.signum() }
}

fn saturate(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}
impl Eq for Quantity {}
impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}
impl ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.combine(other, self.nanos + other.nanos)
    }
}
impl ops::Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.combine(other, self.nanos - other.nanos)
    }
}
impl ops::AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl ops::SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, ops::Add::add)
    }
}

impl FromStr for Quantity {
    type Err = InvalidQuantity;
    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let number_length =
            unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(number_length);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.is_empty() || fraction.contains('.') || !is_suffix(suffix) {
            return Err(InvalidQuantity::Format);
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err(InvalidQuantity::Number);
        }
        let scale = parse_suffix(suffix)?;
        let magnitude = scaled_nanos(whole, fraction, scale.factor).unwrap_or(NANOS_MAX);
        let nanos = magnitude.min(NANOS_MAX);
        Ok(Self { nanos: if negative { -nanos } else { nanos }, format: scale.format })
    }
}

struct Scale {
    format: Format,
    factor: Factor,
}

enum Factor {
    PowerOfTen(i32),
    PowerOfTwo(u32),
}

/// Letters, then a sign, then digits, each optional.
fn is_suffix(suffix: &str) -> bool {
    let rest = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let digits = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_suffix(suffix: &str) -> Result<Scale, InvalidQuantity> {
    if let Some((_, power)) = DECIMAL_SUFFIXES.iter().find(|(known, _)| *known == suffix) {
        return Ok(Scale { format: Format::DecimalSi, factor: Factor::PowerOfTen(*power) });
    }
    let binary = (0..).step_by(10).zip(BINARY_SUFFIXES).find(|(_, known)| *known == suffix);
    if let Some((power, _)) = binary {
        return Ok(Scale { format: Format::BinarySi, factor: Factor::PowerOfTwo(power) });
    }
    let exponent = suffix.strip_prefix(['e', 'E']).and_then(|digits| digits.parse().ok());
    let power = exponent.ok_or(InvalidQuantity::Suffix)?;
    Ok(Scale { format: Format::DecimalExponent, factor: Factor::PowerOfTen(power) })
}

/// `whole.fraction` times the factor, in nanos, rounded up. `None` if it does not fit.
fn scaled_nanos(whole: &str, fraction: &str, factor: Factor) -> Option<i128> {
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let number: i128 = significant.parse().ok()?;
    let decimals = i32::try_from(fraction.len()).ok()?;
    match factor {
        Factor::PowerOfTen(power) => {
            times_power_of_ten(number, power.checked_sub(decimals)?.checked_add(9)?)
        }
        Factor::PowerOfTwo(power) => {
            times_power_of_ten(number.checked_mul(1_i128.checked_shl(power)?)?, 9 - decimals)
        }
    }
}

fn times_power_of_ten(number: i128, power: i32) -> Option<i128> {
    let factor = 10_i128.checked_pow(power.unsigned_abs());
    if power >= 0 {
        return number.checked_mul(factor?);
    }
    // A divisor that does not fit leaves the smallest amount there is.
    Some(factor.map_or(1, |divisor| divide_away_from_zero(number, divisor)))
}

/// Canonical: the largest suffix that leaves a whole number.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        if self.is_shown_binary() {
            let (number, steps) = without_factor(self.nanos / NANOS, 1024, BINARY_SUFFIXES.len());
            return write!(f, "{number}{}", BINARY_SUFFIXES[steps]);
        }
        let (number, steps) = without_factor(self.nanos, 1000, DECIMAL_SUFFIXES.len());
        let (suffix, power) = DECIMAL_SUFFIXES[steps];
        if self.format == Format::DecimalExponent && power != 0 {
            return write!(f, "{number}e{power}");
        }
        write!(f, "{number}{suffix}")
    }
}

/// Divides as often as it goes without rest, less than `limit` times.
fn without_factor(mut number: i128, factor: i128, limit: usize) -> (i128, usize) {
    let mut steps = 0;
    while steps + 1 < limit && number % factor == 0 {
        number /= factor;
        steps += 1;
    }
    (number, steps)
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        text.parse::<Quantity>().map_or_else(|error| error.to_string(), |amount| amount.to_string())
    }

    #[test]
    fn prints_the_largest_suffix_that_leaves_a_whole_number() {
        let rows = [
            ("0", "0"),
            ("0Gi", "0"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("+1.50", "1500m"),
            ("-1000", "-1k"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1023", "1023"),
            ("0.5Ki", "512"),
            ("0.1Ki", "102400m"),
            ("2048", "2048"),
            ("1e3", "1e3"),
            ("12e4", "120e3"),
            ("1E", "1E"),
            ("1E3", "1e3"),
            ("100000u", "100m"),
            ("1n", "1n"),
            ("0.0000000001", "1n"),
            ("99999999999999999999", "9223372036854775807"),
            ("007", "7"),
        ];
        for (text, expected) in rows {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_text() {
        for text in ["", "many", "1.2.3", "1 ", " 1", "1Zi"] {
            assert_eq!(text.parse::<Quantity>(), Err(InvalidQuantity::Format), "{text}");
        }
        assert_eq!("1kk".parse::<Quantity>(), Err(InvalidQuantity::Suffix));
        assert_eq!(".".parse::<Quantity>(), Err(InvalidQuantity::Number));
    }

    #[test]
    fn fractions_count_as_a_whole_more() {
        let amount: Quantity = "1500500u".parse().expect("valid");
        assert_eq!((amount.units(), amount.millis()), (2, 1501));
        assert_eq!(amount.round_to_millis().to_string(), "1501m");
        let amount: Quantity = "-1500500u".parse().expect("valid");
        assert_eq!((amount.units(), amount.millis()), (-2, -1501));
    }

    #[test]
    fn a_sum_is_written_like_its_first_amount() {
        let [mebi, milli]: [Quantity; 2] = ["1Mi", "500m"].map(|text| text.parse().expect("valid"));
        assert_eq!((mebi + mebi).to_string(), "2Mi");
        assert_eq!((Quantity::ZERO + mebi).to_string(), "1Mi");
        assert_eq!((milli + mebi - mebi).to_string(), "500m");
        assert_eq!([milli, milli].into_iter().sum::<Quantity>().to_string(), "1");
    }

    #[test]
    fn json_may_hold_a_number() {
        assert_eq!(serde_json::from_str::<Quantity>("0.5").expect("valid").to_string(), "500m");
        assert_eq!(serde_json::to_string(&Quantity::ZERO).expect("valid"), "\"0\"");
    }

    proptest! {
        #[test]
        fn canonical_text_means_the_same_and_stays(
            number in "[0-9]{1,12}(\\.[0-9]{1,4})?",
            suffix in "n|u|m||k|M|G|Ki|Mi|Gi|e3|e-3",
        ) {
            let amount: Quantity = format!("{number}{suffix}").parse().expect("valid");
            let again: Quantity = amount.to_string().parse().expect("canonical text is valid");
            prop_assert_eq!(amount, again);
            prop_assert_eq!(amount.to_string(), again.to_string());
        }

        #[test]
        fn adding_and_taking_away_changes_nothing(left in -1_000_000_i64.., right in 0_i64..1 << 40) {
            let left = Quantity::from_millis(left >> 20, Format::DecimalSi);
            let right = Quantity::from_units(right, Format::BinarySi);
            prop_assert_eq!(left + right - right, left);
            prop_assert!(left + right >= left);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,12}") {
            let _ = text.parse::<Quantity>();
        }
    }
}
