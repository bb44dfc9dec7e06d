//! JSON patch: a list of operations on places of the document, all or nothing.

use serde_json::Value;

use super::{error::Error, go, pointer::Place};
use crate::Content;

/// More operations than anybody writes by hand; each costs a walk of the document.
const OPERATIONS_MAX: usize = 10_000;
/// Bytes that all copies of one patch may add: repeated doubling would otherwise fill the memory.
const COPIED_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Levels of nesting that a document may reach: what is deeper could not be parsed when read back,
/// and a value that grows at will would overflow the stack.
const DEPTH_MAX: usize = 127;

const MEMBERS: [&str; 4] = ["op", "path", "from", "value"];

#[derive(Debug, Clone, Copy)]
struct Operation<'a> {
    op: &'a str,
    path: &'a str,
    from: &'a str,
    /// Null where it was left out.
    value: &'a Value,
}

pub(super) fn apply(original: &Value, patch: &Value) -> Result<Value, Error> {
    let operations = parse(patch)?;
    let mut document = original.clone();
    let mut copied_bytes = 0;
    for operation in operations {
        step(&mut document, operation, &mut copied_bytes)?;
    }
    Ok(document)
}

pub(super) fn strict_findings(patch: &Content) -> Vec<String> {
    let operations = patch.value.as_array().map(Vec::as_slice).unwrap_or_default();
    let unknown = operations.iter().enumerate().flat_map(|(index, operation)| {
        let members = operation.as_object().into_iter().flat_map(serde_json::Map::keys);
        members
            .filter(|member| !MEMBERS.contains(&member.as_str()))
            .map(move |member| format!("json patch unknown field \"[{index}].{member}\""))
    });
    let duplicate =
        patch.duplicates.iter().map(|path| format!("json patch duplicate field \"{path}\""));
    duplicate.chain(unknown).collect()
}

fn parse(patch: &Value) -> Result<Vec<Operation<'_>>, Error> {
    if patch.is_null() {
        return Ok(Vec::new());
    }
    let list = patch
        .as_array()
        .ok_or_else(|| cannot_unmarshal(patch, "value of type []handlers.jsonPatchOp"))?;
    if list.len() > OPERATIONS_MAX {
        return Err(Error::TooManyOperations { max: OPERATIONS_MAX, count: list.len() });
    }
    list.iter().map(parse_operation).collect()
}

fn parse_operation(value: &Value) -> Result<Operation<'_>, Error> {
    if !value.is_object() && !value.is_null() {
        return Err(cannot_unmarshal(value, "value of type handlers.jsonPatchOp"));
    }
    Ok(Operation {
        op: text(value, "op")?,
        path: text(value, "path")?,
        from: text(value, "from")?,
        value: value.get("value").unwrap_or(&Value::Null),
    })
}

fn text<'a>(operation: &'a Value, member: &str) -> Result<&'a str, Error> {
    match operation.get(member) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(other) => {
            let target = format!("struct field jsonPatchOp.{member} of type string");
            Err(cannot_unmarshal(other, &target))
        }
    }
}

fn cannot_unmarshal(value: &Value, target: &str) -> Error {
    let kind = go::json_kind(value);
    Error::Malformed(format!(
        "error decoding patch: json: cannot unmarshal {kind} into Go {target}"
    ))
}

fn step(
    document: &mut Value,
    operation: Operation<'_>,
    copied_bytes: &mut usize,
) -> Result<(), Error> {
    match operation.op {
        "add" => add(document, operation.path, operation.value.clone()),
        "remove" => Place::find(document, operation.path)?.remove().map(drop),
        "replace" => replace(document, operation),
        "move" => {
            let value = Place::find(document, operation.from)?.remove()?;
            add(document, operation.path, value)
        }
        "copy" => {
            let value = Place::find(document, operation.from)?.get()?.clone();
            *copied_bytes += value.to_string().len();
            if *copied_bytes > COPIED_BYTES_MAX {
                return Err(Error::Rejected);
            }
            add(document, operation.path, value)
        }
        "test" => test(document, operation),
        _ => Err(Error::Rejected),
    }
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), Error> {
    check_depth(path, &value)?;
    Place::find(document, path)?.add(value)
}

fn check_depth(path: &str, value: &Value) -> Result<(), Error> {
    let segments = path.bytes().filter(|byte| *byte == b'/').count();
    if segments + depth(value) > DEPTH_MAX { Err(Error::Rejected) } else { Ok(()) }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn replace(document: &mut Value, operation: Operation<'_>) -> Result<(), Error> {
    if !operation.path.is_empty() {
        check_depth(operation.path, operation.value)?;
        return Place::find(document, operation.path)?.replace(operation.value.clone());
    }
    if !operation.value.is_object() && !operation.value.is_array() {
        return Err(Error::Rejected);
    }
    document.clone_from(operation.value);
    Ok(())
}

fn test(document: &mut Value, operation: Operation<'_>) -> Result<(), Error> {
    let found = if operation.path.is_empty() {
        &*document
    } else {
        Place::find(document, operation.path)?.get()?
    };
    if found == operation.value { Ok(()) } else { Err(Error::Rejected) }
}
