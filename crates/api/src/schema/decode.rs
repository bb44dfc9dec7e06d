//! One pass over an owned value, guided by its type: checks, drops what the type does not know, and
//! writes out what the reference would write.

use std::mem::take;

use serde_json::{Map, Value};

use super::{
    error::DecodeError,
    json::prefix,
    scalar::{self, mismatch},
};
use crate::catalog::{Catalog, Field, FieldType, Omit, ResourceFacts, Scalar, TypeId, builtin};

/// An object as the reference would write it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub value: Value,
    /// Paths of the fields that the type does not have, such as `spec.containers[0].bar`; they are
    /// not in the value.
    pub unknown: Vec<String>,
}

/// Makes the value what decoding into the type and encoding again gives in the reference. `null` is
/// an empty object.
///
/// # Errors
/// The first value that does not fit its field's type.
pub fn decode(catalog: &Catalog, type_id: TypeId, value: Value) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder { catalog, unknown: Vec::new() };
    let value = decoder.structure(type_id, value)?;
    Ok(Decoded { value, unknown: decoder.unknown })
}

/// [`decode`] for whole objects of a resource, whoever describes it.
///
/// # Errors
/// As [`decode`].
pub fn decode_object(facts: &ResourceFacts, value: Value) -> Result<Decoded, DecodeError> {
    match &facts.custom {
        Some(custom) => custom.version.decode(value),
        None => decode(builtin(), facts.type_id, value),
    }
}

struct Decoder<'a> {
    catalog: &'a Catalog,
    unknown: Vec<String>,
}

impl Decoder<'_> {
    fn structure(&mut self, id: TypeId, value: Value) -> Result<Value, DecodeError> {
        if self.catalog.type_of(id).one_of {
            return self.one_of(id, value);
        }
        match value {
            Value::Object(mut map) => {
                self.members(id, &mut map)?;
                fill(self.catalog, id, &mut map);
                Ok(Value::Object(map))
            }
            Value::Null => Ok(empty(self.catalog, id)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(mismatch(&value, &go_struct(self.catalog, id)))
            }
        }
    }

    fn members(&mut self, id: TypeId, map: &mut Map<String, Value>) -> Result<(), DecodeError> {
        let mut problem = None;
        map.retain(|key, value| {
            if problem.is_some() {
                return true;
            }
            self.member(id, key, value).unwrap_or_else(|error| {
                let name = &self.catalog.type_of(id).name;
                problem = Some(error.in_field(name, key));
                true
            })
        });
        problem.map_or(Ok(()), Err)
    }

    /// Decodes one member in place; whether it is written.
    fn member(&mut self, id: TypeId, key: &str, value: &mut Value) -> Result<bool, DecodeError> {
        let Some(field) = self.catalog.field(id, key) else {
            if self.catalog.type_of(id).has_type_meta && matches!(key, "apiVersion" | "kind") {
                return type_meta(value);
            }
            self.unknown.push(key.to_owned());
            return Ok(false);
        };
        if value.is_null() {
            *value = absent(self.catalog, field).unwrap_or_default();
            return Ok(is_written(field, value));
        }
        let known = self.unknown.len();
        *value = self.of_type(&field.kind, take(value))?;
        prefix(&mut self.unknown, known, key);
        Ok(is_written(field, value))
    }

    fn of_type(&mut self, kind: &FieldType, value: Value) -> Result<Value, DecodeError> {
        match (kind, value) {
            (FieldType::Scalar(scalar), Value::Null) => Ok(null_element(*scalar)),
            (FieldType::Scalar(scalar), value) => scalar::decode(*scalar, value),
            (FieldType::Struct(id), value) => self.structure(*id, value),
            (FieldType::List(items), Value::Array(list)) => self.list(items, list),
            (FieldType::Map(values), Value::Object(map)) => self.map(values, map),
            (FieldType::List(_) | FieldType::Map(_), Value::Null) => Ok(Value::Null),
            (FieldType::List(_) | FieldType::Map(_), value) => {
                Err(mismatch(&value, &go_type(self.catalog, kind)))
            }
        }
    }

    fn list(&mut self, items: &FieldType, mut list: Vec<Value>) -> Result<Value, DecodeError> {
        for (position, item) in list.iter_mut().enumerate() {
            let known = self.unknown.len();
            *item = self.of_type(items, take(item))?;
            if self.unknown.len() > known {
                prefix(&mut self.unknown, known, &format!("[{position}]"));
            }
        }
        Ok(Value::Array(list))
    }

    fn map(
        &mut self,
        values: &FieldType,
        mut map: Map<String, Value>,
    ) -> Result<Value, DecodeError> {
        for (key, value) in &mut map {
            let known = self.unknown.len();
            *value = self.of_type(values, take(value))?;
            prefix(&mut self.unknown, known, key);
        }
        Ok(Value::Object(map))
    }

    /// The reference reads these by functions of their own, which do not look for unknown fields.
    fn one_of(&mut self, id: TypeId, value: Value) -> Result<Value, DecodeError> {
        let alternative = self.catalog.type_of(id).fields.iter().find(|field| match field.kind {
            FieldType::Scalar(_) => value.is_boolean(),
            FieldType::Struct(_) => value.is_object(),
            FieldType::List(_) => value.is_array(),
            FieldType::Map(_) => false,
        });
        let Some(field) = alternative else {
            return Err(mismatch(&value, &go_struct(self.catalog, id)));
        };
        let known = self.unknown.len();
        let value = self.of_type(&field.kind, value)?;
        self.unknown.truncate(known);
        Ok(value)
    }
}

