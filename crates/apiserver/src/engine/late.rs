//! What is being deleted may lose finalizers, not gain any.

use api::{
    json,
    validation::{FieldError, Path},
};
use serde_json::Value;

use super::body;

/// The refusal of finalizers that come after the deletion has begun.
pub(super) fn finalizers(new: &Value, old: &Value) -> Option<FieldError> {
    if body::text(old, "deletionTimestamp").is_empty() {
        return None;
    }
    let known = json::list(&old["metadata"], "finalizers");
    let added = json::list(&new["metadata"], "finalizers").iter();
    let added: Vec<String> =
        added.filter(|finalizer| !known.contains(finalizer)).map(Value::to_string).collect();
    let text = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
        added.join(", ")
    );
    let error = FieldError::forbidden(&Path::new("metadata.finalizers"), text);
    (!added.is_empty()).then_some(error)
}
