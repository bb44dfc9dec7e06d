//! What is read of a `DaemonSet`.

use meta::object::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::{RollingUpdate, Template, kind};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSet {
    pub metadata: ObjectMeta,
    pub spec: DaemonSetSpec,
    pub status: DaemonSetStatus,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetSpec {
    /// The label selector as stored.
    pub selector: Value,
    pub template: Template,
    pub update_strategy: DaemonSetStrategy,
    pub min_ready_seconds: i32,
    pub revision_history_limit: Option<i32>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetStrategy {
    #[serde(rename = "type")]
    pub kind: DaemonSetStrategyType,
    pub rolling_update: Option<RollingUpdate>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub enum DaemonSetStrategyType {
    #[default]
    RollingUpdate,
    OnDelete,
    /// A strategy of a later release.
    #[serde(untagged)]
    Other(String),
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetStatus {
    pub current_number_scheduled: i32,
    pub number_misscheduled: i32,
    pub desired_number_scheduled: i32,
    pub number_ready: i32,
    pub observed_generation: i64,
    pub updated_number_scheduled: i32,
    pub number_available: i32,
    pub number_unavailable: i32,
    pub collision_count: Option<i32>,
}
kind!(DaemonSet, crate::resources::DAEMON_SETS);
