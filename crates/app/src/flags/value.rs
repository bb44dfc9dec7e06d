//! The types of flags: how a text becomes a value, and how a value is shown again.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::duration;

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Duration,
    /// Whole numbers of 32 bits.
    Integer,
    Float,
    Ip,
    Text,
    /// Separated by commas; given again, it grows.
    List,
    IntegerList,
    /// `key=value`, separated by commas.
    Map,
    /// Quantities such as `64Ki`.
    Quantity,
    /// `true`, `raw`, or the version to pretend to be; alone it means `true`.
    Version,
}

/// What a flag was given.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(bool),
    Duration(Duration),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

impl Kind {
    /// By the name the data files use; what they do not know is text.
    pub(super) fn parse(name: &str) -> Self {
        match name {
            "bool" => Self::Bool,
            "duration" => Self::Duration,
            "int" | "int32" | "int64" | "uint" | "Level" => Self::Integer,
            "float32" | "float64" => Self::Float,
            "ip" => Self::Ip,
            "stringSlice" | "stringArray" | "namedCertKey" => Self::List,
            "int32Slice" => Self::IntegerList,
            "stringToString"
            | "mapStringString"
            | "colonSeparatedMultimapStringString"
            | "pattern=N,..." => Self::Map,
            "quantity" => Self::Quantity,
            "version" => Self::Version,
            _ => Self::Text,
        }
    }

    /// As `--help` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool | Self::Version => "",
            Self::Duration => "duration",
            Self::Integer => "int",
            Self::Float => "float",
            Self::Ip => "ip",
            Self::Text => "string",
            Self::List => "strings",
            Self::IntegerList => "ints",
            Self::Map => "key=value,...",
            Self::Quantity => "quantity",
        }
    }

    /// Whether the flag may stand alone, which means `true`.
    pub const fn may_stand_alone(self) -> bool {
        matches!(self, Self::Bool | Self::Version)
    }

    /// # Errors
    /// What the text should have been.
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Bool => boolean(text).map(Value::Bool).ok_or_else(|| "no boolean".to_owned()),
            Self::Duration => duration::parse(text).map(Value::Duration),
            Self::Integer => match text.parse::<i32>() {
                Ok(number) => Ok(Value::Integer(number.into())),
                Err(_) => Err("no whole number of 32 bits".to_owned()),
            },
            Self::Float => text.parse().map(Value::Float).map_err(|_| "no number".to_owned()),
            Self::Ip => match text.parse::<IpAddr>() {
                Ok(address) => Ok(Value::Text(address.to_string())),
                Err(_) => Err("no IP address".to_owned()),
            },
            Self::Text | Self::Quantity | Self::Version => Ok(Value::Text(text.to_owned())),
            Self::List => Ok(Value::List(items(text))),
            Self::IntegerList => {
                let items = items(text);
                let is_good = items.iter().all(|item| item.parse::<i32>().is_ok());
                if is_good { Ok(Value::List(items)) } else { Err("no whole numbers".to_owned()) }
            }
            Self::Map => pairs(text).map(Value::Map),
        }
    }

    /// The value of a default; `[]` and `[a,b]` are lists.
    pub(super) fn read_default(self, text: &str) -> Value {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        self.read(bare).unwrap_or_else(|_| Value::Text(text.to_owned()))
    }
}

impl Value {
    /// As Go shows it.
    pub fn shown(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Duration(value) => duration::show(*value),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(value) => value.clone(),
            Self::List(items) => format!("[{}]", items.join(",")),
            Self::Map(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
                pairs.join(",")
            }
        }
    }

    /// Given again: lists and maps grow, everything else is replaced.
    pub(super) fn and_then(self, later: Self) -> Self {
        match (self, later) {
            (Self::List(mut items), Self::List(more)) => {
                items.extend(more);
                Self::List(items)
            }
            (Self::Map(mut pairs), Self::Map(more)) => {
                pairs.extend(more);
                Self::Map(pairs)
            }
            (_, later) => later,
        }
    }
}

/// The texts that Go takes for a boolean.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn items(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(|item| item.trim().to_owned()).collect()
}

fn pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
    let pairs = items(text).into_iter().map(|item| match item.split_once('=') {
        Some((key, value)) => Ok((key.trim().to_owned(), value.trim().to_owned())),
        None => Err(format!("{item:?} is no key=value")),
    });
    pairs.collect()
}
