//! What is read of a `PodDisruptionBudget`.

use std::collections::BTreeMap;

use meta::{int_or_string::IntOrString, object::ObjectMeta, text::Text, time::Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Status, kind};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct PodDisruptionBudget {
    pub metadata: ObjectMeta,
    pub spec: PodDisruptionBudgetSpec,
    pub status: PodDisruptionBudgetStatus,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetSpec {
    pub min_available: Option<IntOrString>,
    pub max_unavailable: Option<IntOrString>,
    /// The label selector as stored; `null` selects nothing.
    pub selector: Value,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetStatus {
    pub observed_generation: i64,
    /// Pods whose eviction was granted, and when.
    pub disrupted_pods: BTreeMap<Text, Time>,
    pub disruptions_allowed: i32,
    pub current_healthy: i32,
    pub desired_healthy: i32,
    pub expected_pods: i32,
    pub conditions: Vec<BudgetCondition>,
}
/// A condition with the generation it was found at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BudgetCondition {
    #[serde(rename = "type")]
    pub kind: Text,
    pub status: Status,
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    pub last_transition_time: Option<Time>,
    pub reason: Text,
    pub message: String,
}
kind!(PodDisruptionBudget, crate::resources::POD_DISRUPTION_BUDGETS);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}
