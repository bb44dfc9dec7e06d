//! Checks of single values that many kinds use.

use meta::names::{self, Messages};
use serde_json::Value;

use super::{Errors, FieldError, Path};
use crate::json;

pub const NONNEGATIVE: &str = "must be greater than or equal to 0";
pub const IMMUTABLE: &str = "field is immutable";
const PORT: &str = "must be between 1 and 65535, inclusive";
const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. \
    '1%',  or '93%', regex used for validation is '[0-9]+%')";

/// One error for each message about a text.
pub fn texts(path: &Path<'_>, value: &str, messages: Messages, errors: &mut Errors) {
    errors.extend(messages.into_iter().map(|text| FieldError::invalid(path, value, text)));
}

/// Asks for a text; whether it is there.
pub fn required(path: &Path<'_>, value: &str, errors: &mut Errors) -> bool {
    if value.is_empty() {
        errors.push(FieldError::required(path, ""));
    }
    !value.is_empty()
}

/// A text that is there has to be one of the known ones.
pub fn one_of(path: &Path<'_>, value: &str, known: &[&str], errors: &mut Errors) {
    if !value.is_empty() && !known.contains(&value) {
        errors.push(FieldError::not_supported(path, value, known));
    }
}

/// Numbers of an object that may not be below zero, if they are there.
pub fn nonnegative(path: &Path<'_>, object: &Value, fields: &[&str], errors: &mut Errors) {
    for field in fields {
        if let Some(number) = json::number(object, field).filter(|number| *number < 0) {
            errors.push(FieldError::invalid(&path.child(field), number, NONNEGATIVE));
        }
    }
}

/// A port's number.
pub fn port(path: &Path<'_>, number: i64, errors: &mut Errors) {
    if !(1..=65535).contains(&number) {
        errors.push(FieldError::invalid(path, number, PORT));
    }
}

/// A port's number or name.
pub fn port_or_name(path: &Path<'_>, value: &Value, errors: &mut Errors) {
    match (value.as_i64(), value.as_str()) {
        (Some(number), _) => port(path, number, errors),
        (None, name) => {
            let name = name.unwrap_or_default();
            texts(path, name, names::port_name(name), errors);
        }
    }
}

/// A number that is not negative, or a percentage.
pub fn count_or_percent(path: &Path<'_>, value: &Value, errors: &mut Errors) {
    if let Some(number) = value.as_i64() {
        if number < 0 {
            errors.push(FieldError::invalid(path, number, NONNEGATIVE));
        }
        return;
    }
    let text = value.as_str().unwrap_or_default();
    if percent(text).is_none() {
        errors.push(FieldError::invalid(path, text, PERCENT));
    }
}

/// The number before the sign.
pub fn percent(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('%').filter(|digits| !digits.is_empty())?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().unwrap_or(i64::MAX))
}

/// A percentage that may not be above one hundred.
pub fn percent_at_most_hundred(path: &Path<'_>, value: &Value, errors: &mut Errors) {
    let above = value.as_str().and_then(percent).is_some_and(|percent| percent > 100);
    if above {
        errors.push(FieldError::invalid(path, value, "must not be greater than 100%"));
    }
}

/// A field that may not differ from what is stored.
pub fn immutable(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    if new != old {
        errors.push(FieldError::invalid(path, new, IMMUTABLE));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_percentage_is_digits_and_a_sign() {
        let rows = [("25%", Some(25)), ("%", None), ("5", None), ("-1%", None), ("1.5%", None)];
        for (text, expected) in rows {
            assert_eq!(percent(text), expected, "{text}");
        }
    }

    #[test]
    fn a_bound_is_a_count_or_a_percentage() {
        let rows = [
            (json!(0), ""),
            (json!(-1), "p: Invalid value: -1: must be greater than or equal to 0"),
            (json!("10%"), ""),
            (json!("5"), "p: Invalid value: \"5\": a valid percent string must be"),
        ];
        for (value, expected) in rows {
            let mut errors = Errors::new();
            count_or_percent(&Path::new("p"), &value, &mut errors);
            let text = errors.first().map(ToString::to_string).unwrap_or_default();
            assert!(text.starts_with(expected) && text.is_empty() == expected.is_empty(), "{text}");
        }
    }
}
