//! `Table`: what `kubectl get` prints, cells computed by the kind's rules.

use api::catalog::ResourceFacts;
use bytes::Bytes;
use meta::time::Time;
use serde::Serialize;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::{broken, shape};
use crate::{
    Status,
    columns::{self, Column},
    encode::shape::ListMetadata,
    negotiation::{IncludeObject, MetaVersion},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    kind: &'static str,
    api_version: &'static str,
    metadata: ListMetadata,
    /// `None` in all but the first event of a watch.
    column_definitions: Option<Vec<Column>>,
    rows: Vec<Row>,
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
    pub(super) fn of(
        facts: &ResourceFacts,
        json: &[u8],
        include: IncludeObject,
        now: Time,
    ) -> Result<Self, Status> {
        let value: Value = serde_json::from_slice(json).map_err(|error| broken(&error))?;
        let columns::Cells { cells, conditions } = columns::cells(facts, &value, now);
        let object = match include {
            IncludeObject::None => None,
            IncludeObject::Metadata => Some(raw(&shape::metadata(json, MetaVersion::V1)?)?),
            IncludeObject::Object => Some(raw(json)?),
        };
        Ok(Self { cells, conditions, object })
    }
}

/// A whole table.
pub(super) fn write(
    facts: &ResourceFacts,
    version: MetaVersion,
    metadata: ListMetadata,
    rows: Vec<Row>,
) -> Result<Bytes, Status> {
    write_table(version, metadata, Some(columns::definitions(facts)), rows)
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
    column_definitions: Option<Vec<Column>>,
    rows: Vec<Row>,
) -> Result<Bytes, Status> {
    let api_version = version.api_version();
    let table = Table { kind: "Table", api_version, metadata, column_definitions, rows };
    serde_json::to_vec(&table).map(Bytes::from).map_err(|error| broken(&error))
}

fn raw(json: &[u8]) -> Result<Box<RawValue>, Status> {
    let parsed: &RawValue = serde_json::from_slice(json).map_err(|error| broken(&error))?;
    to_raw_value(parsed).map_err(|error| broken(&error))
}
