//! The schema of a custom resource, read from its definition once.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::{catalog::ListType, json};

/// A node of a schema. What a structural schema forbids in a place is simply not looked at there.
#[derive(Debug, Default)]
pub struct Schema {
    /// `None` for any type.
    pub kind: Option<Kind>,
    pub nullable: bool,
    pub default: Option<Value>,
    pub properties: BTreeMap<String, Schema>,
    pub additional: Option<Additional>,
    pub items: Option<Box<Schema>>,
    /// Fields that no property declares stay.
    pub preserves_unknown: bool,
    /// A whole object with apiVersion, kind and metadata.
    pub is_embedded: bool,
    pub is_int_or_string: bool,
    pub list_type: Option<ListType>,
    pub list_keys: Vec<String>,
    pub is_atomic_map: bool,
    pub required: Vec<String>,
    pub enumeration: Vec<Value>,
    /// Only those that are checked: `date-time`, `ipv4` and so on.
    pub format: String,
    pub pattern: Option<Pattern>,
    pub lengths: Range<usize>,
    pub item_counts: Range<usize>,
    pub property_counts: Range<usize>,
    pub minimum: Option<Bound>,
    pub maximum: Option<Bound>,
    pub multiple_of: Option<f64>,
    pub all_of: Vec<Schema>,
    pub any_of: Vec<Schema>,
    pub one_of: Vec<Schema>,
    pub not: Option<Box<Schema>>,
}

/// A JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Array,
    Boolean,
    Integer,
    Number,
    Object,
    String,
}

/// What members of a map may be.
#[derive(Debug)]
pub enum Additional {
    Any,
    Nothing,
    Of(Box<Schema>),
}

/// A pattern as written, and compiled if it can be.
#[derive(Debug)]
pub struct Pattern {
    pub text: String,
    pub regex: Option<Regex>,
}

/// Inclusive limits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Range<T> {
    pub min: Option<T>,
    pub max: Option<T>,
}

/// One end of the numbers that are allowed.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    pub at: f64,
    /// The bound itself is not allowed.
    pub is_exclusive: bool,
}

/// Whether a text is a pattern, and why not.
///
/// # Errors
/// What is wrong with it, in one line.
pub(crate) fn is_pattern(pattern: &str) -> Result<(), String> {
    Regex::new(pattern).map(|_| ()).map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        match last.trim().trim_start_matches("error: ") {
            "unclosed group" => format!("error parsing regexp: missing closing ): `{pattern}`"),
            other => format!("error parsing regexp: {other}"),
        }
    })
}

/// Formats that are checked; others are only descriptions.
const FORMATS: [&str; 26] = [
    "int32",
    "int64",
    "bsonobjectid",
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "cidr",
    "mac",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
    "isbn",
    "isbn10",
    "isbn13",
    "creditcard",
    "ssn",
    "hexcolor",
    "rgbcolor",
    "byte",
    "password",
    "date",
    "duration",
    "datetime",
];

impl Kind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "array" => Some(Self::Array),
            "boolean" => Some(Self::Boolean),
            "integer" => Some(Self::Integer),
            "number" => Some(Self::Number),
            "object" => Some(Self::Object),
            "string" => Some(Self::String),
            _ => None,
        }
    }
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Object => "object",
            Self::String => "string",
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let regex = Regex::new(text).ok();
        (!text.is_empty()).then(|| Self { text: text.to_owned(), regex })
    }
    /// Whether a text fits; one that cannot be compiled fits nothing.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Schema {
    /// Reads a `JSONSchemaProps`. What is malformed reads as absent: definitions are validated.
    pub fn parse(written: &Value) -> Self {
        let node = |name: &str| json::field(written, name).map(|node| Box::new(Self::parse(node)));
        let nodes = |name: &str| json::list(written, name).iter().map(Self::parse).collect();
        let flag = |name: &str| json::is_true(written, name);
        let format = json::text(written, "format");
        let is_checked = FORMATS.contains(&format.replace('-', "").as_str());
        Self {
            kind: Kind::parse(json::text(written, "type")),
            nullable: flag("nullable"),
            default: json::field(written, "default").cloned(),
            properties: json::entries(written, "properties")
                .map(|(name, node)| (name.clone(), Self::parse(node)))
                .collect(),
            additional: json::field(written, "additionalProperties").map(additional),
            items: node("items"),
            preserves_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            is_embedded: flag("x-kubernetes-embedded-resource"),
            is_int_or_string: flag("x-kubernetes-int-or-string"),
            list_type: list_type(json::text(written, "x-kubernetes-list-type")),
            list_keys: texts(written, "x-kubernetes-list-map-keys"),
            is_atomic_map: json::text(written, "x-kubernetes-map-type") == "atomic",
            required: texts(written, "required"),
            enumeration: json::list(written, "enum").to_vec(),
            format: if is_checked { format.to_owned() } else { String::new() },
            pattern: Pattern::parse(json::text(written, "pattern")),
            lengths: range(written, "minLength", "maxLength"),
            item_counts: range(written, "minItems", "maxItems"),
            property_counts: range(written, "minProperties", "maxProperties"),
            minimum: bound(written, "minimum", "exclusiveMinimum"),
            maximum: bound(written, "maximum", "exclusiveMaximum"),
            multiple_of: written.get("multipleOf").and_then(Value::as_f64),
            all_of: nodes("allOf"),
            any_of: nodes("anyOf"),
            one_of: nodes("oneOf"),
            not: node("not"),
        }
    }

    /// The schema of a member of an object: that of its property, else that of all others.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(match &self.additional {
            Some(Additional::Of(schema)) => Some(schema),
            Some(Additional::Any | Additional::Nothing) | None => None,
        })
    }

    /// The types that a value may have, as messages list them; empty for any.
    pub(crate) fn type_names(&self) -> &'static str {
        match self.kind {
            _ if self.is_int_or_string => "integer,string",
            Some(kind) => kind.as_str(),
            None => "",
        }
    }
}

fn additional(written: &Value) -> Additional {
    match written {
        Value::Bool(true) => Additional::Any,
        Value::Bool(false) => Additional::Nothing,
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Additional::Of(Box::new(Schema::parse(written)))
        }
    }
}

fn list_type(text: &str) -> Option<ListType> {
    match text {
        "atomic" => Some(ListType::Atomic),
        "set" => Some(ListType::Set),
        "map" => Some(ListType::Map),
        _ => None,
    }
}

fn texts(written: &Value, name: &str) -> Vec<String> {
    let items = json::list(written, name).iter();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn range(written: &Value, min: &str, max: &str) -> Range<usize> {
    let limit = |name: &str| json::number(written, name).and_then(|n| usize::try_from(n).ok());
    Range { min: limit(min), max: limit(max) }
}

fn bound(written: &Value, name: &str, exclusive: &str) -> Option<Bound> {
    let at = written.get(name).and_then(Value::as_f64)?;
    Some(Bound { at, is_exclusive: json::is_true(written, exclusive) })
}
