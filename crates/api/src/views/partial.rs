//! The metadata of an object of any kind.

use meta::{object::ObjectMeta, text::Text};
use serde::Deserialize;

/// What the garbage collector and other kind-blind readers need.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartialObject {
    pub api_version: Text,
    pub kind: Text,
    pub metadata: ObjectMeta,
}

impl super::Object for PartialObject {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}
