//! Values that are not made of fields: their checks, and the form they are written in.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use meta::quantity::Quantity;
use serde_json::{Number, Value};

use super::{
    error::DecodeError,
    time::{Precision, normalise},
};
use crate::catalog::Scalar;

/// Base64 as Go reads it: padded, spare bits ignored.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// What a field of this type holds if nothing sets it.
pub(super) fn zero(scalar: Scalar) -> Value {
    match scalar {
        Scalar::String => Value::String(String::new()),
        Scalar::Bool => Value::Bool(false),
        Scalar::Int32 | Scalar::Int64 | Scalar::Double | Scalar::IntOrString => Value::from(0),
        Scalar::Quantity => Value::String("0".to_owned()),
        Scalar::Bytes
        | Scalar::Any
        | Scalar::FieldsV1
        | Scalar::Json
        | Scalar::MicroTime
        | Scalar::Raw
        | Scalar::Time => Value::Null,
    }
}

/// Whether Go's `omitempty` leaves the value of a non-pointer out.
pub(super) fn is_empty(scalar: Scalar, value: &Value) -> bool {
    match scalar {
        Scalar::String | Scalar::Bytes => value.as_str().is_none_or(str::is_empty),
        Scalar::Bool => *value == Value::Bool(false),
        Scalar::Int32 | Scalar::Int64 | Scalar::Double => value.as_f64() == Some(0.0),
        Scalar::Any => value.is_null(),
        // Structs in Go, which are never empty.
        Scalar::FieldsV1
        | Scalar::IntOrString
        | Scalar::Json
        | Scalar::MicroTime
        | Scalar::Quantity
        | Scalar::Raw
        | Scalar::Time => false,
    }
}

/// Checks a value that is not null and gives the form it is written in.
pub(crate) fn decode(scalar: Scalar, value: Value) -> Result<Value, DecodeError> {
    match scalar {
        Scalar::Any | Scalar::FieldsV1 | Scalar::Json | Scalar::Raw => Ok(value),
        Scalar::String | Scalar::IntOrString if value.is_string() => Ok(value),
        Scalar::Bool if value.is_boolean() => Ok(value),
        Scalar::String => Err(mismatch(&value, "string")),
        Scalar::Bool => Err(mismatch(&value, "bool")),
        Scalar::Int32 | Scalar::IntOrString => integer(value, "int32"),
        Scalar::Int64 => integer(value, "int64"),
        Scalar::Double => double(value),
        Scalar::Bytes => bytes(value),
        Scalar::Quantity => quantity(&value),
        Scalar::Time => time(value, Precision::Seconds),
        Scalar::MicroTime => time(value, Precision::Microseconds),
    }
}

/// The error for a JSON value where Go wants a value of the named type.
pub(super) fn mismatch(found: &Value, expected: &str) -> DecodeError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    type_error(found.to_owned(), expected)
}

fn type_error(found: String, expected: &str) -> DecodeError {
    DecodeError::Type {
        found,
        expected: expected.to_owned(),
        structure: String::new(),
        fields: Vec::new(),
    }
}

fn integer(value: Value, expected: &str) -> Result<Value, DecodeError> {
    let Value::Number(number) = &value else { return Err(mismatch(&value, expected)) };
    let fits = match number.as_i64() {
        Some(integer) => expected == "int64" || i32::try_from(integer).is_ok(),
        None => false,
    };
    if fits { Ok(value) } else { Err(type_error(format!("number {number}"), expected)) }
}

/// Go writes whole floats without a fraction.
fn double(value: Value) -> Result<Value, DecodeError> {
    let Some(number) = value.as_f64() else { return Err(mismatch(&value, "float64")) };
    if number.fract() == 0.0 && number.abs() < WHOLE_MAX {
        let whole = format!("{number:.0}").parse::<i64>().unwrap_or_default();
        return Ok(Value::Number(Number::from(whole)));
    }
    Ok(value)
}

/// Whole floats below are exact as integers.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

fn text(value: Value) -> Result<String, DecodeError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(mismatch(&value, "string"))
        }
    }
}

fn time(value: Value, precision: Precision) -> Result<Value, DecodeError> {
    let normal = normalise(&text(value)?, precision).map_err(DecodeError::Scalar)?;
    Ok(normal.map_or(Value::Null, Value::String))
}

fn bytes(value: Value) -> Result<Value, DecodeError> {
    let Value::String(mut text) = value else { return Err(mismatch(&value, "[]uint8")) };
    text.retain(|character| !matches!(character, '\r' | '\n'));
    let decoded = LENIENT.decode(&text).map_err(|error| {
        let position = match error {
            base64::DecodeError::InvalidByte(position, _)
            | base64::DecodeError::InvalidLastSymbol(position, _) => position,
            // Go points at the group that is not complete.
            base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => {
                text.trim_end_matches('=').len() / 4 * 4
            }
        };
        DecodeError::Scalar(format!("illegal base64 data at input byte {position}"))
    })?;
    Ok(Value::String(STANDARD.encode(decoded)))
}

fn quantity(value: &Value) -> Result<Value, DecodeError> {
    let written = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    };
    match written.parse::<Quantity>() {
        Ok(quantity) => Ok(Value::String(quantity.to_string())),
        Err(error) => Err(DecodeError::Scalar(error.to_string())),
    }
}
