//! Version 2 in protobuf, the only form that some clients ask for. The field numbers are gnostic's.

use serde_json::{Map, Value};

use crate::proto::Writer;

/// The document of [`super::v2`] as a gnostic message.
pub fn v2_protobuf(document: &Value) -> Vec<u8> {
    let mut writer = Writer::default();
    message(&mut writer, &DOCUMENT, document);
    writer.finish()
}

/// A field of a message: its number, the JSON member it holds (empty: the value itself), and how.
type Row = (u32, &'static str, Form);

#[derive(Clone, Copy)]
enum Form {
    Text,
    Bool,
    /// A field per text; a single text counts as a list of one.
    Texts,
    /// JSON text in a message.
    Any,
    /// A field per item, each as [`Form::Any`].
    Anys,
    Message(&'static [Row]),
    /// A message for parameters that are sent in one of these places.
    Parameter(&'static [&'static str], &'static [Row]),
    /// A field per item.
    Messages(&'static [Row]),
    /// A field per member, each a message of name and value.
    Named(&'static [Row]),
    /// A field per member whose name begins with `x-`.
    Extensions,
}

static DOCUMENT: [Row; 4] = [
    (1, "swagger", Form::Text),
    (2, "info", Form::Message(&INFO)),
    (8, "paths", Form::Message(&PATHS)),
    (9, "definitions", Form::Message(&SCHEMAS)),
];
static INFO: [Row; 2] = [(1, "title", Form::Text), (2, "version", Form::Text)];
static PATHS: [Row; 1] = [(2, "", Form::Named(&PATH_ITEM))];
static PATH_ITEM: [Row; 8] = [
    (2, "get", Form::Message(&OPERATION)),
    (3, "put", Form::Message(&OPERATION)),
    (4, "post", Form::Message(&OPERATION)),
    (5, "delete", Form::Message(&OPERATION)),
    (6, "options", Form::Message(&OPERATION)),
    (7, "head", Form::Message(&OPERATION)),
    (8, "patch", Form::Message(&OPERATION)),
    (9, "parameters", Form::Messages(&PARAMETERS_ITEM)),
];
static OPERATION: [Row; 8] = [
    (1, "tags", Form::Texts),
    (5, "operationId", Form::Text),
    (6, "produces", Form::Texts),
    (7, "consumes", Form::Texts),
    (8, "parameters", Form::Messages(&PARAMETERS_ITEM)),
    (9, "responses", Form::Message(&RESPONSES)),
    (10, "schemes", Form::Texts),
    (13, "", Form::Extensions),
];
static PARAMETERS_ITEM: [Row; 1] = [(1, "", Form::Message(&BODY_OR_OTHER))];
static BODY_OR_OTHER: [Row; 2] = [
    (1, "", Form::Parameter(&["body"], &BODY_PARAMETER)),
    (2, "", Form::Parameter(&["path", "query"], &OTHER_PARAMETER)),
];
static BODY_PARAMETER: [Row; 4] = [
    (2, "name", Form::Text),
    (3, "in", Form::Text),
    (4, "required", Form::Bool),
    (5, "schema", Form::Message(&SCHEMA)),
];
static OTHER_PARAMETER: [Row; 2] = [
    (3, "", Form::Parameter(&["query"], &QUERY_PARAMETER)),
    (4, "", Form::Parameter(&["path"], &PATH_PARAMETER)),
];
static QUERY_PARAMETER: [Row; 4] = [
    (2, "in", Form::Text),
    (4, "name", Form::Text),
    (6, "type", Form::Text),
    (20, "uniqueItems", Form::Bool),
];
static PATH_PARAMETER: [Row; 5] = [
    (1, "required", Form::Bool),
    (2, "in", Form::Text),
    (4, "name", Form::Text),
    (5, "type", Form::Text),
    (19, "uniqueItems", Form::Bool),
];
static RESPONSES: [Row; 1] = [(1, "", Form::Named(&RESPONSE_VALUE))];
static RESPONSE_VALUE: [Row; 1] = [(1, "", Form::Message(&RESPONSE))];
static RESPONSE: [Row; 2] =
    [(1, "description", Form::Text), (2, "schema", Form::Message(&ONE_SCHEMA))];
/// Also the items of lists and the values of maps.
static ONE_SCHEMA: [Row; 1] = [(1, "", Form::Message(&SCHEMA))];
static SCHEMAS: [Row; 1] = [(1, "", Form::Named(&SCHEMA))];
static TYPES: [Row; 1] = [(1, "", Form::Texts)];
static SCHEMA: [Row; 13] = [
    (1, "$ref", Form::Text),
    (2, "format", Form::Text),
    (3, "title", Form::Text),
    (4, "description", Form::Text),
    (5, "default", Form::Any),
    (13, "pattern", Form::Text),
    (19, "required", Form::Texts),
    (20, "enum", Form::Anys),
    (21, "additionalProperties", Form::Message(&ONE_SCHEMA)),
    (22, "type", Form::Message(&TYPES)),
    (23, "items", Form::Message(&ONE_SCHEMA)),
    (25, "properties", Form::Message(&SCHEMAS)),
    (31, "", Form::Extensions),
];

/// Fields come in descending order, as the writer goes back to front.
fn message(writer: &mut Writer, rows: &'static [Row], value: &Value) {
    for (number, name, form) in rows.iter().rev() {
        let member = if name.is_empty() { Some(value) } else { value.get(name) };
        if let Some(member) = member {
            field(writer, *number, *form, member);
        }
    }
}

fn field(writer: &mut Writer, number: u32, form: Form, value: &Value) {
    match form {
        Form::Text => writer.bytes_field(number, value.as_str().unwrap_or_default().as_bytes()),
        Form::Bool => writer.varint_field(number, u64::from(value == &Value::Bool(true))),
        Form::Texts => {
            for text in items(value).iter().rev() {
                field(writer, number, Form::Text, text);
            }
        }
        Form::Any => {
            let text = value.to_string();
            writer.message(number, |writer| writer.bytes_field(2, text.as_bytes()));
        }
        Form::Anys => {
            for item in items(value).iter().rev() {
                field(writer, number, Form::Any, item);
            }
        }
        Form::Message(rows) => writer.message(number, |writer| message(writer, rows, value)),
        Form::Parameter(places, rows) => {
            let place = value.get("in").and_then(Value::as_str).unwrap_or_default();
            if places.contains(&place) {
                field(writer, number, Form::Message(rows), value);
            }
        }
        Form::Messages(rows) => {
            for item in items(value).iter().rev() {
                field(writer, number, Form::Message(rows), item);
            }
        }
        Form::Named(rows) => {
            for (name, value) in members(value).rev() {
                named(writer, number, name, |writer| {
                    writer.message(2, |writer| message(writer, rows, value));
                });
            }
        }
        Form::Extensions => {
            for (name, value) in members(value).rev().filter(|(name, _)| name.starts_with("x-")) {
                named(writer, number, name, |writer| field(writer, 2, Form::Any, value));
            }
        }
    }
}

fn named(writer: &mut Writer, number: u32, name: &str, value: impl FnOnce(&mut Writer)) {
    writer.message(number, |writer| {
        value(writer);
        writer.bytes_field(1, name.as_bytes());
    });
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn members(value: &Value) -> impl DoubleEndedIterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
