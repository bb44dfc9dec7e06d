//! Protobuf to the JSON form of the same object.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::time::Time;
use serde_json::{Map, Value};

use super::{
    envelope,
    error::ProtoError,
    read::{Payload, Reader},
};
use crate::{
    catalog::{Catalog, Field, FieldType, Scalar, TypeId},
    schema::{finish, json, scalar},
};

/// Deeper messages are refused; schemas of custom resources nest the deepest.
const DEPTH_MAX: usize = 96;

/// Reads a message as the JSON that the reference would write for it, without `apiVersion` and
/// `kind`, which the envelope has. Unknown fields are skipped.
///
/// # Errors
/// [`ProtoError`] for malformed bytes, and for scalars that JSON could not show.
pub fn decode(catalog: &Catalog, type_id: TypeId, bytes: &[u8]) -> Result<Value, ProtoError> {
    Decoder { catalog, depth: 0 }.structure(type_id, bytes)
}

struct Decoder<'a> {
    catalog: &'a Catalog,
    depth: usize,
}

impl Decoder<'_> {
    fn structure(&mut self, id: TypeId, bytes: &[u8]) -> Result<Value, ProtoError> {
        let mut map = Map::new();
        self.members(id, bytes, &mut map)?;
        if self.catalog.type_of(id).one_of {
            return Ok(chosen(self.catalog, id, map));
        }
        finish(self.catalog, id, &mut map);
        Ok(Value::Object(map))
    }

    fn members(
        &mut self,
        id: TypeId,
        bytes: &[u8],
        map: &mut Map<String, Value>,
    ) -> Result<(), ProtoError> {
        if self.depth == DEPTH_MAX {
            return Err(ProtoError::Depth);
        }
        self.depth += 1;
        let mut reader = Reader::new(bytes);
        while let Some((number, payload)) = reader.field()? {
            if let Some(field) = self.catalog.wire_field(id, number) {
                self.member(field, payload, map)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn member(
        &mut self,
        field: &Field,
        payload: Payload<'_>,
        map: &mut Map<String, Value>,
    ) -> Result<(), ProtoError> {
        match &field.kind {
            FieldType::Struct(id) if field.inline => {
                self.members(*id, nested(field, payload)?, map)
            }
            FieldType::List(_) if field.wrapped => {
                let list = wrapped(nested(field, payload)?)?;
                map.insert(field.name.clone(), list);
                Ok(())
            }
            FieldType::List(items) => {
                let slot = map.entry(field.name.clone()).or_insert_with(|| Value::Array(vec![]));
                let Value::Array(list) = slot else { return Ok(()) };
                self.items(field, items, payload, list)
            }
            FieldType::Map(values) => {
                let (key, value) = self.entry(field, values, nested(field, payload)?)?;
                let slot =
                    map.entry(field.name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(entries) = slot {
                    entries.insert(key, value);
                }
                Ok(())
            }
            FieldType::Scalar(_) | FieldType::Struct(_) => {
                let value = self.single(field, &field.kind, payload)?;
                map.insert(field.name.clone(), value);
                Ok(())
            }
        }
    }

    /// One item of a list, or many where numbers are packed.
    fn items(
        &mut self,
        field: &Field,
        items: &FieldType,
        payload: Payload<'_>,
        list: &mut Vec<Value>,
    ) -> Result<(), ProtoError> {
        let numbers = matches!(
            items,
            FieldType::Scalar(Scalar::Bool | Scalar::Int32 | Scalar::Int64 | Scalar::Double)
        );
        let Payload::Bytes(packed) = payload else {
            list.push(self.single(field, items, payload)?);
            return Ok(());
        };
        if !numbers {
            list.push(self.single(field, items, payload)?);
            return Ok(());
        }
        let mut reader = Reader::new(packed);
        while !reader.is_empty() {
            let payload = if *items == FieldType::Scalar(Scalar::Double) {
                Payload::Fixed64(reader.fixed64()?)
            } else {
                Payload::Varint(reader.varint()?)
            };
            list.push(self.single(field, items, payload)?);
        }
        Ok(())
    }

    fn entry(
        &mut self,
        field: &Field,
        values: &FieldType,
        bytes: &[u8],
    ) -> Result<(String, Value), ProtoError> {
        let mut key = String::new();
        let mut value = None;
        let mut reader = Reader::new(bytes);
        while let Some((number, payload)) = reader.field()? {
            match (number, payload) {
                (1, Payload::Bytes(bytes)) => key = String::from_utf8_lossy(bytes).into_owned(),
                (2, Payload::Bytes(bytes)) if field.wrapped => value = Some(wrapped(bytes)?),
                (2, payload) => value = Some(self.single(field, values, payload)?),
                _ => {}
            }
        }
        let value = match value {
            Some(value) => value,
            // An entry without a value holds the zero value: an empty text or message.
            None => self.single(field, values, Payload::Bytes(&[]))?,
        };
        Ok((key, value))
    }

    fn single(
        &mut self,
        field: &Field,
        kind: &FieldType,
        payload: Payload<'_>,
    ) -> Result<Value, ProtoError> {
        match (kind, payload) {
            (FieldType::Struct(id), payload) => self.structure(*id, nested(field, payload)?),
            (FieldType::Scalar(Scalar::Bool), Payload::Varint(number)) => {
                Ok(Value::Bool(number != 0))
            }
            (FieldType::Scalar(Scalar::Int32), Payload::Varint(number)) => {
                Ok(Value::from(low_half(number)))
            }
            (FieldType::Scalar(Scalar::Int64), Payload::Varint(number)) => {
                Ok(Value::from(number.cast_signed()))
            }
            (FieldType::Scalar(Scalar::Double), Payload::Fixed64(bits)) => {
                normal(field, Scalar::Double, Value::from(f64::from_bits(bits)))
            }
            (FieldType::Scalar(scalar), Payload::Bytes(bytes)) => {
                self.scalar_of_bytes(field, *scalar, bytes)
            }
            (FieldType::Scalar(_) | FieldType::List(_) | FieldType::Map(_), payload) => {
                Err(wrong_wire(field, payload))
            }
        }
    }

    fn scalar_of_bytes(
        &mut self,
        field: &Field,
        scalar: Scalar,
        bytes: &[u8],
    ) -> Result<Value, ProtoError> {
        match scalar {
            Scalar::String => Ok(Value::String(String::from_utf8_lossy(bytes).into_owned())),
            Scalar::Bytes => Ok(Value::String(STANDARD.encode(bytes))),
            Scalar::Quantity => {
                let text = String::from_utf8_lossy(first_bytes(bytes)?.unwrap_or(b"0"));
                normal(field, scalar, Value::String(text.into_owned()))
            }
            Scalar::Time | Scalar::MicroTime => time(field, scalar, bytes),
            Scalar::IntOrString => int_or_string(bytes),
            Scalar::FieldsV1 | Scalar::Json => raw(field, first_bytes(bytes)?.unwrap_or_default()),
            Scalar::Raw => {
                let bytes = first_bytes(bytes)?.unwrap_or_default();
                if !bytes.starts_with(envelope::PREFIX) {
                    return raw(field, bytes);
                }
                self.depth += 1;
                let object = envelope::decode_nested(self.catalog, bytes, self.depth, DEPTH_MAX);
                self.depth -= 1;
                object
            }
            Scalar::Bool | Scalar::Int32 | Scalar::Int64 | Scalar::Double | Scalar::Any => {
                Err(wrong_wire(field, Payload::Bytes(bytes)))
            }
        }
    }
}

/// An object inside an envelope inside a message.
pub(super) fn decode_at(
    catalog: &Catalog,
    type_id: TypeId,
    bytes: &[u8],
    depth: usize,
) -> Result<Value, ProtoError> {
    Decoder { catalog, depth }.structure(type_id, bytes)
}

/// The JSON of a type that stands for one of its fields: a set struct or list before a flag.
fn chosen(catalog: &Catalog, id: TypeId, mut map: Map<String, Value>) -> Value {
    let fields = || catalog.type_of(id).fields.iter();
    let flag = |field: &&Field| matches!(field.kind, FieldType::Scalar(_));
    let ordered = fields().filter(|field| !flag(field)).chain(fields().filter(flag));
    let mut values = ordered.filter_map(|field| map.remove(&field.name));
    values.next().unwrap_or_default()
}

fn nested<'a>(field: &Field, payload: Payload<'a>) -> Result<&'a [u8], ProtoError> {
    match payload {
        Payload::Bytes(bytes) => Ok(bytes),
        Payload::Varint(_) | Payload::Fixed64(_) | Payload::Skipped(_) => {
            Err(wrong_wire(field, payload))
        }
    }
}

fn wrong_wire(field: &Field, payload: Payload<'_>) -> ProtoError {
    ProtoError::FieldWire { wire: payload.wire(), field: field.name.clone() }
}

/// The texts of a message that only wraps a list of them.
fn wrapped(bytes: &[u8]) -> Result<Value, ProtoError> {
    let mut list = Vec::new();
    let mut reader = Reader::new(bytes);
    while let Some((number, payload)) = reader.field()? {
        if let (1, Payload::Bytes(text)) = (number, payload) {
            list.push(Value::String(String::from_utf8_lossy(text).into_owned()));
        }
    }
    Ok(Value::Array(list))
}

/// Field 1 of a message that has no other.
fn first_bytes(bytes: &[u8]) -> Result<Option<&[u8]>, ProtoError> {
    let mut found = None;
    let mut reader = Reader::new(bytes);
    while let Some((number, payload)) = reader.field()? {
        if let (1, Payload::Bytes(bytes)) = (number, payload) {
            found = Some(bytes);
        }
    }
    Ok(found)
}

fn normal(field: &Field, scalar: Scalar, value: Value) -> Result<Value, ProtoError> {
    scalar::decode(scalar, value).map_err(|error| ProtoError::Scalar {
        field: field.name.clone(),
        problem: error.to_string(),
    })
}

fn raw(field: &Field, bytes: &[u8]) -> Result<Value, ProtoError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let parsed = json::parse(bytes).map_err(|error| ProtoError::Scalar {
        field: field.name.clone(),
        problem: error.to_string(),
    })?;
    Ok(parsed.value)
}

