//! What is read of a `ResourceQuota`.

use std::collections::BTreeMap;

use meta::{object::ObjectMeta, quantity::Quantity, text::Text};
use serde::Deserialize;

use super::kind;

/// Amounts by the names that quotas count under.
pub type Amounts = BTreeMap<Text, Quantity>;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ResourceQuota {
    pub metadata: ObjectMeta,
    pub spec: ResourceQuotaSpec,
    pub status: ResourceQuotaStatus,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceQuotaSpec {
    pub hard: Amounts,
    pub scopes: Vec<Text>,
    pub scope_selector: ScopeSelector,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeSelector {
    pub match_expressions: Vec<ScopeRequirement>,
}
/// `In`, `NotIn`, `Exists`, `DoesNotExist`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeRequirement {
    pub scope_name: Text,
    pub operator: Text,
    pub values: Vec<Text>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ResourceQuotaStatus {
    /// `None` before the quota was counted for the first time.
    pub hard: Option<Amounts>,
    pub used: Option<Amounts>,
}
kind!(ResourceQuota, crate::resources::RESOURCE_QUOTAS);
