//! From a decoded body to an object of the kind: checked against the schema, named, defaulted.

use api::{
    catalog::{self, ResourceFacts, TypeId},
    custom, defaults,
    schema::{self, DecodeError, Decoded},
};
use meta::resource::Scope;
use serde_json::Value;

use super::failure;
use crate::{Content, FieldValidation, Operation, Status};

/// A readable body, and what its sender should be told.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub value: Value,
    pub warnings: Vec<String>,
}

/// Reads an object of the operation's own kind.
///
/// # Errors
/// 400 where a field has the wrong type, or where strict validation finds unknown or duplicate ones.
pub(crate) fn object(operation: &Operation, content: Content) -> Result<Body, Status> {
    let facts = &operation.resource;
    check_custom_kind(facts, &content.value)?;
    let decode = |value| schema::decode_object(facts, value);
    let mut body = read(operation, &facts.resource.kind, content, decode)?;
    complete(facts, &mut body.value);
    Ok(body)
}

/// Reads an object of another kind, such as the `Scale` of a subresource.
///
/// # Errors
/// As [`object`].
pub(crate) fn of_type(
    operation: &Operation,
    type_id: TypeId,
    kind: &str,
    content: Content,
) -> Result<Body, Status> {
    read(operation, kind, content, |value| schema::decode(catalog::builtin(), type_id, value))
}

fn read(
    operation: &Operation,
    kind: &str,
    content: Content,
    decode: impl FnOnce(Value) -> Result<Decoded, DecodeError>,
) -> Result<Body, Status> {
    let version = &operation.resource.resource.version;
    let refuse = |problem: String| {
        let text =
            format!("{kind} in version {version:?} cannot be handled as a {kind}: {problem}");
        failure::bad_request(text)
    };
    let decoded = decode(content.value).map_err(|error| refuse(error.to_string()))?;
    let problems = schema::strict_problems(&content.duplicates, &decoded.unknown);
    let warnings = match operation.field_validation {
        FieldValidation::Ignore => Vec::new(),
        FieldValidation::Warn => problems,
        FieldValidation::Strict if problems.is_empty() => Vec::new(),
        FieldValidation::Strict => return Err(refuse(schema::strict_error(&problems))),
    };
    Ok(Body { value: decoded.value, warnings })
}

/// Refuses a custom resource of another kind; others are told apart when they are decoded.
///
/// # Errors
/// 422, which names the kind that was sent.
pub(crate) fn check_custom_kind(facts: &ResourceFacts, value: &Value) -> Result<(), Status> {
    if facts.custom.is_none() {
        return Ok(());
    }
    let errors = custom::validate_kind(facts, value);
    if errors.is_empty() {
        return Ok(());
    }
    let kind = value["kind"].as_str().unwrap_or_default();
    Err(failure::invalid_kind(kind, &facts.resource.group, text(value, "name"), &errors))
}

/// Says the kind, and fills in what clients leave out.
pub(crate) fn complete(facts: &ResourceFacts, value: &mut Value) {
    value["apiVersion"] = facts.resource.api_version().into();
    value["kind"] = (*facts.resource.kind).into();
    defaults::apply(facts, value);
}

/// Takes the namespace of the URL, and refuses another one.
///
/// # Errors
/// 400 if the body names another namespace.
pub(crate) fn place(operation: &Operation, value: &mut Value) -> Result<(), Status> {
    let metadata = metadata(value);
    if operation.resource.resource.scope == Scope::Cluster {
        metadata.remove("namespace");
        return Ok(());
    }
    let sent = metadata.get("namespace").and_then(Value::as_str).unwrap_or_default();
    if !sent.is_empty() && sent != operation.namespace {
        return Err(failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    metadata.insert("namespace".to_owned(), operation.namespace.as_str().into());
    Ok(())
}

/// Refuses a name unlike that of the URL.
///
/// # Errors
/// 400 if the body has no name or another one.
pub(crate) fn same_name(operation: &Operation, value: &Value) -> Result<(), Status> {
    let url = &operation.name;
    match text(value, "name") {
        "" => Err(failure::bad_request(format!(
            "the name of the object ({url} based on URL) was undeterminable: name must be provided"
        ))),
        name if name != url => Err(failure::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({url})"
        ))),
        _ => Ok(()),
    }
}

/// The metadata of a tree, which becomes an object if it is none.
pub(crate) fn metadata(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    let metadata = &mut value["metadata"];
    if !metadata.is_object() {
        *metadata = Value::Object(serde_json::Map::new());
    }
    metadata.as_object_mut().expect("it was made an object just above")
}

/// A text of the metadata, empty if it is not there.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value["metadata"][field].as_str().unwrap_or_default()
}

/// Adds a warning that is not there yet.
pub(crate) fn warn(warnings: &mut Vec<String>, more: Vec<String>) {
    for warning in more {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}
