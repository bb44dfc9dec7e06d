//! What is read of a `StatefulSet`.

use meta::{int_or_string::IntOrString, object::ObjectMeta, text::Text};
use serde::Deserialize;
use serde_json::Value;

use super::{Template, kind};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSet {
    pub metadata: ObjectMeta,
    pub spec: StatefulSetSpec,
    pub status: StatefulSetStatus,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetSpec {
    pub replicas: Option<i32>,
    /// The label selector as stored.
    pub selector: Value,
    pub template: Template,
    pub service_name: Text,
    pub pod_management_policy: PodManagement,
    pub update_strategy: StatefulSetStrategy,
    pub min_ready_seconds: i32,
    pub revision_history_limit: Option<i32>,
    pub ordinals: Ordinals,
    /// Claims as stored.
    pub volume_claim_templates: Vec<Value>,
    pub persistent_volume_claim_retention_policy: ClaimRetention,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum PodManagement {
    #[default]
    OrderedReady,
    Parallel,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetStrategy {
    #[serde(rename = "type")]
    pub kind: StatefulSetStrategyType,
    /// `None` where the type was written out and nothing else.
    pub rolling_update: Option<PartitionedUpdate>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub enum StatefulSetStrategyType {
    #[default]
    RollingUpdate,
    OnDelete,
    /// A strategy of a later release.
    #[serde(untagged)]
    Other(String),
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartitionedUpdate {
    pub partition: i32,
    pub max_unavailable: Option<IntOrString>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Ordinals {
    pub start: i32,
}
/// What becomes of a pod's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimRetention {
    pub when_deleted: ClaimPolicy,
    pub when_scaled: ClaimPolicy,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum ClaimPolicy {
    #[default]
    Retain,
    Delete,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetStatus {
    pub observed_generation: i64,
    pub replicas: i32,
    pub ready_replicas: i32,
    pub available_replicas: i32,
    pub current_replicas: i32,
    pub updated_replicas: i32,
    pub current_revision: Text,
    pub update_revision: Text,
    pub collision_count: Option<i32>,
}
kind!(StatefulSet, crate::resources::STATEFUL_SETS);
