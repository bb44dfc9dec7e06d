//! Whether a patched map fits the type of its kind, with the messages of the reference's conversion
//! from generic maps to structs (which differ from those of its JSON decoder).

use api::catalog::{Catalog, FieldType, Scalar, TypeId};
use serde_json::{Map, Value};

use super::go;

/// The first value that does not fit, in the order of field names.
pub(super) fn mismatch(catalog: &Catalog, type_id: TypeId, value: &Value) -> Option<String> {
    of_struct(catalog, type_id, value)
}

fn of_struct(catalog: &Catalog, type_id: TypeId, value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Object(members) => of_members(catalog, type_id, members),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            // A union type takes more than one shape; the decoder knows which.
            let is_union = catalog.type_of(type_id).one_of;
            (!is_union).then(|| format!("cannot restore struct from: {}", kind(value)))
        }
    }
}

fn of_members(catalog: &Catalog, type_id: TypeId, members: &Map<String, Value>) -> Option<String> {
    members.iter().find_map(|(name, value)| {
        let field = catalog.field(type_id, name)?;
        of_field(catalog, &field.kind, value)
    })
}

fn of_field(catalog: &Catalog, expected: &FieldType, value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    match expected {
        FieldType::Scalar(scalar) => of_scalar(*scalar, value),
        FieldType::Struct(type_id) => of_struct(catalog, *type_id, value),
        FieldType::List(element) => match value.as_array() {
            Some(list) => list.iter().find_map(|item| of_field(catalog, element, item)),
            None => Some(format!("cannot restore slice from {}", kind(value))),
        },
        FieldType::Map(values) => match value.as_object() {
            Some(map) => map.values().find_map(|item| of_field(catalog, values, item)),
            None => Some(format!("cannot restore map from {}", kind(value))),
        },
    }
}

/// Scalars with a decoder of their own are left to it.
fn of_scalar(scalar: Scalar, value: &Value) -> Option<String> {
    let wanted = match scalar {
        Scalar::String => "string",
        Scalar::Bool => "bool",
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Double => "float64",
        Scalar::Bytes
        | Scalar::Any
        | Scalar::FieldsV1
        | Scalar::IntOrString
        | Scalar::Json
        | Scalar::MicroTime
        | Scalar::Quantity
        | Scalar::Raw
        | Scalar::Time => return None,
    };
    let is_whole_number = scalar == Scalar::Int32 || scalar == Scalar::Int64;
    let is_number = is_whole_number || scalar == Scalar::Double;
    match value {
        Value::String(_) if scalar == Scalar::String => None,
        Value::Bool(_) if scalar == Scalar::Bool => None,
        Value::Number(number) if is_number => {
            let is_fraction = number.as_f64().is_some_and(|float| float.fract() != 0.0);
            (is_whole_number && is_fraction).then(|| format!("cannot convert float64 to {wanted}"))
        }
        Value::Number(number) if scalar == Scalar::String && !number.is_f64() => {
            Some("cannot convert int64 to string".to_owned())
        }
        Value::Null => None,
        Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => Some(format!("unrecognized type: {wanted}")),
    }
}

/// Kind of a decoded value in the reference's language.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => go::type_of(value),
    }
}
