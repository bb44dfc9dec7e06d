//! What is wrong with a field, in the words that clients know.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use super::Path;

/// One thing that is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// `spec.containers[0].name`.
    pub path: String,
    pub kind: ErrorKind,
    pub value: Shown,
    /// What is asked for; may be empty.
    pub detail: String,
}

/// What sort of wrong it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorKind {
    Required,
    Invalid,
    NotSupported,
    Duplicate,
    Forbidden,
    TooLong,
    TooMany,
    TypeInvalid,
    NotFound,
}

/// How the wrong value is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Not at all.
    Hidden,
    /// As JSON.
    Json(Value),
    /// As written here, where the order of fields counts.
    Written(String),
}

impl From<Value> for Shown {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}
impl From<&Value> for Shown {
    fn from(value: &Value) -> Self {
        Self::Json(value.clone())
    }
}
impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        Self::Json(text.into())
    }
}
impl From<&String> for Shown {
    fn from(text: &String) -> Self {
        Self::Json(text.as_str().into())
    }
}
impl From<i64> for Shown {
    fn from(number: i64) -> Self {
        Self::Json(number.into())
    }
}

impl FieldError {
    fn new(path: &Path<'_>, kind: ErrorKind, value: Shown, detail: impl Into<String>) -> Self {
        Self { path: path.to_string(), kind, value, detail: detail.into() }
    }
    /// It has to be there.
    pub fn required(path: &Path<'_>, detail: impl Into<String>) -> Self {
        Self::new(path, ErrorKind::Required, Shown::Hidden, detail)
    }
    /// It is not as it should be.
    pub fn invalid(path: &Path<'_>, value: impl Into<Shown>, detail: impl Into<String>) -> Self {
        Self::new(path, ErrorKind::Invalid, value.into(), detail)
    }
    /// It is none of the known ones, which are shown in this order.
    pub fn not_supported(path: &Path<'_>, value: impl Into<Shown>, known: &[&str]) -> Self {
        let known: Vec<String> = known.iter().map(|known| format!("{known:?}")).collect();
        let detail = format!("supported values: {}", known.join(", "));
        Self::new(path, ErrorKind::NotSupported, value.into(), detail)
    }
    /// It is there twice.
    pub fn duplicate(path: &Path<'_>, value: impl Into<Shown>) -> Self {
        Self::new(path, ErrorKind::Duplicate, value.into(), "")
    }
    /// It may not be there, or not be changed.
    pub fn forbidden(path: &Path<'_>, detail: impl Into<String>) -> Self {
        Self::new(path, ErrorKind::Forbidden, Shown::Hidden, detail)
    }
    /// Its text is too long.
    pub fn too_long(path: &Path<'_>, bytes_max: usize) -> Self {
        let detail = format!("may not be more than {bytes_max} bytes");
        Self::new(path, ErrorKind::TooLong, Shown::Hidden, detail)
    }
    /// It has too many items.
    pub fn too_many(path: &Path<'_>, count: usize, count_max: usize) -> Self {
        let detail = format!("must have at most {count_max} items");
        Self::new(path, ErrorKind::TooMany, Shown::Written(count.to_string()), detail)
    }
    /// It names something that is not there.
    pub fn not_found(path: &Path<'_>, value: impl Into<Shown>) -> Self {
        Self::new(path, ErrorKind::NotFound, value.into(), "")
    }

    /// Reason, message and field of the cause in a Status.
    pub fn cause(&self) -> (String, String, String) {
        (self.kind.reason().to_owned(), self.message(), self.path.clone())
    }

    /// What is wrong, without the path.
    fn message(&self) -> String {
        let mut message = self.kind.text().to_owned();
        match &self.value {
            Shown::Hidden => {}
            Shown::Json(value) => {
                message.push_str(": ");
                message.push_str(&value.to_string());
            }
            Shown::Written(text) => {
                message.push_str(": ");
                message.push_str(text);
            }
        }
        if !self.detail.is_empty() {
            message.push_str(": ");
            message.push_str(&self.detail);
        }
        message
    }
}

impl ErrorKind {
    /// The reason in a Status cause.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::NotFound => "FieldValueNotFound",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Required => "Required value",
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Duplicate => "Duplicate value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::NotFound => "Not found",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message())
    }
}

/// The message of a 422: `Deployment.apps "web" is invalid: …`; brackets hold two or more errors.
pub fn invalid_message(kind: &str, group: &str, name: &str, errors: &[FieldError]) -> String {
    let dot = if group.is_empty() { "" } else { "." };
    let mut seen = BTreeSet::new();
    let mut texts: Vec<String> = errors.iter().map(FieldError::to_string).collect();
    texts.retain(|text| seen.insert(text.clone()));
    let head = format!("{kind}{dot}{group} {name:?} is invalid");
    match texts.as_slice() {
        [] => head,
        [one] => format!("{head}: {one}"),
        several => format!("{head}: [{}]", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_error_reads_as_clients_know_it() {
        let path = Path::new("spec.replicas");
        let rows = [
            (FieldError::required(&path, ""), "spec.replicas: Required value"),
            (
                FieldError::invalid(&path, -1, "must be greater than or equal to 0"),
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            ),
            (
                FieldError::not_supported(&path, "Foo", &["A", "B"]),
                "spec.replicas: Unsupported value: \"Foo\": supported values: \"A\", \"B\"",
            ),
            (FieldError::duplicate(&path, "a"), "spec.replicas: Duplicate value: \"a\""),
            (FieldError::forbidden(&path, "no"), "spec.replicas: Forbidden: no"),
            (
                FieldError::too_long(&path, 10),
                "spec.replicas: Too long: may not be more than 10 bytes",
            ),
            (
                FieldError::too_many(&path, 21, 20),
                "spec.replicas: Too many: 21: must have at most 20 items",
            ),
            (FieldError::not_found(&path, json!(null)), "spec.replicas: Not found: null"),
        ];
        for (error, expected) in rows {
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn two_errors_stand_in_brackets_and_equal_ones_once() {
        let [a, b] = ["a", "b"].map(|path| FieldError::required(&Path::new(path), ""));
        let message = invalid_message("Pod", "", "q", &[a.clone(), a.clone()]);
        assert_eq!(message, "Pod \"q\" is invalid: a: Required value");
        let message = invalid_message("Deployment", "apps", "q", &[a, b]);
        let expected = "Deployment.apps \"q\" is invalid: [a: Required value, b: Required value]";
        assert_eq!(message, expected);
    }

    #[test]
    fn a_cause_repeats_the_message_without_the_path() {
        let error = FieldError::invalid(&Path::new("spec.selector"), json!({}), "is wrong");
        let expected = ("FieldValueInvalid", "Invalid value: {}: is wrong", "spec.selector");
        let (reason, message, field) = error.cause();
        assert_eq!((reason.as_str(), message.as_str(), field.as_str()), expected);
    }
}
