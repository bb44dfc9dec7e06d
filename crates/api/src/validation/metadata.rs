//! What every object's metadata has to keep to.

use meta::{names, resource::Scope};
use serde_json::Value;

use super::{Errors, FieldError, Path, name, ordered, rules};
use crate::{catalog::ResourceFacts, json};

/// Keys and values of all annotations together.
const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;
/// Finalizers that need no prefix.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// The metadata of a new object.
pub fn create(facts: &ResourceFacts, object: &Value, errors: &mut Errors) {
    let path = Path::new("metadata");
    let metadata = &object["metadata"];
    name::validate(facts, object, errors);
    namespace(facts, metadata, errors);
    common(&path, metadata, errors);
    let finalizers_path = path.child("finalizers");
    for (index, finalizer) in json::list(metadata, "finalizers").iter().enumerate() {
        let finalizer = finalizer.as_str().unwrap_or_default();
        standard_finalizer(&finalizers_path.index(index), finalizer, errors);
    }
}

fn namespace(facts: &ResourceFacts, metadata: &Value, errors: &mut Errors) {
    let path = Path::new("metadata.namespace");
    let namespace = json::text(metadata, "namespace");
    match facts.resource.scope {
        Scope::Cluster => {
            if !namespace.is_empty() {
                errors.push(FieldError::forbidden(&path, "not allowed on this type"));
            }
        }
        Scope::Namespaced => {
            if rules::required(&path, namespace, errors) {
                rules::texts(&path, namespace, names::dns_1123_label(namespace), errors);
            }
        }
    }
}

/// What creates and updates have in common.
fn common(path: &Path<'_>, metadata: &Value, errors: &mut Errors) {
    rules::nonnegative(path, metadata, &["generation"], errors);
    labels(&path.child("labels"), metadata.get("labels"), errors);
    annotations(&path.child("annotations"), metadata.get("annotations"), errors);
    owners(&path.child("ownerReferences"), metadata, errors);
    finalizers(&path.child("finalizers"), metadata, errors);
}

/// Labels by key and value.
pub fn labels(path: &Path<'_>, labels: Option<&Value>, errors: &mut Errors) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        rules::texts(path, key, names::qualified_name(key), errors);
        let value = value.as_str().unwrap_or_default();
        rules::texts(path, value, names::label_value(value), errors);
    }
}

/// Annotations by key, and their size.
pub fn annotations(path: &Path<'_>, annotations: Option<&Value>, errors: &mut Errors) {
    let mut bytes = 0;
    for (key, value) in annotations.and_then(Value::as_object).into_iter().flatten() {
        rules::texts(path, key, names::qualified_name(&key.to_lowercase()), errors);
        bytes += key.len() + value.as_str().unwrap_or_default().len();
    }
    if bytes > ANNOTATIONS_BYTES_MAX {
        errors.push(FieldError::too_long(path, ANNOTATIONS_BYTES_MAX));
    }
}

fn owners(path: &Path<'_>, metadata: &Value, errors: &mut Errors) {
    let owners = json::list(metadata, "ownerReferences");
    let mut controller: Option<String> = None;
    for (index, reference) in owners.iter().enumerate() {
        owner(&path.index(index), reference, errors);
        if !json::is_true(reference, "controller") {
            continue;
        }
        let named = format!("{}/{}", json::text(reference, "kind"), json::text(reference, "name"));
        if let Some(first) = &controller {
            let text = format!(
                "Only one reference can have Controller set to true. Found \"true\" in references \
                 for {first} and {named}"
            );
            let shown = ordered::owners(&metadata["ownerReferences"]);
            errors.push(FieldError::invalid(path, shown, text));
        } else {
            controller = Some(named);
        }
    }
}

fn owner(path: &Path<'_>, reference: &Value, errors: &mut Errors) {
    let api_version = json::text(reference, "apiVersion");
    if api_version.matches('/').count() > 1 {
        let text = "must be <group>/<version> or <version>";
        errors.push(FieldError::invalid(&path.child("apiVersion"), api_version, text));
    }
    for field in ["apiVersion", "kind", "name", "uid"] {
        if json::text(reference, field).is_empty() {
            errors.push(FieldError::required(&path.child(field), "must not be empty"));
        }
    }
    if api_version == "v1" && json::text(reference, "kind") == "Event" {
        let text = "/v1, Kind=Event is disallowed from being an owner";
        errors.push(FieldError::invalid(path, ordered::owners(reference), text));
    }
}

fn finalizers(path: &Path<'_>, metadata: &Value, errors: &mut Errors) {
    let finalizers = json::list(metadata, "finalizers");
    for finalizer in finalizers {
        let finalizer = finalizer.as_str().unwrap_or_default();
        rules::texts(path, finalizer, names::qualified_name(finalizer), errors);
    }
    let has = |wanted: &str| finalizers.iter().any(|finalizer| finalizer == wanted);
    if has("orphan") && has("foregroundDeletion") {
        let text = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(path, &metadata["finalizers"], text));
    }
}

/// A finalizer without prefix has to be one of the well-known.
pub fn standard_finalizer(path: &Path<'_>, finalizer: &str, errors: &mut Errors) {
    if !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer) {
        let text = "name is neither a standard finalizer name nor is it fully qualified";
        errors.push(FieldError::invalid(path, finalizer, text));
    }
}

/// The metadata of a change.
pub fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::new("metadata");
    let [new, old] = [&new["metadata"], &old["metadata"]];
    let name = json::text(new, "name");
    rules::texts(&path.child("name"), name, names::path_segment(name), errors);
    common(&path, new, errors);
    if !json::is_empty(old, "deletionTimestamp") {
        no_new_finalizers(&path.child("finalizers"), new, old, errors);
    }
    let generation = json::number(new, "generation").unwrap_or(0);
    if generation < json::number(old, "generation").unwrap_or(0) {
        let text = "must not be decremented";
        errors.push(FieldError::invalid(&path.child("generation"), generation, text));
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let [new, old] = [new, old].map(|metadata| metadata.get(field).unwrap_or(&Value::Null));
        rules::immutable(&path.child(field), new, old, errors);
    }
}

fn no_new_finalizers(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let known = json::list(old, "finalizers");
    let added = json::list(new, "finalizers").iter().filter(|finalizer| !known.contains(finalizer));
    let added: Vec<String> = added.map(ToString::to_string).collect();
    if !added.is_empty() {
        let text = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers \
             []string{{{}}}",
            added.join(", ")
        );
        errors.push(FieldError::forbidden(path, text));
    }
}
