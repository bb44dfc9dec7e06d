//! What is read of a `ControllerRevision`.

use meta::object::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::kind;

/// A template that a controller rolled out once, with its number.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct ControllerRevision {
    pub metadata: ObjectMeta,
    /// A strategic merge patch of the owner; never changes.
    pub data: Value,
    pub revision: i64,
}
kind!(ControllerRevision, crate::resources::CONTROLLER_REVISIONS);
