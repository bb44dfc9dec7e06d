//! Moving over from applying on the client's side, which kept what was applied in an annotation.

use serde_json::Value;

use super::{
    Ownership, compare, fields,
    set::{self, Node},
    typed,
};

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Annotations of one object may not have more bytes, keys counted.
const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;

/// The fields that the client applied on its side and that still have that value. `None` if the
/// annotation is not there, cannot be read, or is of another version.
pub(super) fn fields_as_live(request: &Ownership<'_>, live: &Value) -> Option<Node> {
    let text = live["metadata"]["annotations"][ANNOTATION].as_str()?;
    let applied: Value = serde_json::from_str(text).ok()?;
    let catalog = request.catalog;
    let fits = applied["apiVersion"] == request.api_version
        && typed::check(catalog, request.type_id, &applied).is_empty();
    if !fits {
        return None;
    }
    let mut fields = fields::of(catalog, request.type_id, &applied);
    let difference = compare::compare(&request.scope(), Some(&applied), live);
    set::subtract(&mut fields, &difference.gained);
    set::subtract(&mut fields, &difference.removed);
    Some(fields)
}

/// Keeps an annotation up to date that is there, so that the client's side could go on from it.
pub(super) fn renew(object: &mut Value, applied: &Value) {
    let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let Some(annotations) = annotations else { return };
    if annotations.get(ANNOTATION).and_then(Value::as_str).unwrap_or_default().is_empty() {
        return;
    }
    let mut applied = applied.clone();
    if let Some(sent) = applied.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        sent.remove(ANNOTATION);
    }
    let text = format!("{applied}\n");
    let others = annotations.iter().filter(|(name, _)| *name != ANNOTATION);
    let bytes = |name: &str, value: &str| name.len() + value.len();
    let others: usize =
        others.map(|(name, value)| bytes(name, value.as_str().unwrap_or_default())).sum();
    if others + bytes(ANNOTATION, &text) <= ANNOTATIONS_BYTES_MAX {
        annotations.insert(ANNOTATION.to_owned(), text.into());
    }
}
