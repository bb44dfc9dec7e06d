//! What a schema may say at all, node by node.

use serde_json::Value;

use super::{lists, structural};
use crate::{
    custom::{
        rules::validate_definition,
        schema::{Kind, Schema},
    },
    json,
    validation::{Errors, FieldError, Path, rules},
};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
const UNIQUE: &str =
    "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";

/// What is wrong with the schema of a version.
pub(super) fn validate(path: &Path<'_>, schema: &Value, errors: &mut Errors) {
    let before = errors.len();
    node(path, schema, errors);
    let mut structure = Errors::new();
    structural::validate(path, schema, &mut structure);
    structure.sort_by_key(ToString::to_string);
    errors.extend(structure);
    if errors.len() == before {
        validate_definition(&path.to_string(), schema, errors);
        defaults(path, schema, errors);
    }
}

fn node(path: &Path<'_>, schema: &Value, errors: &mut Errors) {
    let kind = json::text(schema, "type");
    rules::one_of(&path.child("type"), kind, &TYPES, errors);
    if kind == "null" {
        let text = "type cannot be set to null, use nullable as an alternative";
        errors.push(FieldError::forbidden(&path.child("type"), text));
    }
    for field in ["$ref", "patternProperties", "additionalItems", "definitions", "dependencies"] {
        if !json::is_empty(schema, field) {
            let text = format!("{field} is not supported");
            errors.push(FieldError::forbidden(&path.child(field), text));
        }
    }
    if json::is_true(schema, "uniqueItems") {
        errors.push(FieldError::forbidden(&path.child("uniqueItems"), UNIQUE));
    }
    if schema["x-kubernetes-preserve-unknown-fields"] == false {
        let path = path.child("x-kubernetes-preserve-unknown-fields");
        errors.push(FieldError::invalid(&path, Value::Bool(false), "must be true or undefined"));
    }
    if schema["items"].is_array() {
        let text = "items must be a schema object and not an array";
        errors.push(FieldError::forbidden(&path.child("items"), text));
    }
    let has_properties = !json::is_empty(schema, "properties");
    let additional = &schema["additionalProperties"];
    if has_properties && (additional.is_object() || *additional == false) {
        let text = "additionalProperties and properties are mutual exclusive";
        errors.push(FieldError::forbidden(&path.child("additionalProperties"), text));
    }
    map_type(path, schema, errors);
    lists::validate(path, schema, errors);
    each(path, schema, &mut |path, schema| node(path, schema, errors));
}

/// Visits the schemas right below one.
pub(super) fn each(path: &Path<'_>, schema: &Value, visit: &mut dyn FnMut(&Path<'_>, &Value)) {
    for field in ["additionalProperties", "items", "not"] {
        if schema[field].is_object() {
            visit(&path.child(field), &schema[field]);
        }
    }
    let properties = path.child("properties");
    for (name, property) in json::entries(schema, "properties") {
        visit(&properties.key(name), property);
    }
    for field in ["allOf", "oneOf", "anyOf"] {
        let path = path.child(field);
        for (index, one) in json::list(schema, field).iter().enumerate() {
            visit(&path.index(index), one);
        }
    }
}

fn map_type(path: &Path<'_>, schema: &Value, errors: &mut Errors) {
    let map_type = json::text(schema, "x-kubernetes-map-type");
    if map_type.is_empty() {
        return;
    }
    let kind = json::text(schema, "type");
    let text = "must be object if x-kubernetes-map-type is specified";
    if kind.is_empty() {
        errors.push(FieldError::required(&path.child("type"), text));
    } else if kind != "object" {
        errors.push(FieldError::invalid(&path.child("type"), kind, text));
    }
    let known = ["atomic", "granular"];
    rules::one_of(&path.child("x-kubernetes-map-type"), map_type, &known, errors);
}

/// Defaults fit the schema that they belong to.
fn defaults(path: &Path<'_>, schema: &Value, errors: &mut Errors) {
    if let Some(default) = json::field(schema, "default") {
        let path = path.child("default");
        let described = Schema::parse(schema);
        let mut pruned = default.clone();
        if described.kind == Some(Kind::Object) || described.kind == Some(Kind::Array) {
            described.prune(&mut pruned);
        }
        if pruned != *default {
            let text = "must not have unknown fields";
            errors.push(FieldError::invalid(&path, default, text));
        }
        for problem in described.problems(default) {
            // The reference names what lies below a default after its path.
            let below =
                if problem.path == "<nil>" { String::new() } else { format!(".{}", problem.path) };
            errors.push(FieldError { path: format!("{path}{below}"), ..problem });
        }
    }
    each(path, schema, &mut |path, schema| defaults(path, schema, errors));
}
