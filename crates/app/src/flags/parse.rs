//! From a command line to values, by the rules of the reference's programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Flag, Kind, Table, Value, nearest};

/// Every flag of a program with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Flags {
    values: BTreeMap<&'static str, Value>,
    /// Those the command line names.
    given: BTreeSet<&'static str>,
    /// The default of each as the reference shows it, for those that were not given.
    defaults: BTreeMap<&'static str, &'static str>,
}

/// The command line cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    #[error("unknown flag: {flag}{}", .meant.map(|name| format!(" (did you mean --{name}?)")).unwrap_or_default())]
    Unknown { flag: String, meant: Option<&'static str> },
    #[error("flag needs an argument: {flag}")]
    NoValue { flag: String },
    #[error("invalid argument {value:?} for {flag}: {reason}")]
    Invalid { flag: String, value: String, reason: String },
    #[error("unexpected argument {argument:?}: there are only flags")]
    Argument { argument: String },
}

impl Flags {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// An argument is no flag of the table, or its value is not of its type.
    pub fn parse(
        table: &Table,
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<Self, FlagError> {
        let defaults = table.iter().map(|flag| (flag.name, flag.kind.read_default(flag.default)));
        let mut flags = Self {
            values: defaults.collect(),
            given: BTreeSet::new(),
            defaults: table.iter().map(|flag| (flag.name, flag.default)).collect(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (flag, spelled, value) = split(table, &argument)?;
            let value = match value {
                Some(value) => value,
                None if flag.kind.may_stand_alone() => "true".to_owned(),
                None => arguments.next().ok_or(FlagError::NoValue { flag: spelled.clone() })?,
            };
            flags.set(flag, spelled, value)?;
        }
        Ok(flags)
    }

    fn set(&mut self, flag: &Flag, spelled: String, value: String) -> Result<(), FlagError> {
        let read = match flag.kind.read(&value) {
            Ok(read) => read,
            Err(reason) => return Err(FlagError::Invalid { flag: spelled, value, reason }),
        };
        let again = !self.given.insert(flag.name);
        let known = self.values.remove(flag.name).filter(|_| again);
        let value = known.map_or(read.clone(), |known| known.and_then(read));
        self.values.insert(flag.name, value);
        Ok(())
    }

    /// Whether the command line names the flag.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(name)
    }
    /// The flags that the command line names.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        self.given.iter().copied()
    }
    /// Every flag with its value as Go shows it.
    pub fn shown(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.values.iter().map(|(name, value)| {
            let default = self.defaults.get(name).filter(|_| !self.is_given(name));
            (*name, default.map_or_else(|| value.shown(), ToString::to_string))
        })
    }

    /// Whether a boolean flag is on.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Value::Bool(true)))
    }
    /// The text of a flag; empty for flags that have none.
    pub fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }
    /// A whole number; zero for flags of another type.
    pub fn integer(&self, name: &str) -> i64 {
        match self.values.get(name) {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        }
    }
    /// A number; zero for flags of another type.
    pub fn float(&self, name: &str) -> f64 {
        match self.values.get(name) {
            Some(Value::Float(number)) => *number,
            _ => 0.0,
        }
    }
    /// A duration; zero for flags of another type.
    pub fn duration(&self, name: &str) -> Duration {
        match self.values.get(name) {
            Some(Value::Duration(duration)) => *duration,
            _ => Duration::ZERO,
        }
    }
    /// The items of a list; none for flags of another type.
    pub fn list(&self, name: &str) -> &[String] {
        match self.values.get(name) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }
    /// The value under a key of a map.
    pub fn entry(&self, name: &str, key: &str) -> Option<&str> {
        self.entries(name).find(|(known, _)| *known == key).map(|(_, value)| value)
    }
    /// The pairs of a map; none for flags of another type.
    pub fn entries(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let pairs = match self.values.get(name) {
            Some(Value::Map(pairs)) => Some(pairs),
            _ => None,
        };
        pairs.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// The flag an argument means, how it was spelled, and the value that is part of it.
fn split<'t>(
    table: &'t Table,
    argument: &str,
) -> Result<(&'t Flag, String, Option<String>), FlagError> {
    let unexpected = || FlagError::Argument { argument: argument.to_owned() };
    if let Some(long) = argument.strip_prefix("--").filter(|long| !long.is_empty()) {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        // The old spelling of names.
        let name = name.replace('_', "-");
        let spelled = format!("--{name}");
        let Some(flag) = table.get(&name) else {
            let names = table.iter().filter(|flag| !flag.hidden).map(|flag| flag.name);
            return Err(FlagError::Unknown { flag: spelled, meant: nearest(&name, names) });
        };
        return Ok((flag, spelled, value));
    }
    let short = argument.strip_prefix('-').ok_or_else(unexpected)?;
    let mut letters = short.chars();
    let letter = letters.next().ok_or_else(unexpected)?;
    let spelled = format!("-{letter}");
    let Some(flag) = table.by_letter(letter) else {
        return Err(FlagError::Unknown { flag: spelled, meant: None });
    };
    let rest = letters.as_str();
    let value = rest.strip_prefix('=').unwrap_or(rest);
    let value = (!rest.is_empty() && flag.kind != Kind::Bool).then(|| value.to_owned());
    Ok((flag, spelled, value))
}
