//! The columns that `kubectl get` shows of a custom kind.

use meta::{human, time::Time};
use serde_json::Value;

use super::json_path::JsonPath;
use crate::json;

/// A column of a definition.
#[derive(Debug)]
pub struct CustomColumn {
    pub name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub kind: String,
    pub format: String,
    pub description: String,
    pub priority: i64,
    path: JsonPath,
}

impl CustomColumn {
    /// The columns of a version: the name, and those it declares or else the age.
    pub(super) fn of_version(version: &Value) -> Vec<Self> {
        let declared = json::list(version, "additionalPrinterColumns");
        let name = Self::fixed("Name", "string", "name", ".metadata.name");
        let mut columns: Vec<Self> = name.into_iter().collect();
        if declared.is_empty() {
            let place = ".metadata.creationTimestamp";
            columns.extend(Self::fixed("Age", "date", "", place));
        }
        columns.extend(declared.iter().filter_map(Self::declared));
        columns
    }

    fn fixed(name: &str, kind: &str, format: &str, path: &str) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            format: format.to_owned(),
            description: String::new(),
            priority: 0,
            path: JsonPath::parse(path).ok()?,
        })
    }

    fn declared(column: &Value) -> Option<Self> {
        let path = json::text(column, "jsonPath");
        let description = match json::text(column, "description") {
            "" => format!("Custom resource definition column (in JSONPath format): {path}"),
            text => text.to_owned(),
        };
        Some(Self {
            name: json::text(column, "name").to_owned(),
            kind: json::text(column, "type").to_owned(),
            format: json::text(column, "format").to_owned(),
            description,
            priority: json::number(column, "priority").unwrap_or(0),
            path: JsonPath::parse(path).ok()?,
        })
    }

    /// The cell of an object; null where it has nothing to show.
    pub fn cell(&self, object: &Value, now: Time) -> Value {
        let found = self.path.find(object);
        let Some(first) = found.first() else { return Value::Null };
        match self.kind.as_str() {
            "date" => since(first, now),
            "integer" => match first.as_f64() {
                Some(number) if number.fract() != 0.0 => whole(number),
                Some(_) => (*first).clone(),
                None => Value::Null,
            },
            "number" if first.is_number() => (*first).clone(),
            "boolean" if first.is_boolean() => (*first).clone(),
            "number" | "boolean" => Value::Null,
            _ => text(first),
        }
    }
}

fn whole(number: f64) -> Value {
    number.trunc().to_string().parse::<i64>().map_or(Value::Null, Value::from)
}

/// How long ago a time was.
fn since(time: &Value, now: Time) -> Value {
    let Some(text) = time.as_str() else { return Value::Null };
    let Ok(time) = text.parse::<Time>() else { return "<invalid>".into() };
    human::duration(now.microseconds().saturating_sub(time.microseconds())).into()
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) => text.as_str().into(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string().into()
        }
    }
}