/// Leaves out what is not written, and adds the fields that are written although nothing set them.
pub(crate) fn finish(catalog: &Catalog, id: TypeId, map: &mut Map<String, Value>) {
    map.retain(|key, value| catalog.field(id, key).is_some_and(|field| is_written(field, value)));
    fill(catalog, id, map);
}

/// Adds the fields that are written although nothing set them.
pub(crate) fn fill(catalog: &Catalog, id: TypeId, map: &mut Map<String, Value>) {
    for field in catalog.json_fields(id) {
        if let Some(value) = absent(catalog, field)
            && !map.contains_key(&field.name)
        {
            map.insert(field.name.clone(), value);
        }
    }
}

fn empty(catalog: &Catalog, id: TypeId) -> Value {
    if catalog.type_of(id).one_of {
        return Value::Null;
    }
    let mut map = Map::new();
    fill(catalog, id, &mut map);
    Value::Object(map)
}

/// What is written for a field that is not set; `None` if nothing is.
fn absent(catalog: &Catalog, field: &Field) -> Option<Value> {
    let value = match &field.kind {
        FieldType::Scalar(_) if field.pointer => Value::Null,
        FieldType::Scalar(scalar) => scalar::zero(*scalar),
        FieldType::Struct(id) if !field.pointer && omits_no_struct(field.omit) => {
            empty(catalog, *id)
        }
        FieldType::Struct(_) | FieldType::List(_) | FieldType::Map(_) => Value::Null,
    };
    is_written(field, &value).then_some(value)
}

/// `kind` and `apiVersion` are texts, left out when empty.
fn type_meta(value: &Value) -> Result<bool, DecodeError> {
    match value {
        Value::String(text) => Ok(!text.is_empty()),
        Value::Null => Ok(false),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(mismatch(value, "string"))
        }
    }
}

/// A null inside a list or map stands for the zero value.
fn null_element(scalar: Scalar) -> Value {
    if scalar == Scalar::Bytes { Value::String(String::new()) } else { scalar::zero(scalar) }
}

fn omits_no_struct(omit: Omit) -> bool {
    matches!(omit, Omit::Never | Omit::Empty)
}

/// Whether a field with this value shows in JSON.
fn is_written(field: &Field, value: &Value) -> bool {
    if field.omit == Omit::Never {
        return true;
    }
    if field.pointer {
        return !value.is_null();
    }
    match &field.kind {
        FieldType::Scalar(scalar) if omits_no_struct(field.omit) => {
            !scalar::is_empty(*scalar, value)
        }
        FieldType::Scalar(scalar) => !value.is_null() && !scalar::is_empty(*scalar, value),
        FieldType::Struct(_) => !value.is_null(),
        FieldType::List(_) => value.as_array().is_some_and(|list| !list.is_empty()),
        FieldType::Map(_) => value.as_object().is_some_and(|map| !map.is_empty()),
    }
}

/// `v1.PodSpec` for `core/v1.PodSpec`.
fn go_struct(catalog: &Catalog, id: TypeId) -> String {
    let name = &catalog.type_of(id).name;
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

fn go_type(catalog: &Catalog, kind: &FieldType) -> String {
    match kind {
        FieldType::Scalar(scalar) => go_scalar(*scalar).to_owned(),
        FieldType::Struct(id) => go_struct(catalog, *id),
        FieldType::List(items) => format!("[]{}", go_type(catalog, items)),
        FieldType::Map(values) if **values == FieldType::Scalar(Scalar::Quantity) => {
            "v1.ResourceList".to_owned()
        }
        FieldType::Map(values) => format!("map[string]{}", go_type(catalog, values)),
    }
}

fn go_scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "string",
        Scalar::Bool => "bool",
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Double => "float64",
        Scalar::Bytes => "[]uint8",
        Scalar::Any => "interface {}",
        Scalar::FieldsV1 => "v1.FieldsV1",
        Scalar::IntOrString => "intstr.IntOrString",
        Scalar::Json => "v1.JSON",
        Scalar::MicroTime => "v1.MicroTime",
        Scalar::Quantity => "resource.Quantity",
        Scalar::Raw => "runtime.RawExtension",
        Scalar::Time => "v1.Time",
    }
}
