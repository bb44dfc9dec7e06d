//! A column and the few forms that most rules have.

use serde_json::Value;

use super::object::{Object, plain};

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnType,
    /// `name` for the column that identifies the row, else empty.
    pub format: &'static str,
    /// Zero, or one for columns that only wide tables show.
    pub priority: u32,
    rule: Rule,
}

/// What a column says its cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    String,
    Integer,
    Boolean,
    Date,
}

/// How a cell is made.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// The text at a path, or another one where that is missing or empty.
    Text(&'static str, &'static str),
    /// The number at a path, zero where there is none.
    Number(&'static str),
    /// The number at a path, or a text where there is none.
    NumberOr(&'static str, &'static str),
    /// How many a list or map has.
    Count(&'static str),
    /// A flag at a path, or another one where that is missing.
    Flag(&'static str, bool),
    /// How long ago the time at a path was, or a text where there is none.
    Since(&'static str, &'static str),
    /// Names or images of the containers at a path.
    Containers(&'static str, &'static str),
    Labels(&'static str),
    Selector(&'static str),
    Computed(fn(Object<'_>) -> Value),
}

impl ColumnType {
    /// As tables write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }
}

impl Column {
    pub(super) fn cell(&self, object: Object<'_>) -> Value {
        match self.rule {
            Rule::Text(path, missing) => match plain(object.at(path)) {
                text if text.is_empty() => missing.into(),
                text => text.into(),
            },
            Rule::Number(path) => object.number(path).into(),
            Rule::NumberOr(path, missing) => {
                object.at(path).as_i64().map_or_else(|| missing.into(), Value::from)
            }
            Rule::Count(path) => object.count(path).into(),
            Rule::Flag(path, missing) => object.at(path).as_bool().unwrap_or(missing).into(),
            Rule::Since(path, missing) => match object.text(path) {
                "" => missing.into(),
                _ => object.since(path).into(),
            },
            Rule::Containers(path, member) => object.joined(path, member).into(),
            Rule::Labels(path) => object.labels(path).into(),
            Rule::Selector(path) => object.selector(path).into(),
            Rule::Computed(compute) => compute(object),
        }
    }

    /// Only wide tables show it.
    pub(super) const fn wide(self) -> Self {
        Self { priority: 1, ..self }
    }
    /// Says another type than its cells have, as some columns of the reference do.
    pub(super) const fn said_to_be(self, kind: ColumnType) -> Self {
        Self { kind, ..self }
    }
    pub(super) const fn formatted(self, format: &'static str) -> Self {
        Self { format, ..self }
    }
}

const fn column(name: &'static str, kind: ColumnType, rule: Rule) -> Column {
    Column { name, kind, format: "", priority: 0, rule }
}

/// The object's name.
pub(super) const fn name() -> Column {
    text("Name", "metadata.name").formatted("name")
}
/// How old the object is.
pub(super) const fn age() -> Column {
    since("Age", "metadata.creationTimestamp", "<unknown>")
}
pub(super) const fn text(name: &'static str, path: &'static str) -> Column {
    text_or(name, path, "")
}
pub(super) const fn text_or(
    name: &'static str,
    path: &'static str,
    missing: &'static str,
) -> Column {
    column(name, ColumnType::String, Rule::Text(path, missing))
}
pub(super) const fn number(name: &'static str, path: &'static str) -> Column {
    column(name, ColumnType::Integer, Rule::Number(path))
}
pub(super) const fn number_or(
    name: &'static str,
    path: &'static str,
    missing: &'static str,
) -> Column {
    column(name, ColumnType::String, Rule::NumberOr(path, missing))
}
pub(super) const fn count(name: &'static str, path: &'static str) -> Column {
    column(name, ColumnType::Integer, Rule::Count(path))
}
pub(super) const fn flag(name: &'static str, path: &'static str, missing: bool) -> Column {
    column(name, ColumnType::Boolean, Rule::Flag(path, missing))
}
pub(super) const fn since(name: &'static str, path: &'static str, missing: &'static str) -> Column {
    column(name, ColumnType::String, Rule::Since(path, missing))
}
pub(super) const fn date(name: &'static str, path: &'static str) -> Column {
    column(name, ColumnType::Date, Rule::Text(path, "<unknown>"))
}
pub(super) const fn container_names(path: &'static str) -> Column {
    column("Containers", ColumnType::String, Rule::Containers(path, "name"))
}
pub(super) const fn container_images(path: &'static str) -> Column {
    column("Images", ColumnType::String, Rule::Containers(path, "image"))
}
pub(super) const fn labels(name: &'static str, path: &'static str) -> Column {
    column(name, ColumnType::String, Rule::Labels(path))
}
pub(super) const fn selector(name: &'static str, path: &'static str) -> Column {
    column(name, ColumnType::String, Rule::Selector(path))
}
/// A column with a rule of its own.
pub(super) const fn computed(name: &'static str, rule: fn(Object<'_>) -> Value) -> Column {
    column(name, ColumnType::String, Rule::Computed(rule))
}
