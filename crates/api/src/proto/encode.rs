//! The JSON form of an object to protobuf.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::time::Time;
use serde_json::Value;

use super::write::Writer;
use crate::catalog::{Catalog, Field, FieldType, Scalar, TypeId};

/// Writes the message of a decoded object, without an envelope. A value that does not fit its field
/// counts as not set.
pub fn encode(catalog: &Catalog, type_id: TypeId, value: &Value) -> Vec<u8> {
    let mut encoder = Encoder { catalog, writer: Writer::default() };
    encoder.structure(type_id, value);
    encoder.writer.finish()
}

struct Encoder<'a> {
    catalog: &'a Catalog,
    writer: Writer,
}

impl Encoder<'_> {
    /// Fields come in descending order here, as the writer goes back to front.
    fn structure(&mut self, id: TypeId, value: &Value) {
        if self.catalog.type_of(id).one_of {
            self.one_of(id, value);
            return;
        }
        let catalog = self.catalog;
        for field in catalog.wire_fields(id).rev() {
            match &field.kind {
                FieldType::Struct(inlined) if field.inline => {
                    self.message(field.number, *inlined, value);
                }
                FieldType::Scalar(_)
                | FieldType::Struct(_)
                | FieldType::List(_)
                | FieldType::Map(_) => {
                    let value = value.get(&field.name).filter(|value| !value.is_null());
                    self.member(field, value);
                }
            }
        }
    }

    fn message(&mut self, number: u32, id: TypeId, value: &Value) {
        let end = self.writer.position();
        self.structure(id, value);
        self.writer.close(number, end);
    }

    fn member(&mut self, field: &Field, value: Option<&Value>) {
        match (&field.kind, value) {
            (FieldType::List(_), Some(Value::Array(list))) if field.wrapped => {
                self.writer.message(field.number, |writer| texts(writer, list));
            }
            (FieldType::List(items), Some(Value::Array(list))) => {
                for item in list.iter().rev() {
                    self.single(field.number, items, item);
                }
            }
            (FieldType::Map(values), Some(Value::Object(map))) => {
                for (key, value) in map.iter().rev() {
                    self.entry(field, values, key, value);
                }
            }
            (FieldType::List(_) | FieldType::Map(_), _)
            | (FieldType::Scalar(Scalar::Bytes), None) => {}
            (FieldType::Scalar(_) | FieldType::Struct(_), None) if field.pointer => {}
            (kind, value) => self.single(field.number, kind, value.unwrap_or(&Value::Null)),
        }
    }

    fn entry(&mut self, field: &Field, values: &FieldType, key: &str, value: &Value) {
        let end = self.writer.position();
        if field.wrapped {
            let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
            self.writer.message(2, |writer| texts(writer, list));
        } else {
            self.single(2, values, value);
        }
        self.writer.bytes_field(1, key.as_bytes());
        self.writer.close(field.number, end);
    }

    fn single(&mut self, number: u32, kind: &FieldType, value: &Value) {
        match kind {
            FieldType::Struct(id) => self.message(number, *id, value),
            FieldType::Scalar(scalar) => scalar_field(&mut self.writer, number, *scalar, value),
            // Protobuf has no lists of lists or maps.
            FieldType::List(_) | FieldType::Map(_) => {}
        }
    }

    fn one_of(&mut self, id: TypeId, value: &Value) {
        let catalog = self.catalog;
        for field in catalog.wire_fields(id).rev() {
            match (&field.kind, value) {
                // The flag of `JSONSchemaPropsOrBool` is true where a schema is set.
                (FieldType::Scalar(_), value) => {
                    let allows = value.as_bool().unwrap_or(value.is_object());
                    self.writer.varint_field(field.number, u64::from(allows));
                }
                (FieldType::Struct(_), Value::Object(_))
                | (FieldType::List(_), Value::Array(_)) => self.member(field, Some(value)),
                (FieldType::Struct(_) | FieldType::List(_) | FieldType::Map(_), _) => {}
            }
        }
    }
}

fn texts(writer: &mut Writer, list: &[Value]) {
    for item in list.iter().rev() {
        writer.bytes_field(1, item.as_str().unwrap_or_default().as_bytes());
    }
}

fn scalar_field(writer: &mut Writer, number: u32, scalar: Scalar, value: &Value) {
    match scalar {
        Scalar::String => {
            writer.bytes_field(number, value.as_str().unwrap_or_default().as_bytes());
        }
        Scalar::Bool => writer.varint_field(number, u64::from(value.as_bool().unwrap_or(false))),
        Scalar::Int32 | Scalar::Int64 => {
            writer.varint_field(number, value.as_i64().unwrap_or_default().cast_unsigned());
        }
        Scalar::Double => {
            writer.fixed64_field(number, value.as_f64().unwrap_or_default().to_bits());
        }
        Scalar::Bytes => {
            let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
            writer.bytes_field(number, &bytes);
        }
        Scalar::Quantity => {
            let text = value.as_str().unwrap_or("0");
            writer.message(number, |writer| writer.bytes_field(1, text.as_bytes()));
        }
        Scalar::Time | Scalar::MicroTime => {
            writer.message(number, |writer| time(writer, scalar, value));
        }
        Scalar::IntOrString => writer.message(number, |writer| int_or_string(writer, value)),
        Scalar::FieldsV1 | Scalar::Json | Scalar::Raw => {
            writer.message(number, |writer| {
                if !value.is_null() {
                    writer.bytes_field(1, value.to_string().as_bytes());
                }
            });
        }
        // Cells of tables, which have no protobuf form.
        Scalar::Any => {}
    }
}

fn int_or_string(writer: &mut Writer, value: &Value) {
    let text = value.as_str();
    let number = value.as_i64().unwrap_or_default();
    writer.bytes_field(3, text.unwrap_or_default().as_bytes());
    writer.varint_field(2, number.cast_unsigned());
    writer.varint_field(1, u64::from(text.is_some()));
}

/// The zero time is an empty message.
fn time(writer: &mut Writer, scalar: Scalar, value: &Value) {
    let parsed: Option<Time> = value.as_str().and_then(|text| text.parse().ok());
    let Some(time) = parsed else { return };
    let micros = time.microseconds().rem_euclid(1_000_000);
    let nanos = if scalar == Scalar::MicroTime { micros * 1000 } else { 0 };
    writer.varint_field(2, nanos.cast_unsigned());
    writer.varint_field(1, time.seconds().cast_unsigned());
}