fn int_or_string(bytes: &[u8]) -> Result<Value, ProtoError> {
    let (mut is_text, mut number, mut text) = (false, 0, String::new());
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.field()? {
        match (field, payload) {
            (1, Payload::Varint(kind)) => is_text = kind == 1,
            (2, Payload::Varint(value)) => number = low_half(value),
            (3, Payload::Bytes(bytes)) => text = String::from_utf8_lossy(bytes).into_owned(),
            _ => {}
        }
    }
    Ok(if is_text { Value::String(text) } else { Value::from(number) })
}

/// Years 1 to 9999, which RFC 3339 can write.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

fn time(field: &Field, scalar: Scalar, bytes: &[u8]) -> Result<Value, ProtoError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0, 0);
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.field()? {
        match (field, payload) {
            (1, Payload::Varint(value)) => seconds = value.cast_signed(),
            (2, Payload::Varint(value)) => nanos = low_half(value),
            _ => {}
        }
    }
    if !SECONDS.contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
        let problem = format!("time of {seconds} s and {nanos} ns is out of range");
        return Err(ProtoError::Scalar { field: field.name.clone(), problem });
    }
    let time = Time::from_microseconds(seconds * 1_000_000 + i64::from(nanos) / 1000);
    if seconds == *SECONDS.start() {
        return Ok(Value::Null);
    }
    let text = if scalar == Scalar::Time { time.to_string() } else { time.to_micro_string() };
    Ok(Value::String(text))
}

/// Go cuts a varint off to the field's size.
fn low_half(number: u64) -> i32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default().cast_signed()
}
