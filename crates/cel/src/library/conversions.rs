//! From one type to another.

use std::fmt::Write as _;

use super::{Answer, Row, global};
use crate::{
    cost::Cost,
    error::{EvaluationError, failed, no_overload},
    value::{
        Moment, Value, double_to_int, double_to_uint, int_to_double, sizes, time, uint_to_double,
    },
};

pub(super) const ROWS: &[Row] = &[
    global("bool", "bool -> bool", Cost::One, to_bool),
    global("bool", "string -> bool", Cost::One, to_bool),
    global("bytes", "bytes -> bytes", Cost::One, to_bytes),
    global("bytes", "string -> bytes", Cost::Encode, to_bytes),
    global("double", "double -> double", Cost::One, to_double),
    global("double", "int -> double", Cost::One, to_double),
    global("double", "string -> double", Cost::One, to_double),
    global("double", "uint -> double", Cost::One, to_double),
    global("duration", "duration -> duration", Cost::One, to_duration),
    global("duration", "int -> duration", Cost::One, to_duration),
    global("duration", "string -> duration", Cost::One, to_duration),
    global("dyn", "A -> dyn", Cost::Transparent, same),
    global("int", "int -> int", Cost::One, to_int),
    global("int", "double -> int", Cost::One, to_int),
    global("int", "duration -> int", Cost::One, to_int),
    global("int", "string -> int", Cost::One, to_int),
    global("int", "timestamp -> int", Cost::One, to_int),
    global("int", "uint -> int", Cost::One, to_int),
    global("string", "string -> string", Cost::One, to_string),
    global("string", "bool -> string", Cost::One, to_string),
    global("string", "bytes -> string", Cost::Decode, to_string),
    global("string", "double -> string", Cost::One, to_string),
    global("string", "duration -> string", Cost::One, to_string),
    global("string", "int -> string", Cost::One, to_string),
    global("string", "timestamp -> string", Cost::One, to_string),
    global("string", "uint -> string", Cost::One, to_string),
    global("string", "net.IP -> string", Cost::One, to_string),
    global("string", "net.CIDR -> string", Cost::One, to_string),
    global("timestamp", "timestamp -> timestamp", Cost::One, to_timestamp),
    global("timestamp", "int -> timestamp", Cost::One, to_timestamp),
    global("timestamp", "string -> timestamp", Cost::One, to_timestamp),
    global("uint", "uint -> uint", Cost::One, to_uint),
    global("uint", "double -> uint", Cost::One, to_uint),
    global("uint", "int -> uint", Cost::One, to_uint),
    global("uint", "string -> uint", Cost::One, to_uint),
    global("type", "A -> type<A>", Cost::One, type_of),
    global("size", "bytes -> int", Cost::One, size),
    global("size", "list<A> -> int", Cost::One, size),
    global("size", "map<A, B> -> int", Cost::One, size),
    global("size", "string -> int", Cost::One, size),
    super::member("size", "bytes -> int", Cost::One, size),
    super::member("size", "list<A> -> int", Cost::One, size),
    super::member("size", "map<A, B> -> int", Cost::One, size),
    super::member("size", "string -> int", Cost::One, size),
];

const INT: EvaluationError = EvaluationError::Overflow("integer");
const UINT: EvaluationError = EvaluationError::Overflow("unsigned integer");

fn same<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    arguments.first().cloned().ok_or(EvaluationError::NoSuchOverload)
}

fn type_of<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [value] = arguments else { return no_overload() };
    Ok(Value::Type(value.type_()))
}

fn size<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let size = match arguments {
        [value @ (Value::String(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_))] => {
            value.size()
        }
        [Value::Object(object)] => sizes(object.fields().len()),
        _ => return no_overload(),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn to_bool<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Bool(value)] => Ok(Value::Bool(*value)),
        [Value::String(text)] => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            other => failed(format!("type conversion error from 'string' to 'bool': {other}")),
        },
        _ => no_overload(),
    }
}

