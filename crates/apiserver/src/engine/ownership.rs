//! Tells the keeper of `managedFields` what an operation wrote.

use api::catalog::{TypeId, builtin};
use meta::time::Time;
use serde_json::Value;

use super::body;
use crate::{
    Operation,
    managed_fields::{self, ApplyError, OnConflict, Ownership, SCALE_VERSION},
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

/// What is to become of an object by an apply.
///
/// # Errors
/// It does not fit, or conflicts with what others own.
pub(super) fn applied(
    operation: &Operation,
    live: Option<&Value>,
    applied: &Value,
    (on_conflict, now): (OnConflict, Time),
) -> Result<Value, ApplyError> {
    let api_version = operation.resource.resource.api_version();
    managed_fields::apply(&of(operation, &api_version, now), live, applied, on_conflict)
}

/// What is to become of the scale of an object, whose entries own fields of the scale.
///
/// # Errors
/// As [`applied`].
pub(super) fn applied_scale(
    operation: &Operation,
    type_id: TypeId,
    scale: &Value,
    (applied, (on_conflict, now)): (&Value, (OnConflict, Time)),
) -> Result<Value, ApplyError> {
    let ownership = Ownership { catalog: builtin(), type_id, ..of(operation, SCALE_VERSION, now) };
    managed_fields::apply(&ownership, Some(scale), applied, on_conflict)
}

fn record(operation: &Operation, old: Option<&Value>, new: &mut Value, now: Time) {
    let api_version = operation.resource.resource.api_version();
    managed_fields::update(&of(operation, &api_version, now), old, new);
}

fn of<'a>(operation: &'a Operation, api_version: &'a str, now: Time) -> Ownership<'a> {
    let facts = &*operation.resource;
    let subresource = facts.subresource(&operation.subresource);
    let rule = subresource.map_or(&facts.update, |subresource| &subresource.update);
    Ownership {
        resource: facts,
        catalog: facts.catalog(),
        type_id: facts.type_id,
        subresource: &operation.subresource,
        manager: &operation.field_manager,
        api_version,
        now,
        reset_fields: &rule.reset_fields,
    }
}
