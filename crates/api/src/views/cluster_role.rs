//! What is read of a ClusterRole.

use meta::object::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::kind;
use crate::rbac::PolicyRule;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterRole {
    pub metadata: ObjectMeta,
    /// `None`, as for `null`, holds no rules.
    pub rules: Option<Vec<PolicyRule>>,
    /// Whose rules a controller puts together here; `None` for roles of their own.
    pub aggregation_rule: Option<AggregationRule>,
}
kind!(ClusterRole, crate::resources::CLUSTER_ROLES);

/// Which roles are put together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AggregationRule {
    /// Label selectors, as they are.
    pub cluster_role_selectors: Vec<Value>,
}
