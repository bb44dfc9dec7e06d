//! The one place where tables meet the rules of the kinds.

use api::catalog::ResourceFacts;
use meta::time::Time;
use serde::Serialize;
use serde_json::Value;

/// One column as a `Table` declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Column {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    format: &'static str,
    description: &'static str,
    priority: i32,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Cells {
    pub cells: Vec<Value>,
    /// Such as `Completed` of a finished pod.
    pub conditions: Vec<Value>,
}

const NAME: &str = "Name must be unique within a namespace.";
const CREATED: &str =
    "CreationTimestamp is a timestamp representing the server time when this object was created.";
const NEVER: &str = "0001-01-01T00:00:00Z";

/// The columns of a resource. One without rules of its own shows name and creation.
pub(crate) fn definitions(_facts: &ResourceFacts) -> Vec<Column> {
    vec![
        Column { name: "Name", kind: "string", format: "name", description: NAME, priority: 0 },
        Column { name: "Created At", kind: "date", format: "", description: CREATED, priority: 0 },
    ]
}

/// The cells of an object, in the order of the columns.
pub(crate) fn cells(_facts: &ResourceFacts, object: &Value, _now: Time) -> Cells {
    let text = |field: &str| object["metadata"][field].as_str();
    let name = text("name").unwrap_or_default();
    let created = text("creationTimestamp").unwrap_or(NEVER);
    Cells { cells: vec![name.into(), created.into()], conditions: Vec::new() }
}
