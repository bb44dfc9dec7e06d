//! Numbers: bounds and multiples, and how the reference tells numbers apart.

use serde_json::{Number, Value};

use super::{Checked, Kind, Problem, Schema};

/// A quotient this near to a whole number is one: decimals have no exact form.
const NEARNESS: f64 = 1e-9;

/// All that is wrong with a number.
pub(super) fn check(schema: &Schema, path: &str, number: &Number) -> Checked {
    let value = number.as_f64().unwrap_or(f64::NAN);
    let mut checked = Checked::default();
    if let Some(wanted) = unfit(schema, number) {
        checked.add(Checked::failed(Problem::out_of_range(path, wanted)));
    }
    let mut fail = |text: String| {
        let problem = Problem::invalid(path, Value::Number(number.clone()), &text);
        checked.add(Checked::failed(problem));
    };
    if let Some(factor) = schema.multiple_of.filter(|factor| *factor > 0.0) {
        let quotient = value / factor;
        if (quotient - quotient.round()).abs() > NEARNESS {
            fail(format!("should be a multiple of {}", written(factor, number)));
        }
    }
    if let Some(min) = schema.minimum {
        if min.is_exclusive && value <= min.at {
            fail(format!("should be greater than {}", written(min.at, number)));
        } else if !min.is_exclusive && value < min.at {
            fail(format!("should be greater than or equal to {}", written(min.at, number)));
        }
    }
    if let Some(max) = schema.maximum {
        if max.is_exclusive && value >= max.at {
            fail(format!("should be less than {}", written(max.at, number)));
        } else if !max.is_exclusive && value > max.at {
            fail(format!("should be less than or equal to {}", written(max.at, number)));
        }
    }
    checked.pass();
    checked
}

/// The type that does not hold a number; `None` if it does.
fn unfit(schema: &Schema, number: &Number) -> Option<&'static str> {
    if schema.kind != Some(Kind::Integer) {
        return None;
    }
    let value = number.as_f64().unwrap_or(f64::NAN);
    let is_whole = value.fract() == 0.0;
    if schema.format == "int32" {
        let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
        return (!is_whole || !range.contains(&value)).then_some("integer with format int32");
    }
    (!is_whole).then_some("integer (default format)")
}

/// A limit next to a number: next to a whole number its own fraction is cut off.
fn written(limit: f64, beside: &Number) -> String {
    if beside.is_f64() { limit.to_string() } else { limit.trunc().to_string() }
}

/// The format that the reference thinks a value has.
pub(super) fn format_of(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => "",
    }
}

/// Equal as JSON, where `1` and `1.0` are the same number.
pub(super) fn is_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64()
        }
        _ => left == right,
    }
}
