//! What is read of a Node.

use std::collections::BTreeMap;

use meta::{object::ObjectMeta, text::Text, time::Time};
use serde::{Deserialize, Serialize};

use super::{Condition, kind};

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    pub metadata: ObjectMeta,
    pub spec: NodeSpec,
    pub status: NodeStatus,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    #[serde(rename = "podCIDR")]
    pub pod_cidr: Text,
    pub unschedulable: bool,
    pub taints: Vec<Taint>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    pub key: Text,
    pub value: Text,
    pub effect: TaintEffect,
    pub time_added: Option<Time>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum TaintEffect {
    #[default]
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Quantities as written.
    pub capacity: BTreeMap<Text, Text>,
    pub allocatable: BTreeMap<Text, Text>,
    pub conditions: Vec<Condition>,
}
kind!(Node, crate::resources::NODES);
