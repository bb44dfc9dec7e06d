//! Whether a schema is structural: types are said once, outside of all alternatives, so that everybody
//! can tell what an object consists of without looking at its values.

use serde_json::{Value, json};

use crate::{
    custom::schema::is_pattern,
    json,
    validation::{Errors, FieldError, Path},
};

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";
const EMBEDDED: &str = "x-kubernetes-embedded-resource";
const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

/// What keeps a schema from being structural.
pub(super) fn validate(path: &Path<'_>, schema: &Value, errors: &mut Errors) {
    node(path, schema, Level::Root, errors);
    complete(path, path, schema, schema, errors);
}

fn node(path: &Path<'_>, schema: &Value, level: Level, errors: &mut Errors) {
    if json::text(schema, "type") == "array" && json::field(schema, "items").is_none() {
        errors.push(FieldError::required(&path.child("items"), "must be specified"));
    }
    if schema["items"].is_object() {
        node(&path.child("items"), &schema["items"], Level::Item, errors);
    }
    let properties = path.child("properties");
    for (name, property) in json::entries(schema, "properties") {
        node(&properties.key(name), property, Level::Field, errors);
    }
    let additional = &schema["additionalProperties"];
    if !additional.is_null() && level == Level::Root {
        let text = "must not be used at the root";
        errors.push(FieldError::forbidden(&path.child("additionalProperties"), text));
    }
    if additional.is_object() {
        node(&path.child("additionalProperties"), additional, Level::Field, errors);
    }
    extensions(path, schema, errors);
    let skips =
        Skips { any_of: is_int_or_string(schema), first_of_all: first_is_int_or_string(schema) };
    values(path, schema, skips, errors);
    types(path, schema, level, errors);
    whole_object(path, schema, level, errors);
}

fn extensions(path: &Path<'_>, schema: &Value, errors: &mut Errors) {
    if !json::is_true(schema, INT_OR_STRING) {
        return;
    }
    for extension in [PRESERVE, EMBEDDED] {
        if json::is_true(schema, extension) {
            let text = "must be false if x-kubernetes-int-or-string is true";
            errors.push(FieldError::invalid(&path.child(extension), json!(true), text));
        }
    }
}

fn types(path: &Path<'_>, schema: &Value, level: Level, errors: &mut Errors) {
    let kind = json::text(schema, "type");
    let is_embedded = json::is_true(schema, EMBEDDED);
    let path = path.child("type");
    if is_embedded && kind != "object" {
        let text = "must be object if x-kubernetes-embedded-resource is true";
        errors.push(match kind {
            "" => FieldError::required(&path, text),
            kind => FieldError::invalid(&path, kind, text),
        });
    } else if kind.is_empty()
        && !json::is_true(schema, INT_OR_STRING)
        && !json::is_true(schema, PRESERVE)
    {
        let place = match level {
            Level::Root => "at the root",
            Level::Item => "for specified array items",
            Level::Field => "for specified object fields",
        };
        errors.push(FieldError::required(&path, format!("must not be empty {place}")));
    }
    if level == Level::Root && !kind.is_empty() && kind != "object" {
        errors.push(FieldError::invalid(&path, kind, "must be object at the root"));
    }
}

/// Of a whole object, kind and apiVersion are texts, and metadata is that of any object.
fn whole_object(path: &Path<'_>, schema: &Value, level: Level, errors: &mut Errors) {
    let is_embedded = json::is_true(schema, EMBEDDED);
    let is_object = level == Level::Root || is_embedded;
    if is_embedded && !schema["additionalProperties"].is_null() {
        let text = "must not be used if x-kubernetes-embedded-resource is set";
        errors.push(FieldError::forbidden(&path.child("additionalProperties"), text));
    }
    let properties = path.child("properties");
    for name in ["kind", "apiVersion"] {
        let property = &schema["properties"][name];
        let kind = json::text(property, "type");
        if is_object && property.is_object() && kind != "string" {
            let path = properties.key(name);
            errors.push(FieldError::invalid(&path.child("type"), kind, "must be string"));
        }
    }
    let metadata = &schema["properties"]["metadata"];
    if metadata.is_object() {
        let path = properties.key("metadata");
        let kind = json::text(metadata, "type");
        if is_object && kind != "object" {
            errors.push(FieldError::invalid(&path.child("type"), kind, "must be object"));
        }
        if level == Level::Root && says_more_than_names(metadata) {
            let text = "must not specify anything other than name and generateName, but metadata \
                        is implicitly specified";
            errors.push(FieldError::forbidden(&path, text));
        }
    }
    if is_embedded && !json::is_true(schema, PRESERVE) && json::is_empty(schema, "properties") {
        let text = "must not be empty if x-kubernetes-embedded-resource is true without \
                    x-kubernetes-preserve-unknown-fields";
        errors.push(FieldError::required(&properties, text));
    }
}

