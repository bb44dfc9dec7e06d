//! `x-kubernetes-validations`: rules of a schema in the expression language, and what they say of objects.
//!
//! A schema's rules are read once. Each place of an object that has rules is `self` for them; what it was
//! before is `oldSelf`, if the place can be found again. What an update leaves as it was passes.

mod compile;
mod definition;
mod evaluate;
mod field_path;
mod text;

use serde_json::Value;

pub use self::definition::validate as validate_definition;
use crate::validation::Errors;

/// What one rule may cost in one place, about a tenth of a second.
const CALL_COST_MAX: u64 = 1_000_000;
/// What all rules together may cost for one object, about a second.
const OBJECT_COST_MAX: u64 = 10_000_000;

/// The rules of one schema.
#[derive(Debug)]
pub struct Rules {
    root: Option<compile::Node>,
}

/// What the rules say of an object.
#[derive(Debug, Default)]
pub struct Verdict {
    pub errors: Errors,
    /// What would be wrong if the update had changed it.
    pub warnings: Vec<String>,
}

impl Rules {
    /// Reads the rules of the schema of a version, `openAPIV3Schema`.
    pub fn compile(schema: &Value) -> Self {
        Self { root: compile::root(schema) }
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// What the rules say of an object that fits the schema; `old` is what it replaces.
    pub fn check(&self, object: &Value, old: Option<&Value>) -> Verdict {
        let Some(root) = &self.root else { return Verdict::default() };
        evaluate::check(root, object, old)
    }
}

#[cfg(test)]
mod tests;
