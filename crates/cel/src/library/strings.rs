//! Functions on texts; positions count code points.

use super::{Answer, Row, global, member};
use crate::{
    cost::Cost,
    error::{EvaluationError, failed, no_overload},
    value::{List, Text, Value},
};

pub(super) const ROWS: &[Row] = &[
    member("contains", "string, string -> bool", Cost::Contains, contains),
    member("endsWith", "string, string -> bool", Cost::Affix, ends_with),
    member("startsWith", "string, string -> bool", Cost::Affix, starts_with),
    member("charAt", "string, int -> string", Cost::One, char_at),
    member("indexOf", "string, string -> int", Cost::Traverse, index_of),
    member("indexOf", "string, string, int -> int", Cost::Traverse, index_of),
    member("lastIndexOf", "string, string -> int", Cost::Traverse, last_index_of),
    member("lastIndexOf", "string, string, int -> int", Cost::Traverse, last_index_of),
    member("join", "list<string> -> string", Cost::JoinTexts, join),
    member("join", "list<string>, string -> string", Cost::JoinTexts, join),
    member("lowerAscii", "string -> string", Cost::Rewrite, lower_ascii),
    member("upperAscii", "string -> string", Cost::Rewrite, upper_ascii),
    member("replace", "string, string, string -> string", Cost::Replace, replace),
    member("replace", "string, string, string, int -> string", Cost::Replace, replace),
    member("split", "string, string -> list<string>", Cost::Split, split),
    member("split", "string, string, int -> list<string>", Cost::Split, split),
    member("substring", "string, int -> string", Cost::Rewrite, substring),
    member("substring", "string, int, int -> string", Cost::Rewrite, substring),
    member("trim", "string -> string", Cost::Rewrite, trim),
    global("strings.quote", "string -> string", Cost::Quote, quote),
];

fn contains<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text), Value::String(part)] = arguments else { return no_overload() };
    Ok(Value::Bool(text.contains(&**part)))
}

fn starts_with<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text), Value::String(part)] = arguments else { return no_overload() };
    Ok(Value::Bool(text.starts_with(&**part)))
}

fn ends_with<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text), Value::String(part)] = arguments else { return no_overload() };
    Ok(Value::Bool(text.ends_with(&**part)))
}

/// The position in bytes of a position in code points; the end counts as one.
fn byte_at(text: &str, position: i64) -> Option<usize> {
    let position = usize::try_from(position).ok()?;
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(position)
}

fn code_points(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

fn out_of_range<'a>(position: i64) -> Answer<'a> {
    failed(format!("index out of range: {position}"))
}

fn char_at<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text), Value::Int(position)] = arguments else { return no_overload() };
    let Some(byte) = byte_at(text, *position) else { return out_of_range(*position) };
    let character = text[byte..].chars().next().map(String::from).unwrap_or_default();
    Ok(Value::string(character))
}

fn index_of<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, part, from) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, 0),
        [Value::String(text), Value::String(part), Value::Int(from)] => (text, part, *from),
        _ => return no_overload(),
    };
    if part.is_empty() && arguments.len() == 2 {
        return Ok(Value::Int(from));
    }
    let Some(byte) = byte_at(text, from) else { return out_of_range(from) };
    let found = text[byte..].find(&**part).map(|found| code_points(&text[..byte + found]));
    Ok(Value::Int(found.unwrap_or(-1)))
}

fn last_index_of<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, part, until) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, code_points(text)),
        [Value::String(text), Value::String(part), Value::Int(until)] => (text, part, *until),
        _ => return no_overload(),
    };
    let Some(byte) = byte_at(text, until) else { return out_of_range(until) };
    // It may begin at the position and go on behind it.
    let reach = text.floor_char_boundary(byte.saturating_add(part.len()));
    let found = text[..reach].rfind(&**part).map(|found| code_points(&text[..found]));
    Ok(Value::Int(found.unwrap_or(-1)))
}

