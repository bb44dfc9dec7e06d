//! Tells the keeper of `managedFields` what an operation wrote.

use meta::time::Time;
use serde_json::Value;

use super::body;
use crate::{
    Operation,
    managed_fields::{self, Ownership},
};

/// A new object; entries that the client sent are not believed.
pub(super) fn created(operation: &Operation, new: &mut Value, now: Time) {
    body::metadata(new).remove("managedFields");
    record(operation, None, new, now);
}

/// An object in place of another.
pub(super) fn changed(operation: &Operation, old: &Value, new: &mut Value, now: Time) {
    record(operation, Some(old), new, now);
}

fn record(operation: &Operation, old: Option<&Value>, new: &mut Value, now: Time) {
    let facts = operation.resource;
    let subresource = facts.subresource(&operation.subresource);
    let rule = subresource.map_or(&facts.update, |subresource| &subresource.update);
    let ownership = Ownership {
        resource: facts,
        subresource: &operation.subresource,
        manager: &operation.field_manager,
        api_version: &facts.resource.api_version(),
        now,
        reset_fields: &rule.reset_fields,
    };
    managed_fields::update(&ownership, old, new);
}
