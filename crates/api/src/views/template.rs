//! A pod template: carried as the JSON it came in, never taken apart and put together again.

use std::sync::Arc;

use meta::object::Labels;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The label that tells the pods of one ReplicaSet from those of the next.
const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// A pod template as stored: parsed JSON shared by all who hold the view, and what is read often.
/// Two templates are equal if they are the same JSON apart from the label `pod-template-hash`.
#[derive(Debug, Clone, Default)]
pub struct Template {
    json: Arc<Value>,
    labels: Labels,
}

impl Template {
    /// The whole template.
    pub fn json(&self) -> &Value {
        &self.json
    }
    /// Labels of the pods to be.
    pub const fn labels(&self) -> &Labels {
        &self.labels
    }
    /// The template without the hash label: what makes a revision.
    pub fn without_hash(&self) -> Value {
        let mut json = Value::clone(&self.json);
        if let Some(labels) = json.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            labels.remove(POD_TEMPLATE_HASH);
        }
        json
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.json, &other.json) {
            return true;
        }
        self.json.get("spec") == other.json.get("spec")
            && self.without_hash() == other.without_hash()
    }
}
impl Eq for Template {}

impl From<Value> for Template {
    fn from(json: Value) -> Self {
        let labels = json.pointer("/metadata/labels").cloned().unwrap_or_default();
        let labels = serde_json::from_value(labels).unwrap_or_default();
        Self { json: Arc::new(json), labels }
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}
