//! The `scale` of a custom resource: where its replicas and its selector are.

use serde_json::{Map, Value};

use crate::{
    json,
    validation::{Errors, FieldError, Path},
};

/// Paths such as `.spec.replicas`.
#[derive(Debug, Clone)]
pub struct ScalePaths {
    pub spec_replicas: String,
    pub status_replicas: String,
    /// `None` if nobody selects.
    pub selector: Option<String>,
}

/// Why the value of a path is none of the wanted type.
struct Mismatch(String);

impl ScalePaths {
    pub(super) fn of_version(version: &Value) -> Option<Self> {
        let scale = json::field(&version["subresources"], "scale")?;
        let selector = json::text(scale, "labelSelectorPath");
        Some(Self {
            spec_replicas: json::text(scale, "specReplicasPath").to_owned(),
            status_replicas: json::text(scale, "statusReplicasPath").to_owned(),
            selector: (!selector.is_empty()).then(|| selector.to_owned()),
        })
    }

    /// Wanted replicas; `None` if the object does not say.
    pub fn replicas(&self, object: &Value) -> Option<i64> {
        at(object, &self.spec_replicas).and_then(Value::as_i64)
    }
    /// Present replicas.
    pub fn present(&self, object: &Value) -> i64 {
        at(object, &self.status_replicas).and_then(Value::as_i64).unwrap_or(0)
    }
    pub fn selector<'a>(&self, object: &'a Value) -> &'a str {
        let selector = self.selector.as_ref().and_then(|path| at(object, path));
        selector.and_then(Value::as_str).unwrap_or_default()
    }
    /// Sets wanted replicas.
    pub fn set_replicas(&self, object: &mut Value, replicas: i64) {
        let mut place = object;
        for name in names(&self.spec_replicas) {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[name];
        }
        *place = replicas.into();
    }

    pub(super) fn validate(&self, object: &Value, errors: &mut Errors) {
        for path in [&self.spec_replicas, &self.status_replicas] {
            replicas(path, object, errors);
        }
        if let Some(path) = &self.selector
            && let Err(Mismatch(text)) = typed(object, path, "string", Value::is_string)
        {
            errors.push(FieldError::invalid(&Path::new(path), "", text));
        }
    }
}

fn replicas(path: &str, object: &Value, errors: &mut Errors) {
    let field = Path::new(path);
    match typed(object, path, "int64", Value::is_i64) {
        Err(Mismatch(text)) => errors.push(FieldError::invalid(&field, 0, text)),
        Ok(found) => {
            let count = found.and_then(Value::as_i64).unwrap_or(0);
            if count < 0 {
                let text = "should be a non-negative integer";
                errors.push(FieldError::invalid(&field, count, text));
            } else if count > i64::from(i32::MAX) {
                let text = format!("should be less than or equal to {}", i32::MAX);
                errors.push(FieldError::invalid(&field, count, text));
            }
        }
    }
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('.').unwrap_or(path).split('.')
}

fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    names(path).try_fold(object, |value, name| value.get(name))
}

/// The value at a path, if it and what is around it are of the wanted types.
fn typed<'a>(
    object: &'a Value,
    path: &str,
    wanted: &str,
    fits: impl Fn(&Value) -> bool,
) -> Result<Option<&'a Value>, Mismatch> {
    let mut value = object;
    for name in names(path) {
        if !value.is_object() {
            return Err(mismatch(path, value, "map[string]interface{}"));
        }
        let Some(inner) = value.get(name) else { return Ok(None) };
        value = inner;
    }
    if fits(value) { Ok(Some(value)) } else { Err(mismatch(path, value, wanted)) }
}

fn mismatch(path: &str, value: &Value, wanted: &str) -> Mismatch {
    let (shown, kind) = match value {
        Value::Null => ("<nil>".to_owned(), "<nil>"),
        Value::Bool(flag) => (flag.to_string(), "bool"),
        Value::Number(number) if number.is_f64() => (number.to_string(), "float64"),
        Value::Number(number) => (number.to_string(), "int64"),
        Value::String(text) => (text.clone(), "string"),
        Value::Array(_) => (value.to_string(), "[]interface {}"),
        Value::Object(_) => (value.to_string(), "map[string]interface {}"),
    };
    let place: Vec<&str> = std::iter::once("").chain(names(path)).collect();
    let place = place.join(".");
    Mismatch(format!("{place} accessor error: {shown} is of the type {kind}, expected {wanted}"))
}