fn join<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let (list, separator): (&List<'a>, &str) = match arguments {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::String(separator)] => (list, separator),
        _ => return no_overload(),
    };
    let separators = list.len().saturating_sub(1).saturating_mul(separator.len());
    let mut joined = String::new();
    check_length(separators)?;
    for (index, item) in list.iter().enumerate() {
        let Value::String(item) = &item else { return no_overload() };
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(item);
        check_length(joined.len())?;
    }
    Ok(Value::string(joined))
}

fn lower_ascii<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    Ok(Value::string(text.to_ascii_lowercase()))
}

fn upper_ascii<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    Ok(Value::string(text.to_ascii_uppercase()))
}

/// No text becomes longer than what the budget allows to go through.
const TEXT_BYTES_MAX: usize = 10 << 20;

/// Refuses a text of that length before it is made.
pub(super) fn check_length(bytes: usize) -> Result<(), EvaluationError> {
    if bytes > TEXT_BYTES_MAX {
        return failed(format!("text is longer than {TEXT_BYTES_MAX} bytes"));
    }
    Ok(())
}

/// A negative number means no limit.
fn limit(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn replace<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, old, new, count) = match arguments {
        [Value::String(text), Value::String(old), Value::String(new)] => (text, old, new, -1),
        [Value::String(text), Value::String(old), Value::String(new), Value::Int(count)] => {
            (text, old, new, *count)
        }
        _ => return no_overload(),
    };
    let count = limit(count);
    let places = text.matches(&**old).take(count).count();
    check_length(text.len().saturating_add(places.saturating_mul(new.len())))?;
    Ok(Value::string(text.replacen(&**old, new, count)))
}

fn split<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, separator, count) = match arguments {
        [Value::String(text), Value::String(separator)] => (text, separator, -1),
        [Value::String(text), Value::String(separator), Value::Int(count)] => {
            (text, separator, *count)
        }
        _ => return no_overload(),
    };
    let count = limit(count);
    if count == 0 {
        return Ok(Value::list(Vec::new()));
    }
    Ok(Value::list(match text {
        Text::Borrowed(text) => {
            parts(text, separator, count).map(|part| Value::String(Text::Borrowed(part))).collect()
        }
        Text::Shared(text) => parts(text, separator, count).map(Value::string).collect(),
    }))
}

/// At most so many parts; the last one holds the rest. Without a separator each character is one.
fn parts<'t>(
    text: &'t str,
    separator: &str,
    count: usize,
) -> Box<dyn Iterator<Item = &'t str> + 't> {
    if !separator.is_empty() {
        return Box::new(text.splitn(count, separator).collect::<Vec<_>>().into_iter());
    }
    let ends = text.char_indices().skip(1).map(|(at, _)| at).take(count - 1);
    let mut start = 0;
    let mut ends = ends.chain((!text.is_empty()).then_some(text.len()));
    Box::new(std::iter::from_fn(move || {
        let end = ends.next()?;
        let part = &text[start..end];
        start = end;
        Some(part)
    }))
}

fn substring<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, start, end) = match arguments {
        [Value::String(text), Value::Int(start)] => (text, *start, code_points(text)),
        [Value::String(text), Value::Int(start), Value::Int(end)] => (text, *start, *end),
        _ => return no_overload(),
    };
    if start > end && arguments.len() == 3 {
        return failed(format!("invalid substring range. start: {start}, end: {end}"));
    }
    let Some(from) = byte_at(text, start) else { return out_of_range(start) };
    let Some(to) = byte_at(text, end) else { return out_of_range(end) };
    Ok(match text {
        Text::Borrowed(text) => Value::String(Text::Borrowed(&text[from..to])),
        Text::Shared(text) => Value::string(&text[from..to]),
    })
}

fn trim<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    Ok(match text {
        Text::Borrowed(text) => Value::String(Text::Borrowed(text.trim())),
        Text::Shared(text) => Value::string(text.trim()),
    })
}

fn quote<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Ok(Value::string(quoted))
}
