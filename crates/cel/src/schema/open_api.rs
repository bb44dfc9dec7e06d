//! Structural OpenAPI schemas, as custom resource definitions have them, as shapes of data.

use serde_json::Value as Json;

use super::{EMPTY_BYTES, ListKind, REQUEST_BYTES_MAX, Schema};
use crate::types::Type;

/// The longest duration or moment as JSON.
const TIME_BYTES_MAX: u64 = 32;
const DURATION_BYTES_MIN: u64 = 3;
const DATE_BYTES: u64 = 12;
const MOMENT_BYTES_MIN: u64 = 21;
/// A code point is at most so many bytes.
const CODE_POINT_BYTES_MAX: u64 = 4;

/// Whether a schema is that of a whole object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// Its kind, version, name and generated name can be seen even if it does not declare them.
    Resource,
    /// Only what it declares can be seen.
    Plain,
}

impl Schema {
    /// The part of a structural schema that expressions can see; `None` if nothing is. `name` is the type's in messages.
    pub fn structural(schema: &Json, name: &str, root: Root) -> Option<Self> {
        if is_true(schema, "x-kubernetes-int-or-string") {
            let longest = size(schema, "maxLength").map(|length| length * CODE_POINT_BYTES_MAX);
            return Some(Self::sized(Type::Dyn, 1, longest.unwrap_or(REQUEST_BYTES_MAX - 2)));
        }
        let kind = schema.get("type").and_then(Json::as_str);
        if root == Root::Resource {
            return Some(resource(schema, name));
        }
        match kind? {
            "array" => array(schema, name),
            "object" => match schema.get("additionalProperties") {
                Some(values) if values.is_object() => {
                    let values = nested(values, &format!("{name}.@elem"))?;
                    Some(Self::map(values, size(schema, "maxProperties")))
                }
                Some(_) => None,
                None => Some(object(schema, name, declared_properties(schema))),
            },
            "string" => Some(text(schema)),
            "boolean" => Some(Self::boolean()),
            "number" => Some(Self::number()),
            "integer" => Some(Self::integer()),
            _ => None,
        }
    }
}

fn is_true(schema: &Json, keyword: &str) -> bool {
    schema.get(keyword).and_then(Json::as_bool).unwrap_or_default()
}

/// Negative sizes count as nothing.
fn size(schema: &Json, keyword: &str) -> Option<u64> {
    let value = schema.get(keyword)?;
    value.as_u64().or_else(|| value.as_i64().map(|_| 0))
}

fn nested(schema: &Json, name: &str) -> Option<Schema> {
    let embedded = is_true(schema, "x-kubernetes-embedded-resource");
    Schema::structural(schema, name, if embedded { Root::Resource } else { Root::Plain })
}

fn array(schema: &Json, name: &str) -> Option<Schema> {
    let items = nested(schema.get("items")?, &format!("{name}.@idx"))?;
    let list = match schema.get("x-kubernetes-list-type").and_then(Json::as_str) {
        Some("set") => ListKind::Set,
        Some("map") => ListKind::Map(texts(schema, "x-kubernetes-list-map-keys")),
        _ => ListKind::Atomic,
    };
    Some(Schema::list(items, size(schema, "maxItems"), list))
}

fn texts(schema: &Json, keyword: &str) -> Vec<String> {
    let values = schema.get(keyword).and_then(Json::as_array);
    values.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn declared_properties(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    schema.get("properties").and_then(Json::as_object).into_iter().flatten()
}

/// The declared properties, and those that every object has.
fn resource(schema: &Json, name: &str) -> Schema {
    let text = serde_json::json!({"type": "string"});
    let metadata = serde_json::json!({
        "type": "object", "properties": {"name": text, "generateName": text},
    });
    let common = [("apiVersion", &text), ("kind", &text), ("metadata", &metadata)];
    let common = common.map(|(property, schema)| (property.to_owned(), schema));
    let is_common = |property: &str| common.iter().any(|(known, _)| known == property);
    let declared = declared_properties(schema).filter(|(property, _)| !is_common(property));
    object(
        schema,
        name,
        declared.chain(common.iter().map(|(property, schema)| (property, *schema))),
    )
}

fn object<'j>(
    schema: &Json,
    name: &str,
    properties: impl Iterator<Item = (&'j String, &'j Json)>,
) -> Schema {
    let required = texts(schema, "required");
    let mut bytes_min = EMPTY_BYTES;
    let mut fields = Vec::new();
    for (property, declared) in properties {
        let Some(field) = nested(declared, &format!("{name}.{property}")) else { continue };
        if required.contains(property) && declared.get("default").is_none() {
            // Two quotes, a colon and a comma.
            bytes_min += u64::try_from(property.len()).unwrap_or_default() + field.bytes_min + 4;
        }
        fields.push((property.clone(), field));
    }
    Schema { bytes_min, ..Schema::object(name, fields) }
}

fn text(schema: &Json) -> Schema {
    let longest = size(schema, "maxLength");
    let fitting = REQUEST_BYTES_MAX - EMPTY_BYTES;
    match schema.get("format").and_then(Json::as_str) {
        Some("byte") => Schema::sized(Type::Bytes, EMPTY_BYTES, longest.unwrap_or(fitting)),
        Some("duration") => Schema::sized(Type::Duration, DURATION_BYTES_MIN, TIME_BYTES_MAX),
        Some("date") => Schema::sized(Type::Timestamp, DATE_BYTES, DATE_BYTES),
        Some("date-time") => Schema::sized(Type::Timestamp, MOMENT_BYTES_MIN, TIME_BYTES_MAX),
        _ => {
            let longest = longest.map(|length| length.saturating_mul(CODE_POINT_BYTES_MAX));
            let longest = longest.or_else(|| longest_choice(schema)).unwrap_or(fitting);
            Schema::string(Some(longest))
        }
    }
}

fn longest_choice(schema: &Json) -> Option<u64> {
    let choices = schema.get("enum").and_then(Json::as_array)?;
    let lengths = choices.iter().filter_map(Json::as_str).map(str::len);
    u64::try_from(lengths.max()?).ok()
}
