//! What a kind's type alone says: texts that have to be there, and texts that are one of a few.

use serde_json::Value;

use super::{Errors, FieldError, Path, rules};
use crate::catalog::{self, Field, FieldType, Scalar, TypeId};

/// Parts that have their own checks, or belong to controllers.
const SKIPPED: [&str; 4] = ["metadata", "status", "apiVersion", "kind"];

/// Required and enumerated texts of an object, in the order of its type.
pub fn validate(type_id: TypeId, object: &Value, errors: &mut Errors) {
    for field in catalog::builtin().json_fields(type_id) {
        if !SKIPPED.contains(&field.name.as_str()) {
            let value = object.get(&field.name).unwrap_or(&Value::Null);
            check(&Path::new(&field.name), field, value, errors);
        }
    }
}

fn structure(path: &Path<'_>, type_id: TypeId, object: &Value, errors: &mut Errors) {
    for field in catalog::builtin().json_fields(type_id) {
        if field.name != "metadata" {
            let value = object.get(&field.name).unwrap_or(&Value::Null);
            check(&path.child(&field.name), field, value, errors);
        }
    }
}

fn check(path: &Path<'_>, field: &Field, value: &Value, errors: &mut Errors) {
    let is_text = field.kind == FieldType::Scalar(Scalar::String);
    if field.required && is_text && value.as_str().is_none_or(str::is_empty) {
        errors.push(FieldError::required(path, ""));
        return;
    }
    if !value.is_null() {
        content(path, &field.kind, field, value, errors);
    }
}

fn content(path: &Path<'_>, kind: &FieldType, field: &Field, value: &Value, errors: &mut Errors) {
    match kind {
        FieldType::Scalar(_) => {
            if !field.enumeration.is_empty() {
                let known: Vec<&str> = field.enumeration.iter().map(String::as_str).collect();
                rules::one_of(path, value.as_str().unwrap_or_default(), &known, errors);
            }
        }
        FieldType::Struct(type_id) => structure(path, *type_id, value, errors),
        FieldType::List(item) => {
            for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                content(&path.index(index), item, field, value, errors);
            }
        }
        FieldType::Map(entry) => {
            for (key, value) in value.as_object().into_iter().flatten() {
                content(&path.key(key), entry, field, value, errors);
            }
        }
    }
}
