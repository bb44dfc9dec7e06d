//! What a check found: problems as the reference words them, and how many checks passed.

use serde_json::Value;

use crate::validation::{ErrorKind, Errors, FieldError, Shown};

/// The result of checks.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) errors: Errors,
    pub(super) passed: usize,
}

impl Checked {
    pub(super) fn passed() -> Self {
        Self { errors: Errors::new(), passed: 1 }
    }
    pub(super) fn failed(problem: Problem) -> Self {
        Self { errors: vec![problem.0], passed: 0 }
    }
    pub(super) fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
    pub(super) fn pass(&mut self) {
        self.passed += 1;
    }
    /// Takes other checks in; the same problem is told once.
    pub(super) fn add(&mut self, other: Self) {
        for error in other.errors {
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        }
        self.passed += other.passed;
    }
}

/// One thing that is wrong. Paths begin with a dot where the reference's do.
pub(super) struct Problem(FieldError);

/// The path of a property.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Problem {
    fn new(path: &str, kind: ErrorKind, value: Shown, detail: String) -> Self {
        let path = path.strip_prefix('.').unwrap_or(path);
        // The reference prints the path of the object itself so.
        let path = if path.is_empty() { "<nil>" } else { path };
        Self(FieldError { path: path.to_owned(), kind, value, detail })
    }

    /// The value is not as the text says, which goes on after the path.
    pub(super) fn invalid(path: &str, value: Value, text: &str) -> Self {
        Self::new(path, ErrorKind::Invalid, value.into(), format!("{path} in body {text}"))
    }

    pub(super) fn of_type(path: &str, wanted: &str, found: Value) -> Self {
        let text = match &found {
            Value::String(found) => format!("{path} in body must be of type {wanted}: {found:?}"),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => {
                format!("{path} in body must be of type {wanted}")
            }
        };
        Self::new(path, ErrorKind::TypeInvalid, found.into(), text)
    }

    pub(super) fn required(path: &str, name: &str) -> Self {
        Self::new(&format!("{path}.{name}"), ErrorKind::Required, Shown::Hidden, String::new())
    }

    pub(super) fn not_supported(path: &str, value: &Value, known: &[Value]) -> Self {
        let known: Vec<String> = known
            .iter()
            .map(|known| known.as_str().map_or_else(|| known.to_string(), str::to_owned))
            .map(|known| format!("{known:?}"))
            .collect();
        let detail = format!("supported values: {}", known.join(", "));
        Self::new(path, ErrorKind::NotSupported, value.into(), detail)
    }

    pub(super) fn too_long(path: &str, max: usize) -> Self {
        let detail = format!("may not be more than {max} bytes");
        Self::new(path, ErrorKind::TooLong, Shown::Hidden, detail)
    }

    pub(super) fn too_many(path: &str, count: usize, max: usize) -> Self {
        let detail = format!("must have at most {max} items");
        Self::new(path, ErrorKind::TooMany, Shown::Written(count.to_string()), detail)
    }

    pub(super) fn not_allowed(path: &str, name: &str) -> Self {
        let text = format!("{path}.{name} in body is a forbidden property");
        Self::new(path, ErrorKind::Invalid, name.into(), text)
    }

    /// A number that its type does not hold, which the reference tells without a field.
    pub(super) fn out_of_range(path: &str, wanted: &str) -> Self {
        let text = format!("Checked value must be of type {wanted} in {path}");
        Self::new("", ErrorKind::Invalid, "".into(), text)
    }

    /// About several schemas together, which the reference tells without a field.
    pub(super) fn combined(path: &str, text: &str) -> Self {
        Self::new("", ErrorKind::Invalid, "".into(), format!("{path:?} {text}"))
    }
}
