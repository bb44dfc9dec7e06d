//! Values from JSON, guided by a schema, and JSON from values.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use super::{Key, List, Map, Moment, Object, Text, Value, double_to_int, int_to_double, time};
use crate::{schema::Schema, types::Type};

impl<'a> Value<'a> {
    /// Reads JSON as its schema says. What does not match its schema is read as if it had none.
    pub fn from_json(json: &'a Json, schema: &'a Schema) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => number_value(number, schema),
            Json::String(text) => text_value(text, schema),
            Json::Array(items) => Self::List(List::Json(items, schema)),
            Json::Object(properties) => match &schema.type_ {
                Type::Object(type_) => Self::Object(Object::Json(properties, type_)),
                _ => Self::Map(Map::Json(properties, schema)),
            },
        }
    }

    /// As JSON; `None` for what JSON has no form for, as types and addresses.
    pub fn to_json(&self) -> Option<Json> {
        Some(match self {
            Self::Null | Self::Optional(None) => Json::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Uint(value) => (*value).into(),
            Self::Double(value) => serde_json::Number::from_f64(*value)?.into(),
            Self::String(text) => (**text).into(),
            Self::Bytes(bytes) => STANDARD.encode(bytes).into(),
            Self::Timestamp(moment) => moment.to_string().into(),
            Self::Duration(nanoseconds) => time::duration_seconds(*nanoseconds).into(),
            Self::List(list) => list.iter().map(|item| item.to_json()).collect::<Option<_>>()?,
            Self::Map(map) => Json::Object(map_json(map)?),
            Self::Object(object) => {
                let fields = object.fields();
                let fields = fields
                    .iter()
                    .map(|(name, value)| Some(((**name).to_owned(), value.to_json()?)));
                Json::Object(fields.collect::<Option<_>>()?)
            }
            Self::Optional(Some(value)) => return value.to_json(),
            Self::Type(_) | Self::Opaque(_) => return None,
        })
    }
}

/// Only texts are keys in JSON.
fn map_json(map: &Map<'_>) -> Option<serde_json::Map<String, Json>> {
    let entries = map.entries();
    let entries = entries.iter().map(|(key, value)| {
        let Key::String(name) = key else { return None };
        Some(((**name).to_owned(), value.to_json()?))
    });
    entries.collect()
}

fn number_value(number: &serde_json::Number, schema: &Schema) -> Value<'static> {
    if matches!(schema.type_, Type::Double) {
        return Value::Double(number.as_f64().unwrap_or_default());
    }
    if let Some(whole) = number.as_i64() {
        return Value::Int(whole);
    }
    let double = number.as_f64().unwrap_or_default();
    if matches!(schema.type_, Type::Int)
        && let Some(whole) = double_to_int(double)
        && (int_to_double(whole) - double).abs() == 0.0
    {
        return Value::Int(whole);
    }
    Value::Double(double)
}

fn text_value<'a>(text: &'a str, schema: &Schema) -> Value<'a> {
    let read = match &schema.type_ {
        Type::Bytes => STANDARD.decode(text).ok().map(|bytes| Value::Bytes(bytes.into())),
        Type::Timestamp => {
            let moment =
                Moment::parse(text).or_else(|| Moment::parse(&format!("{text}T00:00:00Z")));
            moment.map(Value::Timestamp)
        }
        Type::Duration => time::parse_duration(text).map(Value::Duration),
        _ => None,
    };
    read.unwrap_or(Value::String(Text::Borrowed(text)))
}
