//! Semantic versions.

use std::{cmp::Ordering, sync::Arc};

use super::{
    Answer, Row, global, member,
    order::{compare_to, is_greater, is_less},
};
use crate::{
    cost::Cost,
    error::{failed, no_overload},
    value::{Opaque, Value},
};

pub(super) const ROWS: &[Row] = &[
    global("semver", "string -> kubernetes.Semver", Cost::Parse, semver),
    global("semver", "string, bool -> kubernetes.Semver", Cost::Parse, semver),
    global("isSemver", "string -> bool", Cost::Parse, is_semver),
    global("isSemver", "string, bool -> bool", Cost::Parse, is_semver),
    member("major", "kubernetes.Semver -> int", Cost::One, major),
    member("minor", "kubernetes.Semver -> int", Cost::One, minor),
    member("patch", "kubernetes.Semver -> int", Cost::One, patch),
    member("isGreaterThan", "kubernetes.Semver, kubernetes.Semver -> bool", Cost::One, is_greater),
    member("isLessThan", "kubernetes.Semver, kubernetes.Semver -> bool", Cost::One, is_less),
    member("compareTo", "kubernetes.Semver, kubernetes.Semver -> int", Cost::One, compare_to),
];

/// A version; what was built counts for nothing.
#[derive(Debug, Clone)]
pub struct Version {
    numbers: [u64; 3],
    /// What comes before the release; none for the release itself.
    before: Vec<Part>,
}

/// Numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl Version {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let (text, build) =
            text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (release, before) =
            text.split_once('-').map_or((text, None), |(release, before)| (release, Some(before)));
        let parts: Vec<&str> = release.split('.').collect();
        let [major, minor, patch] = parts.as_slice() else {
            return Err("No Major.Minor.Patch elements found".to_owned());
        };
        let numbers = [number(major, "Major")?, number(minor, "Minor")?, number(patch, "Patch")?];
        let before = before.map(|before| before.split('.').map(part).collect());
        let before = before.transpose()?.unwrap_or_default();
        for part in build.into_iter().flat_map(|build| build.split('.')) {
            if !is_word(part) {
                return Err(format!("Invalid character(s) found in build meta data {part:?}"));
            }
        }
        Ok(Self { numbers, before })
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn number(text: &str, name: &str) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "Invalid character(s) found in {} number {text:?}",
            name.to_lowercase()
        ));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("{name} number must not contain leading zeroes {text:?}"));
    }
    text.parse().map_err(|_| format!("{name} number {text:?} is too large"))
}

fn part(text: &str) -> Result<Part, String> {
    if !is_word(text) {
        return Err(format!("Invalid character(s) found in prerelease {text:?}"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Part::Word(text.to_owned()));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("Numeric PreRelease version must not contain leading zeroes {text:?}"));
    }
    text.parse().map(Part::Number).map_err(|_| format!("prerelease {text:?} is too large"))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let release = self.numbers.cmp(&other.numbers);
        // The release itself comes after all that comes before it.
        let last = self.before.is_empty().cmp(&other.before.is_empty());
        release.then(last).then_with(|| self.before.cmp(&other.before))
    }
}
impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Version {}

/// `v1.02` as `1.2.0`.
fn normalized(text: &str) -> Result<String, String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
    if parts.len() < 3 {
        if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err("short version cannot contain PreRelease/Build meta data".to_owned());
        }
        parts.resize(3, "0".to_owned());
    }
    Ok(parts.join("."))
}

fn without_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_owned();
    }
    let rest = part.trim_start_matches('0');
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        rest.to_owned()
    } else {
        format!("0{rest}")
    }
}

fn read(arguments: &[Value<'_>]) -> Option<Result<Version, String>> {
    match arguments {
        [Value::String(text)] | [Value::String(text), Value::Bool(false)] => {
            Some(Version::parse(text))
        }
        [Value::String(text), Value::Bool(true)] => {
            Some(normalized(text).and_then(|text| Version::parse(&text)))
        }
        _ => None,
    }
}

fn semver<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match read(arguments) {
        Some(Ok(version)) => Ok(Value::Opaque(Opaque::Semver(Arc::new(version)))),
        Some(Err(why)) => failed(why),
        None => no_overload(),
    }
}

fn is_semver<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    read(arguments).map_or_else(no_overload, |version| Ok(Value::Bool(version.is_ok())))
}

fn component<'a>(arguments: &[Value<'a>], index: usize) -> Answer<'a> {
    let [Value::Opaque(Opaque::Semver(version))] = arguments else { return no_overload() };
    Ok(Value::Int(i64::try_from(version.numbers[index]).unwrap_or(i64::MAX)))
}

fn major<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    component(arguments, 0)
}
fn minor<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    component(arguments, 1)
}
fn patch<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    component(arguments, 2)
}
