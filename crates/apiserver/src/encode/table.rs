//! `Table`: what `kubectl get` prints, cells computed by the kind's rules.

use std::sync::Arc;

use api::{
    catalog::ResourceFacts,
    columns::{self, Column, DEFAULT_MARK, ListRule},
    custom::CustomColumn,
};
use bytes::Bytes;
use meta::time::Time;
use serde::Serialize;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::{broken, shape};
use crate::{
    Object, Status,
    encode::shape::ListMetadata,
    negotiation::{IncludeObject, MetaVersion},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Table<'a> {
    kind: &'static str,
    api_version: &'static str,
    metadata: ListMetadata,
    /// `None` in all but the first event of a watch.
    column_definitions: Option<Vec<Definition<'a>>>,
    rows: Vec<Row>,
}

/// A column as tables declare it.
#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    format: &'a str,
    description: &'a str,
    priority: i64,
}

/// The columns of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Columns<'a> {
    BuiltIn(&'static [Column]),
    /// As a definition declares them.
    Custom(&'a [CustomColumn]),
}

impl<'a> Columns<'a> {
    fn definitions(self) -> Vec<Definition<'a>> {
        match self {
            Self::BuiltIn(columns) => columns.iter().map(Definition::from).collect(),
            Self::Custom(columns) => columns.iter().map(Definition::from).collect(),
        }
    }

    fn cells(self, object: &Value, now: Time) -> Vec<Value> {
        match self {
            Self::BuiltIn(columns) => columns::cells(columns, object, now),
            Self::Custom(columns) => {
                columns.iter().map(|column| column.cell(object, now)).collect()
            }
        }
    }
}

impl From<&Column> for Definition<'static> {
    fn from(column: &Column) -> Self {
        Self {
            name: column.name,
            kind: column.kind.as_str(),
            format: column.format,
            description: "",
            priority: column.priority.into(),
        }
    }
}

impl<'a> From<&'a CustomColumn> for Definition<'a> {
    fn from(column: &'a CustomColumn) -> Self {
        Self {
            name: &column.name,
            kind: &column.kind,
            format: &column.format,
            description: &column.description,
            priority: column.priority,
        }
    }
}

/// The columns of a resource's objects.
pub(super) fn columns_of(facts: &ResourceFacts) -> Columns<'_> {
    if let Some(custom) = &facts.custom {
        return Columns::Custom(&custom.version.columns);
    }
    Columns::BuiltIn(columns::definitions(&facts.resource.group, &facts.resource.kind))
}

/// The columns of an object that may be of another kind than its resource, such as a scale.
pub(super) fn columns_of_value<'a>(facts: &'a ResourceFacts, value: &Value) -> Columns<'a> {
    let text = |member: &str| value[member].as_str().unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    if group == facts.resource.group && text("kind") == facts.resource.kind {
        return columns_of(facts);
    }
    Columns::BuiltIn(columns::definitions(group, text("kind")))
}

/// How rows are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printing<'a> {
    pub columns: Columns<'a>,
    pub include: IncludeObject,
    pub now: Time,
}

/// One object as cells.
#[derive(Serialize)]
pub(super) struct Row {
    cells: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<Value>,
    object: Option<Box<RawValue>>,
}

impl Row {
    pub(super) fn of(printing: Printing<'_>, json: &[u8]) -> Result<Self, Status> {
        Self::of_value(printing, json, &parse(json)?)
    }

    fn of_value(printing: Printing<'_>, json: &[u8], value: &Value) -> Result<Self, Status> {
        let object = match printing.include {
            IncludeObject::None => None,
            IncludeObject::Metadata => Some(raw(&shape::metadata(json, MetaVersion::V1)?)?),
            IncludeObject::Object => Some(raw(json)?),
        };
        Ok(Self {
            cells: printing.columns.cells(value, printing.now),
            conditions: columns::row_conditions(value),
            object,
        })
    }
}

/// The rows of a list.
pub(super) fn rows(
    facts: &ResourceFacts,
    printing: Printing<'_>,
    items: &[Arc<Object>],
) -> Result<Vec<Row>, Status> {
    let Some(rule) = columns::list_rule(&facts.resource.group, &facts.resource.kind) else {
        return items.iter().map(|object| Row::of(printing, &object.json)).collect();
    };
    let values = items.iter().map(|object| parse(&object.json)).collect::<Result<Vec<_>, _>>()?;
    let mut marked = None;
    let mut positions: Vec<usize> = (0..items.len()).collect();
    match rule {
        ListRule::Sorted(order) => {
            positions.sort_by(|left, right| order(&values[*left], &values[*right]));
        }
        ListRule::MarksDefault(find) => marked = find(&values),
    }
    let row = |position: usize| {
        let mut row = Row::of_value(printing, &items[position].json, &values[position])?;
        if let (true, Some(Value::String(name))) = (marked == Some(position), row.cells.first_mut())
        {
            name.push_str(DEFAULT_MARK);
        }
        Ok(row)
    };
    positions.into_iter().map(row).collect()
}

/// A whole table.
pub(super) fn write(
    columns: Columns<'_>,
    version: MetaVersion,
    metadata: ListMetadata,
    rows: Vec<Row>,
) -> Result<Bytes, Status> {
    write_table(version, metadata, Some(columns.definitions()), rows)
}

/// The table of an event after the first: its reader knows the columns.
pub(super) fn write_row(
    version: MetaVersion,
    metadata: ListMetadata,
    row: Row,
) -> Result<Bytes, Status> {
    write_table(version, metadata, None, vec![row])
}

fn write_table(
    version: MetaVersion,
    metadata: ListMetadata,
    column_definitions: Option<Vec<Definition<'_>>>,
    rows: Vec<Row>,
) -> Result<Bytes, Status> {
    let api_version = version.api_version();
    let table = Table { kind: "Table", api_version, metadata, column_definitions, rows };
    serde_json::to_vec(&table).map(Bytes::from).map_err(|error| broken(&error))
}

fn parse(json: &[u8]) -> Result<Value, Status> {
    serde_json::from_slice(json).map_err(|error| broken(&error))
}

fn raw(json: &[u8]) -> Result<Box<RawValue>, Status> {
    let parsed: &RawValue = serde_json::from_slice(json).map_err(|error| broken(&error))?;
    to_raw_value(parsed).map_err(|error| broken(&error))
}
