//! Patches as pure functions from the live object to the wanted one: JSON patch, merge patch and
//! strategic merge patch, with the answers of the reference where they fail.

mod convert;
mod error;
pub(crate) mod go;
mod json;
mod merge;
mod pointer;
mod strategic;

use api::catalog::{ResourceFacts, builtin};
use serde_json::Value;

use crate::{Cause, Content, PatchType, Reason, Status};
use error::Error;

/// The object that `patch` makes of `original`; nothing is defaulted or validated yet.
///
/// # Errors
/// The answer for the client where the patch is malformed or does not fit the object.
pub fn apply(
    kind: PatchType,
    resource: &ResourceFacts,
    original: &Value,
    patch: &Content,
) -> Result<Value, Status> {
    let patched = match kind {
        PatchType::Json => json::apply(original, &patch.value),
        PatchType::Merge => merge::apply(original, &patch.value),
        PatchType::Strategic => {
            strategic::apply(builtin(), resource.type_id, original, &patch.value)
        }
    };
    patched.map_err(Error::into_status)
}

/// Why a patched object cannot be decoded, in the words that a client of this kind of patch gets.
/// JSON and merge patches are decoded from JSON like any body, so this looks at strategic ones alone.
pub fn mismatch(kind: PatchType, resource: &ResourceFacts, patched: &Value) -> Option<String> {
    match kind {
        PatchType::Json | PatchType::Merge => None,
        PatchType::Strategic => convert::mismatch(builtin(), resource.type_id, patched),
    }
}

/// What strict field validation has against the patch itself: members given twice, and for JSON
/// patches members that no operation has.
pub fn strict_findings(kind: PatchType, patch: &Content) -> Vec<String> {
    match kind {
        PatchType::Json => json::strict_findings(patch),
        PatchType::Merge | PatchType::Strategic => {
            patch.duplicates.iter().map(|path| format!("duplicate field \"{path}\"")).collect()
        }
    }
}

/// The answer to a patch whose result cannot be decoded for the given reason: 422 on field `patch`,
/// which quotes the patched object, or the patch itself where it is a strategic one.
pub fn undecodable(kind: PatchType, patched: &Value, patch: &Content, reason: &str) -> Status {
    let quoted = match kind {
        PatchType::Json | PatchType::Merge => patched.to_string(),
        PatchType::Strategic => go::print(&patch.value),
    };
    let text = format!("Invalid value: {}: {reason}", go::quote(&quoted));
    let mut status = Status::new(422, Reason::Invalid, format!(" \"\" is invalid: patch: {text}"));
    status.has_details = true;
    status.causes = vec![Cause {
        reason: "FieldValueInvalid".to_owned(),
        message: text,
        field: "patch".to_owned(),
    }];
    status
}

#[cfg(test)]
mod tests;
