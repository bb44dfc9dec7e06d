//! What every version has: a schema, columns, subresources, selectable fields. Where all versions have
//! the same, the reference looks at it once and names no version.

use serde_json::Value;

use super::schema;
use crate::{
    custom::schema::{Kind, Schema},
    json,
    validation::{Errors, FieldError, Path, rules},
};

const COLUMN_TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: [&str; 8] =
    ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
/// More would make each object's header large.
const SELECTABLE_FIELDS_MAX: usize = 8;

/// Where a part is written.
struct Place {
    /// Of all versions together.
    common: &'static str,
    /// Below a version.
    own: &'static [&'static str],
    check: fn(&Path<'_>, &Value, &Value, &mut Errors),
}

const PLACES: [Place; 4] = [
    Place {
        common: "spec.validation.openAPIV3Schema",
        own: &["schema", "openAPIV3Schema"],
        check: |path, schema, _, errors| schema::validate(path, schema, errors),
    },
    Place { common: "spec.subresources", own: &["subresources"], check: subresources },
    Place {
        common: "spec.additionalPrinterColumns",
        own: &["additionalPrinterColumns"],
        check: columns,
    },
    Place { common: "spec.selectableFields", own: &["selectableFields"], check: selectable },
];

/// The parts of all versions.
pub(super) fn validate(spec: &Value, errors: &mut Errors) {
    let versions = json::list(spec, "versions");
    for place in &PLACES {
        let part = |version: &Value| {
            place.own.iter().fold(version.clone(), |value, name| value[*name].clone())
        };
        let parts: Vec<Value> = versions.iter().map(part).collect();
        if let Some(first) = parts.first()
            && !first.is_null()
            && parts.iter().all(|part| part == first)
        {
            (place.check)(&Path::new(place.common), first, &versions[0], errors);
            continue;
        }
        let path = Path::new("spec.versions");
        for (index, (part, version)) in parts.iter().zip(versions).enumerate() {
            let item = path.index(index);
            let name = place.own.join(".");
            let path = item.child(&name);
            if !part.is_null() {
                (place.check)(&path, part, version, errors);
            } else if place.own.len() > 1 {
                errors.push(FieldError::required(&path, ""));
            }
        }
    }
}

fn subresources(path: &Path<'_>, part: &Value, _: &Value, errors: &mut Errors) {
    let Some(scale) = json::field(part, "scale") else { return };
    let path = path.child("scale");
    let mut check = |field: &str, roots: &[&str], text: &str, is_required: bool| {
        let path = path.child(field);
        let value = json::text(scale, field);
        if value.is_empty() {
            if is_required {
                errors.push(FieldError::required(&path, ""));
            }
            return;
        }
        if !value.starts_with('.') {
            let text = "must be a simple json path starting with .";
            errors.push(FieldError::invalid(&path, value, text));
        } else if !roots.iter().any(|root| value.starts_with(root)) {
            errors.push(FieldError::invalid(&path, value, text));
        }
    };
    let text = "should be a json path under .spec";
    check("specReplicasPath", &[".spec."], text, true);
    let text = "should be a json path under .status";
    check("statusReplicasPath", &[".status."], text, true);
    let text = "should be a json path under either .spec or .status";
    check("labelSelectorPath", &[".spec.", ".status."], text, false);
}

fn columns(path: &Path<'_>, part: &Value, _: &Value, errors: &mut Errors) {
    for (index, column) in part.as_array().into_iter().flatten().enumerate() {
        let path = path.index(index);
        rules::required(&path.child("name"), json::text(column, "name"), errors);
        let kind = json::text(column, "type");
        let problem = format!("must be one of {}", COLUMN_TYPES.join(","));
        if kind.is_empty() {
            errors.push(FieldError::required(&path.child("type"), problem));
        } else if !COLUMN_TYPES.contains(&kind) {
            errors.push(FieldError::invalid(&path.child("type"), kind, problem));
        }
        let format = json::text(column, "format");
        if !format.is_empty() && !COLUMN_FORMATS.contains(&format) {
            let problem = format!("must be one of {}", COLUMN_FORMATS.join(","));
            errors.push(FieldError::invalid(&path.child("format"), format, problem));
        }
        let place = json::text(column, "jsonPath");
        let path = path.child("JSONPath");
        if !rules::required(&path, place, errors) {
            continue;
        }
        if !place.starts_with('.') {
            let text = "must be a simple json path starting with .";
            errors.push(FieldError::invalid(&path, place, text));
        }
    }
}

