//! Rows of objects with owners, and what they are made of.

mod observe;
mod plan;
mod wakes;

use serde_json::{Value, json};

const THEN: &str = "1970-01-01T00:00:00Z";

fn reference(uid: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "name": uid, "uid": uid, "blockOwnerDeletion": true})
}
