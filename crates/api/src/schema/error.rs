//! Why an object cannot be read, in the reference's words.

/// A value does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("json: cannot unmarshal {found} into {} of type {expected}", place(structure, fields))]
    Type {
        /// What the JSON holds: `string`, `number 1.5`.
        found: String,
        /// Go's name of what was wanted.
        expected: String,
        /// Type that declares the field; empty for the object itself.
        structure: String,
        /// Field names on the way to the value, the innermost first.
        fields: Vec<String>,
    },
    /// The text of a scalar is malformed.
    #[error("{0}")]
    Scalar(String),
}

fn place(structure: &str, fields: &[String]) -> String {
    if fields.is_empty() {
        return "Go value".to_owned();
    }
    let path: Vec<&str> = fields.iter().rev().map(String::as_str).collect();
    format!("Go struct field {structure}.{}", path.join("."))
}

impl DecodeError {
    /// The same error, seen from the struct that holds the field.
    pub(super) fn in_field(mut self, in_structure: &str, field: &str) -> Self {
        match &mut self {
            Self::Type { structure, fields, .. } => {
                if fields.is_empty() {
                    let name = in_structure.rsplit('.').next().unwrap_or(in_structure);
                    name.clone_into(structure);
                }
                fields.push(field.to_owned());
            }
            Self::Scalar(_) => {}
        }
        self
    }
}

/// The reference reports no more, so that a bad body cannot cost much.
const PROBLEMS_MAX: usize = 100;

/// One text per duplicate and unknown field, as warnings carry them.
pub fn strict_problems(duplicates: &[String], unknown: &[String]) -> Vec<String> {
    let duplicates = duplicates.iter().map(|path| format!("duplicate field {path:?}"));
    let unknown = unknown.iter().map(|path| format!("unknown field {path:?}"));
    let mut problems: Vec<String> = Vec::new();
    for problem in duplicates.chain(unknown) {
        if problems.len() < PROBLEMS_MAX && !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// The error of strict field validation for these problems.
pub fn strict_error(problems: &[String]) -> String {
    format!("strict decoding error: {}", problems.join(", "))
}