fn selectable(path: &Path<'_>, part: &Value, version: &Value, errors: &mut Errors) {
    let fields = part.as_array().map(Vec::as_slice).unwrap_or_default();
    if fields.len() > SELECTABLE_FIELDS_MAX {
        errors.push(FieldError::too_many(path, fields.len(), SELECTABLE_FIELDS_MAX));
    }
    let schema = Schema::parse(&version["schema"]["openAPIV3Schema"]);
    let mut seen: Vec<&str> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let item = path.index(index);
        let path = item.child("jsonPath");
        let place = json::text(field, "jsonPath");
        if !rules::required(&path, place, errors) {
            continue;
        }
        if seen.contains(&place) {
            errors.push(FieldError::duplicate(&path, place));
        }
        seen.push(place);
        if let Some(text) = unselectable(&schema, place) {
            errors.push(FieldError::invalid(&path, place, text));
        }
    }
}

/// Why objects cannot be selected by a field.
fn unselectable(schema: &Schema, place: &str) -> Option<String> {
    let Some(names) = place.strip_prefix('.') else {
        let first = place.split(['.', '[']).next().unwrap_or_default();
        return Some(format!("is an invalid path: expected [ or . but got: {first}"));
    };
    if place.contains('[') {
        return Some("is an invalid path: array notation is not allowed".to_owned());
    }
    let mut names = names.split('.');
    let found = names.try_fold(schema, |schema, name| schema.properties.get(name));
    match found.map(|found| found.kind) {
        None => Some("is an invalid path: does not refer to a valid field".to_owned()),
        Some(Some(Kind::String | Kind::Boolean | Kind::Integer)) => None,
        Some(Some(Kind::Array | Kind::Number | Kind::Object) | None) => Some(
            "must point to a field of type string, boolean or integer. Enum string fields and \
             strings with formats are allowed."
                .to_owned(),
        ),
    }
}

/// How versions become each other.
pub(super) fn conversion(path: &Path<'_>, conversion: &Value, errors: &mut Errors) {
    if conversion.is_null() {
        return;
    }
    let strategy = json::text(conversion, "strategy");
    if !rules::required(&path.child("strategy"), strategy, errors) {
        return;
    }
    rules::one_of(&path.child("strategy"), strategy, &["None", "Webhook"], errors);
    let webhook = &conversion["webhook"];
    let client = path.child("webhookClientConfig");
    let reviews = path.child("conversionReviewVersions");
    let versions = json::list(webhook, "conversionReviewVersions");
    if strategy != "Webhook" {
        if json::field(webhook, "clientConfig").is_some() {
            let text = "should not be set when strategy is not set to Webhook";
            errors.push(FieldError::forbidden(&client, text));
        }
        if !versions.is_empty() {
            let text = "should not be set when strategy is not set to Webhook";
            errors.push(FieldError::forbidden(&reviews, text));
        }
        return;
    }
    match json::field(webhook, "clientConfig") {
        None => {
            let text = "required when strategy is set to Webhook";
            errors.push(FieldError::required(&client, text));
        }
        Some(config) => {
            let has = |field: &str| json::field(config, field).is_some();
            if has("url") == has("service") {
                let text = "exactly one of url or service is required";
                errors.push(FieldError::required(&client, text));
            }
        }
    }
    if versions.is_empty() {
        errors.push(FieldError::required(&reviews, ""));
    } else if !versions.iter().any(|version| version == "v1" || version == "v1beta1") {
        let text = "must include at least one of v1, v1beta1";
        errors.push(FieldError::invalid(&reviews, Value::from(versions.to_vec()), text));
    }
}