fn says_more_than_names(metadata: &Value) -> bool {
    let is_plain =
        |name: &String| matches!(name.as_str(), "type" | "properties" | "default" | "description");
    let mut properties = json::entries(metadata, "properties");
    let mut members = metadata.as_object().into_iter().flat_map(serde_json::Map::keys);
    properties.any(|(name, _)| name != "name" && name != "generateName") || !members.all(is_plain)
}

/// Alternatives that only say that a value is a number or a text.
#[derive(Debug, Clone, Copy, Default)]
struct Skips {
    any_of: bool,
    first_of_all: bool,
}

fn is_int_or_string(schema: &Value) -> bool {
    schema["anyOf"] == json!([{"type": "integer"}, {"type": "string"}])
}

fn first_is_int_or_string(schema: &Value) -> bool {
    json::list(schema, "allOf").first().is_some_and(is_int_or_string)
}

fn values(path: &Path<'_>, schema: &Value, skips: Skips, errors: &mut Errors) {
    for field in ["anyOf", "allOf", "oneOf"] {
        if field == "anyOf" && skips.any_of {
            continue;
        }
        let path = path.child(field);
        for (index, one) in json::list(schema, field).iter().enumerate() {
            let is_skipped = field == "allOf" && index == 0 && skips.first_of_all;
            nested(
                &path.index(index),
                one,
                Skips { any_of: is_skipped, ..Skips::default() },
                errors,
            );
        }
    }
    if schema["not"].is_object() {
        nested(&path.child("not"), &schema["not"], Skips::default(), errors);
    }
    let pattern = json::text(schema, "pattern");
    if let Err(problem) = is_pattern(pattern) {
        let text = format!("must be a valid regular expression, but isn't: {problem}");
        errors.push(FieldError::invalid(&path.child("pattern"), pattern, text));
    }
}

/// A node inside an alternative, which may only limit values.
fn nested(path: &Path<'_>, schema: &Value, skips: Skips, errors: &mut Errors) {
    values(path, schema, skips, errors);
    if schema["items"].is_object() {
        nested(&path.child("items"), &schema["items"], Skips::default(), errors);
    }
    let properties = path.child("properties");
    for (name, property) in json::entries(schema, "properties") {
        nested(&properties.key(name), property, Skips::default(), errors);
    }
    let forbidden = [
        ("type", "must be empty"),
        ("additionalProperties", "must be undefined"),
        ("default", "must be undefined"),
        ("title", "must be empty"),
        ("description", "must be empty"),
        ("nullable", "must be false"),
        ("externalDocs", "must be undefined"),
        (PRESERVE, "must be false"),
        (EMBEDDED, "must be false"),
        (INT_OR_STRING, "must be false"),
        ("x-kubernetes-list-map-keys", "must be empty"),
        ("x-kubernetes-list-type", "must be undefined"),
        ("x-kubernetes-map-type", "must be undefined"),
        ("x-kubernetes-validations", "must be empty"),
    ];
    for (field, text) in forbidden {
        if !json::is_empty(schema, field) && schema[field] != false {
            let text = format!("{text} to be structural");
            errors.push(FieldError::forbidden(&path.child(field), text));
        }
    }
    if schema["properties"]["metadata"].is_object() {
        let text = "must not be specified in a nested context";
        errors.push(FieldError::forbidden(&properties.key("metadata"), text));
    }
}

/// What alternatives speak of has to be said outside of them, too. `said` is where that would be.
fn complete(
    path: &Path<'_>,
    said: &Path<'_>,
    alternative: &Value,
    schema: &Value,
    errors: &mut Errors,
) {
    for field in ["allOf", "anyOf", "oneOf"] {
        let path = path.child(field);
        for (index, one) in json::list(alternative, field).iter().enumerate() {
            nested_complete(&path.index(index), said, one, schema, errors);
        }
    }
    if alternative["not"].is_object() {
        nested_complete(&path.child("not"), said, &alternative["not"], schema, errors);
    }
}

fn nested_complete(
    path: &Path<'_>,
    said: &Path<'_>,
    alternative: &Value,
    schema: &Value,
    errors: &mut Errors,
) {
    complete(path, said, alternative, schema, errors);
    let missing = |path: &Path<'_>| format!("because it is defined in {path}");
    if alternative["items"].is_object() {
        let (path, said) = (path.child("items"), said.child("items"));
        match json::field(schema, "items") {
            Some(items) => nested_complete(&path, &said, &alternative["items"], items, errors),
            None => errors.push(FieldError::required(&said, missing(&path))),
        }
    }
    let (properties, said) = (path.child("properties"), said.child("properties"));
    for (name, property) in json::entries(alternative, "properties") {
        let (path, said) = (properties.key(name), said.key(name));
        match schema["properties"].get(name) {
            Some(known) => nested_complete(&path, &said, property, known, errors),
            None => errors.push(FieldError::required(&said, missing(&path))),
        }
    }
}