fn to_bytes<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [bytes @ Value::Bytes(_)] => Ok(bytes.clone()),
        [Value::String(text)] => Ok(Value::Bytes(text.as_bytes().into())),
        _ => no_overload(),
    }
}

fn to_double<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Double(value)] => Ok(Value::Double(*value)),
        [Value::Int(value)] => Ok(Value::Double(int_to_double(*value))),
        [Value::Uint(value)] => Ok(Value::Double(uint_to_double(*value))),
        [Value::String(text)] => match text.parse::<f64>() {
            Ok(value) => Ok(Value::Double(value)),
            Err(_) => unreadable("ParseFloat", text),
        },
        _ => no_overload(),
    }
}

fn unreadable<'a>(function: &str, text: &str) -> Answer<'a> {
    failed(format!("strconv.{function}: parsing {text:?}: invalid syntax"))
}

fn to_int<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Int(value)] => Ok(Value::Int(*value)),
        [Value::Double(value)] => double_to_int(*value).map(Value::Int).ok_or(INT),
        [Value::Uint(value)] => i64::try_from(*value).map(Value::Int).map_err(|_| INT),
        [Value::Duration(nanoseconds)] => Ok(Value::Int(*nanoseconds)),
        [Value::Timestamp(moment)] => Ok(Value::Int(moment.seconds())),
        [Value::String(text)] => match text.parse() {
            Ok(value) => Ok(Value::Int(value)),
            Err(_) => unreadable("ParseInt", text),
        },
        _ => no_overload(),
    }
}

fn to_uint<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Uint(value)] => Ok(Value::Uint(*value)),
        [Value::Double(value)] => double_to_uint(*value).map(Value::Uint).ok_or(UINT),
        [Value::Int(value)] => u64::try_from(*value).map(Value::Uint).map_err(|_| UINT),
        [Value::String(text)] => match text.parse() {
            Ok(value) => Ok(Value::Uint(value)),
            Err(_) => unreadable("ParseUint", text),
        },
        _ => no_overload(),
    }
}

fn to_duration<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Duration(value) | Value::Int(value)] => Ok(Value::Duration(*value)),
        [Value::String(text)] => match time::parse_duration(text) {
            Some(value) => Ok(Value::Duration(value)),
            None => failed(format!("time: invalid duration {:?}", &**text)),
        },
        _ => no_overload(),
    }
}

fn to_timestamp<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Timestamp(value)] => Ok(Value::Timestamp(*value)),
        [Value::Int(seconds)] => {
            let moment = Moment::from_seconds(*seconds).map(Value::Timestamp);
            moment.ok_or(EvaluationError::Overflow("timestamp"))
        }
        [Value::String(text)] => match Moment::parse(text) {
            Some(value) => Ok(Value::Timestamp(value)),
            None => failed(format!("parsing time {:?} as RFC 3339", &**text)),
        },
        _ => no_overload(),
    }
}

fn to_string<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [value] = arguments else { return no_overload() };
    if let Value::Bytes(bytes) = value {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::string(text)),
            Err(_) => failed("invalid UTF-8 in bytes, cannot convert to string"),
        };
    }
    text_of(value).map_or_else(no_overload, |text| Ok(Value::string(text)))
}

/// A value as `string()` writes it.
pub(super) fn text_of(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::String(text) => text.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => double_text(*value),
        Value::Duration(value) => time::duration_seconds(*value),
        Value::Timestamp(value) => value.to_string(),
        Value::Opaque(crate::value::Opaque::Ip(address)) => address.to_string(),
        Value::Opaque(crate::value::Opaque::Cidr(range)) => range.to_string(),
        _ => return None,
    })
}

/// Larger numbers are written with an exponent.
const DECIMAL_EXPONENT_LIMIT: i32 = 6;

/// The shortest text that is read back as the same number, as Go writes it.
pub(super) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..DECIMAL_EXPONENT_LIMIT).contains(&exponent) {
        return value.to_string();
    }
    let mut text = digits.to_owned();
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(text, "e{sign}{:02}", exponent.abs());
    text
}
