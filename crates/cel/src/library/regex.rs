//! Patterns: matching and finding takes time in proportion to the text.

use regex::Regex;

use super::{Answer, Row, global, member};
use crate::{
    cost::Cost,
    error::{EvaluationError, failed, no_overload},
    value::{Text, Value},
};

pub(super) const ROWS: &[Row] = &[
    global("matches", "string, string -> bool", Cost::Match, matches),
    member("matches", "string, string -> bool", Cost::Match, matches),
    member("find", "string, string -> string", Cost::Find, find),
    member("findAll", "string, string -> list<string>", Cost::Find, find_all),
    member("findAll", "string, string, int -> list<string>", Cost::Find, find_all),
];

/// A compiled pattern takes no more memory than this.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Reads a pattern.
pub(crate) fn pattern(text: &str) -> Result<Regex, EvaluationError> {
    let built = regex::RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build();
    match built {
        Ok(pattern) => Ok(pattern),
        Err(_) => failed(format!("error parsing regexp: {text}")),
    }
}

/// A function whose pattern has been read before.
pub(crate) type Prepared = for<'a> fn(&Regex, &[Value<'a>]) -> Answer<'a>;

/// What a function does once its pattern is read.
pub(crate) fn prepared(function: &str) -> Option<Prepared> {
    match function {
        "matches" => Some(matches_pattern),
        "find" => Some(find_pattern),
        "findAll" => Some(find_all_pattern),
        _ => None,
    }
}

fn read(arguments: &[Value<'_>]) -> Result<Regex, EvaluationError> {
    let Some(Value::String(text)) = arguments.get(1) else { return no_overload() };
    pattern(text)
}

fn matches<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    matches_pattern(&read(arguments)?, arguments)
}
fn find<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    find_pattern(&read(arguments)?, arguments)
}
fn find_all<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    find_all_pattern(&read(arguments)?, arguments)
}

fn matches_pattern<'a>(pattern: &Regex, arguments: &[Value<'a>]) -> Answer<'a> {
    let Some(Value::String(text)) = arguments.first() else { return no_overload() };
    Ok(Value::Bool(pattern.is_match(text)))
}

fn find_pattern<'a>(pattern: &Regex, arguments: &[Value<'a>]) -> Answer<'a> {
    let Some(Value::String(text)) = arguments.first() else { return no_overload() };
    Ok(match text {
        Text::Borrowed(text) => {
            let found = pattern.find(text).map(|found| found.as_str());
            Value::String(Text::Borrowed(found.unwrap_or_default()))
        }
        Text::Shared(text) => {
            Value::string(pattern.find(text).map(|found| found.as_str()).unwrap_or_default())
        }
    })
}

/// A negative number means no limit.
fn find_all_pattern<'a>(pattern: &Regex, arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, count) = match arguments {
        [Value::String(text), _] => (text, -1),
        [Value::String(text), _, Value::Int(count)] => (text, *count),
        _ => return no_overload(),
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Value::list(match text {
        Text::Borrowed(text) => {
            let found = pattern.find_iter(text).take(count).map(|found| found.as_str());
            found.map(|found| Value::String(Text::Borrowed(found))).collect()
        }
        Text::Shared(text) => {
            let found = pattern.find_iter(text).take(count);
            found.map(|found| Value::string(found.as_str())).collect()
        }
    }))
}
