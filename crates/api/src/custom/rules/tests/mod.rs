//! Rules on objects and in definitions, and what is said of them.

mod definitions;
mod objects;

use serde_json::{Value, json};

use crate::validation::FieldError;

/// A schema whose `spec` has these keywords.
fn of_spec(spec: &Value) -> Value {
    json!({"type": "object", "properties": {"spec": spec}})
}

/// A schema of an object with one rule.
fn ruled(rule: &Value) -> Value {
    of_spec(&json!({
        "type": "object",
        "x-kubernetes-validations": [rule],
        "properties": {
            "replicas": {"type": "integer"},
            "max": {"type": "integer"},
            "name": {"type": "string", "maxLength": 20},
            "port": {"x-kubernetes-int-or-string": true},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }))
}

fn texts(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(FieldError::to_string).collect()
}
