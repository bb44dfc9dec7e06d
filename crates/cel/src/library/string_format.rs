//! `"%s has %d".format([…])`.

use super::{Answer, Row, conversions::text_of, member, strings::check_length};
use crate::{
    cost::Cost,
    error::{EvaluationError, failed, no_overload},
    library::operators::key_text,
    value::{Value, int_to_double, uint_to_double},
};

pub(super) const ROWS: &[Row] =
    &[member("format", "string, list<dyn> -> string", Cost::Traverse, format)];

/// Decimals, if a clause does not say how many.
const PRECISION: usize = 6;
/// More decimals are refused.
const PRECISION_MAX: usize = 1_000;

type Text = Result<String, EvaluationError>;

fn format<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(template), Value::List(values)] = arguments else { return no_overload() };
    let mut text = String::new();
    let mut rest: &str = template;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (precision, after) = precision(rest)?;
        let Some(verb) = after.chars().next() else {
            return failed("unexpected end of format string");
        };
        let Some(value) = values.get(next) else {
            return failed(format!("index {next} out of range"));
        };
        text.push_str(&clause(verb, precision, &value)?);
        check_length(text.len())?;
        next += 1;
        rest = &after[verb.len_utf8()..];
    }
    text.push_str(rest);
    Ok(Value::string(text))
}

/// `.3`, if it is there, and what follows.
fn precision(text: &str) -> Result<(usize, &str), EvaluationError> {
    let Some(after) = text.strip_prefix('.') else { return Ok((PRECISION, text)) };
    let length = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let (digits, rest) = after.split_at(length);
    match digits.parse().ok().filter(|precision| *precision <= PRECISION_MAX) {
        Some(precision) => Ok((precision, rest)),
        None => failed("error while parsing precision"),
    }
}

fn clause(verb: char, precision: usize, value: &Value<'_>) -> Text {
    match verb {
        's' => shown(value),
        'd' => decimal(value),
        'f' => number(value, "fixed-point").map(|number| {
            infinite(number).map_or_else(|| format!("{number:.precision$}"), str::to_owned)
        }),
        'e' => number(value, "scientific").map(|number| scientific(number, precision)),
        'b' => binary(value),
        'o' => whole(value, "octal", |magnitude| format!("{magnitude:o}")),
        'x' => {
            hexadecimal(value, |magnitude| format!("{magnitude:x}"), |byte| format!("{byte:02x}"))
        }
        'X' => {
            hexadecimal(value, |magnitude| format!("{magnitude:X}"), |byte| format!("{byte:02X}"))
        }
        other => failed(format!("unrecognized formatting clause \"{other}\"")),
    }
}

fn infinite(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        return Some("NaN");
    }
    number.is_infinite().then_some(if number > 0.0 { "Infinity" } else { "-Infinity" })
}

fn plain_double(number: f64) -> String {
    infinite(number).map_or_else(|| number.to_string(), str::to_owned)
}

fn refused<T>(kind: &str, allowed: &str, value: &Value<'_>) -> Result<T, EvaluationError> {
    let type_ = value.type_();
    let name = type_.runtime_name();
    failed(format!("{kind} clause can only be used on {allowed}, was given {name}"))
}

fn shown(value: &Value<'_>) -> Text {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Double(number) => Ok(plain_double(*number)),
        Value::Bytes(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        Value::Type(type_) => Ok(type_.runtime_name().to_owned()),
        Value::List(list) => {
            let items: Vec<String> =
                list.iter().map(|item| shown(&item)).collect::<Result<_, _>>()?;
            Ok(format!("[{}]", items.join(", ")))
        }
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.len());
            for (key, value) in map.entries() {
                entries.push(format!("{}: {}", key_text(&key.value()), shown(&value)?));
            }
            entries.sort();
            Ok(format!("{{{}}}", entries.join(", ")))
        }
        other => match text_of(other) {
            Some(text) => Ok(text),
            None => refused(
                "string",
                "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
                other,
            ),
        },
    }
}

fn decimal(value: &Value<'_>) -> Text {
    match value {
        Value::Int(number) => Ok(number.to_string()),
        Value::Uint(number) => Ok(number.to_string()),
        Value::Double(number) => Ok(plain_double(*number)),
        other => refused("decimal", "integers", other),
    }
}

fn number(value: &Value<'_>, kind: &str) -> Result<f64, EvaluationError> {
    match value {
        Value::Int(number) => Ok(int_to_double(*number)),
        Value::Uint(number) => Ok(uint_to_double(*number)),
        Value::Double(number) => Ok(*number),
        other => refused(kind, "ints, uints, and doubles", other),
    }
}

fn scientific(number: f64, precision: usize) -> String {
    if let Some(text) = infinite(number) {
        return text.to_owned();
    }
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn whole(value: &Value<'_>, kind: &str, write: fn(u64) -> String) -> Text {
    match value {
        Value::Int(number) if *number < 0 => Ok(format!("-{}", write(number.unsigned_abs()))),
        Value::Int(number) => Ok(write(number.unsigned_abs())),
        Value::Uint(number) => Ok(write(*number)),
        other => refused(kind, "integers", other),
    }
}

fn binary(value: &Value<'_>) -> Text {
    match value {
        Value::Bool(value) => Ok(if *value { "1" } else { "0" }.to_owned()),
        Value::Int(_) | Value::Uint(_) => whole(value, "binary", |number| format!("{number:b}")),
        other => refused("binary", "integers and bools", other),
    }
}

fn hexadecimal(value: &Value<'_>, number: fn(u64) -> String, byte: fn(u8) -> String) -> Text {
    match value {
        Value::String(text) => Ok(text.bytes().map(byte).collect()),
        Value::Bytes(bytes) => Ok(bytes.iter().copied().map(byte).collect()),
        Value::Int(_) | Value::Uint(_) => whole(value, "hex", number),
        other => refused("hex", "integers, byte buffers, and strings", other),
    }
}
